# SPDX-License-Identifier: MIT
"""penalty.py FILE: penalty and utilisation of a kma_output.dat, by the course's definition."""

import sys

with open(sys.argv[1]) as file:
    lines = [tuple(map(int, line.split())) for line in file]
assert lines[0] == (0, 0, 0), lines[0]
assert [line[0] for line in lines] == list(range(len(lines)))
events = lines[1:]
ratios = [(allocated - live) / live for _, live, allocated in events if live > 0]
allocated = sum(line[2] for line in events)
print(sum(ratios) / len(ratios), sum(line[1] for line in events) / allocated)
