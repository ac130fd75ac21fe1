#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs each workload under each allocator, in turns, and prints time and memory side by side.

usage: compare.py WORKLOAD-PROGRAM NAME=LIBRARY... [--only TEXT] [--kind calloc|malloc] [--runs N]
                  [--best] [--json]
A library of - stands for the C library's own allocator. The first allocator is the one that the
others are compared with: behind each row stands what it took of the quickest other one's time, and
of the smallest one's memory where not all of a block is touched. There memory is exact, where all is
touched it may be a peak that Linux keeps to some hundred KiB only (see workload.c). With --best times
are the best of many short rounds, for a machine that has other things to do.

Medians of N runs, 3 if not told. It is three times as many for rows that have one round in each run
(fresh), and for those whose memory is judged: of the library's code and data a hundred KiB more or
less are mapped around a fault, by where the loader has put them. Which allocator comes first changes from
run to run: what one process leaves behind, such as pages that the machine's host has at hand, the next
one finds.

With --json one object instead of tables: tables, each with its kind, its allocators, rows of work, sizes,
touch and a result (or null) for each allocator, and the geometric mean of how much longer each takes than
the first; and starts.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import time

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

# name, size(s), touch
ROWS = [
    ("fresh", "64", "whole"), ("fresh", "4096", "whole"), ("fresh", "65536", "whole"),
    ("fresh", str(MIB), "whole"), ("fresh", str(64 * MIB), "whole"),
    ("fresh", "4096", "none"), ("fresh", "65536", "none"), ("fresh", str(MIB), "none"),
    ("fresh", str(64 * MIB), "none"), ("fresh", str(GIB), "none"),
    ("fresh", str(MIB), "sparse"), ("fresh", str(64 * MIB), "sparse"),
    ("fresh", str(GIB), "sparse"),
    ("pairs", "16", "whole"), ("pairs", "64", "whole"), ("pairs", "1024", "whole"),
    ("pairs", "16384", "whole"), ("pairs", "65536", "whole"), ("pairs", "262144", "whole"),
    ("pairs", str(MIB), "whole"), ("pairs", str(16 * MIB), "whole"),
    ("pairs", str(64 * MIB), "whole"),
    ("pairs", "65536", "none"), ("pairs", "262144", "none"), ("pairs", str(MIB), "none"),
    ("pairs", str(64 * MIB), "none"), ("pairs", str(256 * MIB), "none"),
    ("pairs", str(MIB), "sparse"), ("pairs", str(16 * MIB), "sparse"),
    ("pairs", str(256 * MIB), "sparse"),
    ("churn", "32-1024", "whole"), ("churn", "4096-65536", "whole"),
    ("churn", f"{64 * KIB}-{MIB}", "whole"),
    ("churn", f"{MIB}-{64 * MIB}", "whole"), ("churn", f"{MIB}-{64 * MIB}", "sparse"),
    ("cross", "32-1024", "whole"), ("cross", "4096-65536", "whole"),
    ("grow", f"{4 * KIB}-{64 * MIB}", "whole"), ("grow", f"{4 * KIB}-{64 * MIB}", "none"),
    ("grow", "16-4096", "whole"),
    ("pairs2", "64", "whole"), ("pairs2", "65536", "whole"),
    ("churn2", "32-1024", "whole"), ("churn2", "4096-65536", "whole"),
]

MALLOC = [
    ("pairs", "16", "whole"), ("pairs", "64", "whole"), ("pairs", "1024", "whole"),
    ("pairs", "16384", "whole"), ("churn", "16-256", "whole"), ("churn", "32-1024", "whole"),
    ("churn", "1024-16384", "whole"), ("churn", f"{64 * KIB}-{MIB}", "whole"),
    ("cross", "32-1024", "whole"), ("grow", "16-4096", "whole"),
    ("churn2", "32-1024", "whole"),
]


def say(line):
    print(line, flush=True)


def run(program, library, arguments):
    environment = dict(os.environ)
    environment.pop("LD_PRELOAD", None)
    if library != "-":
        environment["LD_PRELOAD"] = library
    outcome = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True)
    if outcome.returncode != 0:
        return None
    taken, memory = outcome.stdout.split()
    return float(taken), int(memory)


def spell_size(text):
    def one(number):
        number = int(number)
        for unit, name in ((GIB, "G"), (MIB, "M"), (KIB, "K")):
            if number >= unit and number % unit == 0:
                return f"{number // unit}{name}"
        return str(number)
    return "-".join(one(part) for part in text.split("-"))


def spell_time(nanoseconds):
    for unit, name in ((1e6, "M"), (1e3, "K")):
        if nanoseconds >= unit:
            return f"{nanoseconds / unit:.3g}{name}"
    return f"{nanoseconds:.3g}"


