# SPDX-License-Identifier: MIT
"""Compares the lines that compare-sources had printed inside the machine."""

import collections
import json
import re
import sys

# The kernel reads its counters without summing them: 4 counters, 2 processors, 32 pages each.
BADNESS_TOLERANCE = 256
MIB = 1 << 20

rows = collections.defaultdict(dict)
totals = {}
texts = collections.defaultdict(list)
facts = {}

with open(sys.argv[1], encoding="utf-8", errors="replace") as console:
    for line in console:
        source, _, text = line.rstrip("\n").partition(" ")
        if source.endswith(("procfs", "syscalls")):
            value = json.loads(text)
            if "pid" in value:
                rows[source][value["pid"]] = value
            else:
                totals[source] = value
        elif source == "fact":
            name, _, pid = text.partition(" ")
            facts[name] = int(pid)
        else:
            texts[source].append(text)

as_json = "--json" in sys.argv[2:]
tests = []
compared_processes = []


def say(line):
    if not as_json:
        print(line)


def report(key, name, complaints):
    """Prints the result of one test: it passes if there is nothing to complain of."""
    for complaint in complaints:
        say(f"# {complaint}")
    tests.append({"key": key, "name": name, "passed": not complaints, "complaints": complaints})
    say(f"{'not ok' if complaints else 'ok'} {len(tests)} {name}")


def stable_name(name):
    """A worker of the kernel tells behind - or + what it works on, which changes."""
    return re.split("[-+]", name)[0] if name.startswith("kworker/") else name


# What the row of the system calls does not have, unless it follows: a process without memory has none locked.
ABSENT = {"state", "threads", "peakBytes", "lockedBytes", "hugetlbBytes"}


def is_same(key, left, right):
    if key in ABSENT and right is None:
        return True
    if key == "name":
        return stable_name(left) == stable_name(right)
    if key == "badnessPages" and None not in (left, right):
        return abs(left - right) <= BADNESS_TOLERANCE
    if key == "oomScore":
        return abs(left - right) <= 1
    if key == "oomRank":
        return (left is None) == (right is None)
    return left == right


def differences(prefix, least):
    """What the system calls say, and /proc neither before them nor after."""
    procfs, syscalls = rows[prefix + "procfs"], rows[prefix + "syscalls"]
    again = rows[prefix + "again-procfs"]
    found = []
    compared = 0
    for pid in sorted(procfs.keys() | syscalls.keys()):
        name = (procfs.get(pid) or syscalls.get(pid))["name"]
        # These are other processes each time.
        if name in ("tamalloc", "sed"):
            continue
        if pid not in procfs or pid not in syscalls:
            # Workers of the kernel come and go.
            if not name.startswith("kworker/"):
                where = "the system calls" if pid in procfs else "/proc"
                found.append(f"{pid} {name} is not in {where}")
            continue
        compared += 1
        left, right, after = procfs[pid], syscalls[pid], again.get(pid, {})
        for key in left.keys() | right.keys():
            if not any(is_same(key, proc.get(key), right.get(key)) for proc in (left, after)):
                found.append(
                    f"{pid} {name} {key}: /proc {left.get(key)}, system call {right.get(key)}")
    say(f"# {compared} processes compared")
    compared_processes.append(compared)
    if compared < least:
        found.append(f"too few processes: {compared}")
    return found


def total_differences(prefix):
    procfs, syscalls = totals[prefix + "procfs"], totals[prefix + "syscalls"]
    # Workers of the kernel come and go, so the number of processes is not compared.
    keys = ("addressSpaces", "ramBytes", "swapTotalBytes", "commitLimitBytes")
    return [
        f"total {key}: /proc {procfs[key]}, system call {syscalls[key]}"
        for key in keys
        if procfs[key] != syscalls[key]
    ]


def with_memory(source):
    return [row for row in rows[source].values() if row["reservedBytes"]]


report("fields", "every field of every process", differences("", 15))
report("totals", "the totals", total_differences(""))

complaints = []
for source in ("procfs", "syscalls"):
    swapped = rows[source].get(facts["swapped"], {})
    if not swapped.get("swapBytes", 0) >= 7 * MIB:
        complaints.append(f"{source}: {swapped.get('swapBytes')} bytes swapped, not 7 MiB or more")
report("swapped", "memory that was swapped out", complaints)

complaints = []
for source in ("procfs", "syscalls"):
    parent = rows[source].get(facts["vfork"])
    children = [row for row in with_memory(source) if row["parentPid"] == facts["vfork"]]
    if not parent or len(children) != 1:
        complaints.append(f"{source}: {len(children)} children inside vfork")
        continue
    for key in ("reservedBytes", "committedBytes"):
        if children[0][key] != parent[key]:
            complaints.append(f"{source}: {key}: parent {parent[key]}, child {children[0][key]}")
    expected = len(with_memory(source)) - 1
    if totals[source]["addressSpaces"] != expected:
        complaints.append(
            f"{source}: {totals[source]['addressSpaces']} address spaces in total, not {expected}")
report("vfork", "memory shared by vfork counts once", complaints)

report("nobody-fields", "as nobody, with hidepid=2: every field", differences("nobody-", 1))
report("nobody-totals", "as nobody, with hidepid=2: the totals", total_differences("nobody-"))
complaints = [
    f"{source}: {row['pid']} {row['name']} of user {row['uid']} is visible"
    for source in ("nobody-procfs", "nobody-syscalls")
    for row in rows[source].values()
    if row["uid"] != 65534
]
complaints += [
    f"{source}: nobody's own process is not visible"
    for source in ("nobody-procfs", "nobody-syscalls")
    if facts["nobody"] not in rows[source]
]
report("nobody-visible", "as nobody, with hidepid=2: who is visible", complaints)


def complaints_about(command, patterns):
    """Whether a command ended well and printed what it should."""
    text = "\n".join(texts[command])
    found = []
    if texts[command + "-status"] != ["0"]:
        found.append(f"{command}: exit status {texts[command + '-status']}")
    for pattern in patterns:
        if not re.search(pattern, text, re.MULTILINE):
            found.append(f"{command}: nothing like {pattern!r}")
    if found:
        found += [f"{command} printed {line!r}" for line in texts[command]]
    return found


report("table", "stat's table by the system calls",
       complaints_about("table", [rf"^ *{pid}\b.*\b(subject|sleep)" for pid in facts.values()]))
report("one", "stat of one process by the system calls",
       complaints_about("one", [rf"\b{facts['nobody']}\b", "sleep"]))
# The live view takes the second screen of the terminal, and gives it back.
report("top", "a frame of top by the system calls",
       complaints_about("top", [r"\x1b\[\?1049h", "kthreadd", r"\x1b\[\?1049l"]))

failed = sum(not test["passed"] for test in tests)
say(f"{len(tests) - failed} passed, {failed} failed")
if as_json:
    print(json.dumps({"tests": tests, "processesCompared": compared_processes}, indent=2))
sys.exit(1 if failed else 0)
