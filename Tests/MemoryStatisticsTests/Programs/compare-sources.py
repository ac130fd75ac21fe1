# SPDX-License-Identifier: MIT
"""Compares the lines that compare-sources had printed inside the machine."""
import json, sys

rows, totals = {"procfs": {}, "syscalls": {}}, {}
for line in sys.stdin:
    source, _, text = line.partition(" ")
    if source in rows:
        value = json.loads(text)
        if "pid" in value:
            rows[source][value["pid"]] = value
        else:
            totals[source] = value
wrong = compared = 0
# The kernel reads its counters without summing them: 4 counters, 2 processors, 32 pages each.
tolerance = 256
for pid in sorted(rows["procfs"].keys() & rows["syscalls"].keys()):
    left, right = rows["procfs"][pid], rows["syscalls"][pid]
    # tamalloc itself is another process each time; workers of the kernel rename themselves.
    if left["name"] == "tamalloc":
        continue
    # Any thread of the kernel may have a longer name, of which the system call gives 15 bytes.
    if left["reservedBytes"] == 0:
        left["name"] = left["name"][:15]
    if left["name"].startswith("kworker"):
        right["name"] = left["name"]
    compared += 1
    for key in left:
        if key == "badnessPages" and None not in (left[key], right[key]):
            same = abs(left[key] - right[key]) <= tolerance
        elif key == "oomScore":
            same = abs(left[key] - right[key]) <= 1
        elif key == "oomRank":
            same = (left[key] is None) == (right[key] is None)
        else:
            same = left[key] == right[key]
        if not same:
            wrong += 1
            print(f"{pid} {left['name']} {key}: /proc {left[key]}, system call {right[key]}")
# Workers of the kernel come and go, so the number of processes is not compared.
for key in ("addressSpaces", "ramBytes", "swapTotalBytes", "commitLimitBytes"):
    if totals["procfs"][key] != totals["syscalls"][key]:
        wrong += 1
        print(f"total {key}: {totals['procfs'][key]}, {totals['syscalls'][key]}")
print(f"{compared} processes compared, {wrong} differences")
sys.exit(1 if wrong or compared < 5 else 0)