def table(program, allocators, rows, kind, runs, only, best):
    """Prints one table as it is measured; returns {row: {allocator: (time, memory)}}."""
    names = [name for name, _ in allocators]
    say(f"\n{kind}: ns for each step │ KiB resident at most")
    say(f"{'':34}" + "".join(f"{name:>20}" for name in names))
    found = {}
    for row in rows:
        title = f"{row[0]} {spell_size(row[1])} {row[2]}"
        if only and only not in title:
            continue
        samples = {name: [] for name in names}
        for turn in range(runs * 3 if row[0] == "fresh" or row[2] != "whole" else runs):
            first = turn % len(allocators)
            for name, library in allocators[first:] + allocators[:first]:
                result = run(program, library, [*row, kind, "best" if best else "median"])
                if result:
                    samples[name].append(result)
        found[row] = {
            name: ((min if best else statistics.median)([t for t, _ in s]),
                   statistics.median(m for _, m in s))
            for name, s in samples.items() if s}
        cells = "".join(
            f"{spell_time(found[row][n][0]):>9} │{found[row][n][1]:>8.0f} " if n in found[row]
            else f"{'failed':>20}" for n in names)
        peers = [found[row][n] for n in names[1:] if n in found[row]]
        ours = found[row].get(names[0])
        mark = ""
        if ours and peers:
            ratio = ours[0] / min(t for t, _ in peers)
            mark = f" {ratio:5.2f}"
            if row[2] != "whole":
                least = min(m for _, m in peers)
                mark += f"  RSS {ours[1] / least:.2f}"
        say(f"{title:34}{cells}{mark}")
    return found


def start(library):
    """What doing nothing costs: the best of 300 in microseconds, and the median KiB resident."""
    environment = {"PATH": os.environ["PATH"]}
    if library != "-":
        environment["LD_PRELOAD"] = library
    best = math.inf
    for _ in range(300):
        began = time.perf_counter()
        subprocess.run(["/bin/true"], env=environment, check=True)
        best = min(best, time.perf_counter() - began)
    # Where the loader puts things decides what is mapped around a fault: no two runs are alike.
    resident = []
    for _ in range(51):
        text = subprocess.run(["/bin/grep", "VmHWM", "/proc/self/status"], env=environment,
                              capture_output=True, text=True, check=True).stdout
        resident.append(int(text.split()[1]))
    return best * 1e6, statistics.median(resident)


def starts(allocators):
    """What each allocator adds to a program that does nothing."""
    say("\nTo start: µs for /bin/true │ KiB resident of a small program")
    base = start("-")
    found = []
    for name, library in allocators:
        if library != "-":
            taken, memory = start(library)
            found.append({"allocator": name, "microseconds": taken - base[0],
                          "kibibytes": memory - base[1]})
            say(f"  {name}: {taken - base[0]:+.0f} µs, {memory - base[1]:+.0f} KiB")
    return found


def means(found, names):
    """How many times as long as the first one each of the others takes, in the geometric mean."""
    result = {}
    for name in names[1:]:
        ratios = [r[name][0] / r[names[0]][0] for r in found.values() if name in r and names[0] in r]
        if ratios:
            result[name] = math.exp(sum(map(math.log, ratios)) / len(ratios))
            say(f"  {name}: takes {result[name]:.2f} times as long, in the geometric mean")
    return result


def record(kind, names, found):
    """A table as --json has it."""
    def result(row, name):
        if name not in found[row]:
            return None
        taken, memory = found[row][name]
        return {"nanoseconds": taken, "kibibytes": memory}

    rows = [{"work": row[0], "sizes": [int(size) for size in row[1].split("-")], "touch": row[2],
             "results": [result(row, name) for name in names]} for row in found]
    return {"kind": kind, "allocators": names, "rows": rows, "means": means(found, names)}


def main():
    global say
    arguments = sys.argv[1:]
    only, runs, best = None, 3, "--best" in arguments
    if best:
        arguments.remove("--best")
    as_json = "--json" in arguments
    if as_json:
        arguments.remove("--json")
        say = lambda line: None
    if "--only" in arguments:
        at = arguments.index("--only")
        only = arguments[at + 1]
        del arguments[at:at + 2]
    if "--runs" in arguments:
        at = arguments.index("--runs")
        runs = int(arguments[at + 1])
        del arguments[at:at + 2]
    kinds = ["calloc", "malloc"]
    if "--kind" in arguments:
        at = arguments.index("--kind")
        kinds = [arguments[at + 1]]
        del arguments[at:at + 2]
    program, allocators = arguments[0], [tuple(a.split("=", 1)) for a in arguments[1:]]
    names = [name for name, _ in allocators]
    tables = []
    for kind in kinds:
        rows = ROWS if kind == "calloc" else MALLOC
        found = table(program, allocators, rows, kind, runs, only, best)
        tables.append(record(kind, names, found))
    begun = starts(allocators) if only is None else []
    if as_json:
        print(json.dumps({"tables": tables, "starts": begun}, indent=2))


main()
