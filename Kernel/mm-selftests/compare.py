# SPDX-License-Identifier: GPL-2.0
"""Compares what Linux's mm selftests found with what they find without our patches.

usage: compare.py [--differing FILE] OURS REFERENCE...

OURS and each REFERENCE are consoles of scripts/vm-mm-selftests. An outcome is a program's exit status
and the results of its tests, whatever their order. A program passes if its outcome is one of those
that any reference shows. Prints KTAP, and names each test that differs; --differing keeps the commands
that do.
"""

import argparse
import collections
import re

# How the programs say what they found: most in KTAP, some each in its own way.
RESULTS = [
    re.compile(r"^(?P<verdict>ok|not ok) (?P<number>\d+) ?-? ?(?P<name>.*)"),
    re.compile(r"^(?P<name>Testing .*?)\.\.\. ?(?P<verdict>done|skipped|failed)"),
    # Later ones run on after the program has ended.
    re.compile(r"^test +(?P<number>\d+) (?P<verdict>PASSED) (?P<name>\(iteration 1\))"),
    re.compile(r"^(?P<name>mmap\(.*\)[^:]*): .* - (?P<verdict>OK|FAILED)"),
    re.compile(r"^(?P<name>\S.*?)\.\.\.+ *(?P<verdict>OK|Fail|FAIL|Skip|SKIP)"),
]
GROUP = re.compile(r"^Run test: (.*)")
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
# Addresses, times, counts and seeds; a test in KTAP has its number before it.
VARYING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{12,16}\b|\d+(\.\d+)?")

Outcome = collections.namedtuple("Outcome", "status results")


def results_of(lines):
    group = ""
    for line in lines:
        if match := GROUP.match(line):
            group = match[1] + ": "
            continue
        for pattern in RESULTS:
            if match := pattern.match(line):
                words = match.groupdict()
                name = VARYING.sub("N", words["name"].strip())
                yield (group + words.get("number", "") + " " + name, words["verdict"])
                break


def read(path):
    """The outcome and the seconds of each program on a console."""
    outcomes = {}
    command = None
    with open(path, encoding="utf-8", errors="replace") as console:
        for line in console:
            line = ESCAPES.sub("", line.rstrip("\r\n"))
            if line.startswith("PROGRAM "):
                command, lines = line.removeprefix("PROGRAM "), []
            elif line.startswith("STATUS ") and command:
                status, seconds = line.split()[1:]
                # A set: a program that forks may print what it has said twice.
                found = frozenset(results_of(lines))
                outcomes[command] = (Outcome(int(status), found), int(seconds))
                command = None
            elif command:
                lines.append(line)
    return outcomes


def says_anything(outcome):
    """Whether not all of a program was skipped."""
    if outcome.status != 4:
        return True
    return any("skip" not in (name + verdict).lower() for name, verdict in outcome.results)


def said(status):
    return {0: "passed", 4: "passed or skipped", 137: "killed at its time limit"}.get(
        status, f"exit status {status}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--differing")
    parser.add_argument("ours")
    parser.add_argument("references", nargs="+")
    arguments = parser.parse_args()

    references = [read(path) for path in arguments.references]
    differing = []
    ours = read(arguments.ours)
    for number, (command, (outcome, seconds)) in enumerate(ours.items(), 1):
        expected = [reference[command][0] for reference in references if command in reference]
        tests = len(outcome.results)
        what = f"{command}: {said(outcome.status)}, {tests} tests, {seconds} s"
        if outcome in expected:
            print(f"ok {number} mm: {what}{'' if says_anything(outcome) else ' # SKIP'}")
            continue
        differing.append(command)
        if not expected:
            print("# it did not run without the patches")
        for one in expected[-1:]:
            if one.status != outcome.status:
                print(f"# {said(outcome.status)}; without the patches {said(one.status)}")
            for name, verdict in sorted(outcome.results - one.results):
                print(f"# only with the patches: {verdict} {name.strip()}")
            for name, verdict in sorted(one.results - outcome.results):
                print(f"# only without them: {verdict} {name.strip()}")
        print(f"not ok {number} mm: {what}")
    if arguments.differing:
        with open(arguments.differing, "w", encoding="utf-8") as file:
            file.writelines(command + "\n" for command in differing)


main()
