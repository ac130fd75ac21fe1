# SPDX-License-Identifier: MIT
"""The medians of what `peers` measured, as a Markdown table or as an object.

    table.py RUNS GIB COUNT [--json] [ABSENT]...

RUNS has a line for each process: name, key of how it gets its memory, fill, then the figures of report.h.
The object has gibibytes, runs, rows (name, how, fill, nanoseconds, minorFaults, residentBytes,
residentTouchedBytes) and absent, the peers that are not installed.
"""

import json
import statistics
import sys

HOW = {
    "mapping": "anonymous private mapping", "not-cleared": "mmap, not cleared again",
    "as-mapped": "as it is mapped", "clears": "clears what is mapped",
    "huge-pages": "calloc, and asks for huge pages", "calloc": "calloc",
    "zero": "LazyMemory(size:)", "fill": "LazyMemory(size:fill:)", "commits-all": "commits everything",
}
FIGURES = ["nanoseconds", "minorFaults", "residentBytes", "residentTouchedBytes"]


def rows(path):
    found = {}
    with open(path, encoding="utf-8") as runs:
        for line in runs:
            name, how, fill, *figures = line.rstrip("\n").split("\t")
            found.setdefault((name, how, int(fill)), []).append([int(text) for text in figures[:4]])
    return [
        {"name": name, "how": how, "fill": fill,
         **{key: statistics.median(column) for key, column in zip(FIGURES, zip(*samples))}}
        for (name, how, fill), samples in found.items()]


def spell_time(ns):
    return f"{ns / 1e3:.0f} µs" if ns < 1e6 else f"{ns / 1e6:.1f} ms"


def spell_size(size):
    return f"{size / 2**10:.0f} KiB" if size < 2**20 else f"{size / 2**20:.1f} MiB"


def main():
    path, gib, runs, *words = sys.argv[1:]
    absent = [word for word in words if word != "--json"]
    found = rows(path)
    if "--json" in words:
        print(json.dumps(
            {"gibibytes": int(gib), "runs": int(runs), "rows": found, "absent": absent}, indent=2))
        return
    print(f"{gib} GiB, medians of {runs} processes each; RSS is what the process gained, 1 % is every "
          "hundredth page\n")
    print(f"| | what it does | time to get {gib} GiB | RSS at once | RSS after 1 % touched "
          "| minor faults to get it |\n|---|---|--:|--:|--:|--:|")
    for fill, title in ((0, "all zero"), (1, "all 0x01")):
        print(f"| **{title}** | | | | | |")
        for row in found:
            if row["fill"] == fill:
                time, faults, *sizes = (row[key] for key in FIGURES)
                cells = [row["name"], HOW[row["how"]], spell_time(time), *map(spell_size, sizes), faults]
                print("| " + " | ".join(map(str, cells)) + " |")
    print("\nEvery byte was read at the end and was right.")
    if absent:
        print(f"Left out, because not installed: {' '.join(absent)}.")


main()
