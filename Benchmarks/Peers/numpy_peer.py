# SPDX-License-Identifier: MIT
"""The course of report.h on an array of numpy's.

    numpy_peer.py zeros|full GIB FILL
"""

import resource
import sys
import time

import numpy

STEP = 100 * 4096


def resident():
    with open("/proc/self/smaps_rollup", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
    return -1


def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def main():
    way, size, fill = sys.argv[1], int(sys.argv[2]) << 30, int(sys.argv[3])
    touched = (fill + 1) % 256
    make = {
        "zeros": lambda size: numpy.zeros(size, numpy.uint8),
        "full": lambda size: numpy.full(size, fill, numpy.uint8),
    }[way]
    make(4096)  # what the first call of a function takes
    resident()
    resident_before, faults_before = resident(), faults()
    began = time.monotonic_ns()
    array = make(size)
    nanoseconds = time.monotonic_ns() - began
    fault_count = faults() - faults_before
    gained = resident() - resident_before
    array[::STEP] = touched
    gained_touched = resident() - resident_before
    # In parts, so that comparing takes no second array of the whole size.
    right = bool((array[::STEP] == touched).all())
    array[::STEP] = fill
    part = 1 << 24
    for start in range(0, size, part):
        right = right and bool((array[start : start + part] == fill).all())
    print(nanoseconds, fault_count, gained, gained_touched, "right" if right else "wrong", sep="\t")
    return 0 if right else 1


sys.exit(main())
