#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Expected: numpy.zeros_like(a) is numpy.zeros(a.shape), which costs nothing until it is touched.
# Found: it makes an empty array and writes the zeros, so that every page is resident at once; growing
# an array by its method resize does so, too.

. "$(dirname "$0")/common"
python numpy 2.3.4
cat >"$work/gained.py" <<'END'
import sys
import numpy

def resident():
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("Rss:"))

def grown():
    array = numpy.zeros(1, numpy.uint8)
    array.resize(2**28, refcheck=False)
    return array

model = numpy.zeros(2**28, numpy.uint8)
before = resident()
kept = {"zeros": lambda: numpy.zeros(2**28, numpy.uint8), "empty_like": lambda: numpy.empty_like(model),
        "zeros_like": lambda: numpy.zeros_like(model), "resize": grown}[sys.argv[1]]()
print(resident() - before)
END
gained() { PYTHONPATH=$work/python python3 "$work/gained.py" "$1"; }
expect "MiB resident after zeros of 256 MiB" 0 4 "$(gained zeros)"
expect "MiB resident after empty_like of it" 0 4 "$(gained empty_like)"
expect "MiB resident after zeros_like of it" 250 260 "$(gained zeros_like)"
expect "MiB resident after resize to 256 MiB" 250 260 "$(gained resize)"
