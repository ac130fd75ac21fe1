#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Expected: a byte written to each 2 MiB of numpy.zeros commits a page of 4 KiB each.
# Found: from 4 MiB on NumPy asks for huge pages, and where those are given on request (madvise, Debian's
# setting) each byte commits 2 MiB. NUMPY_MADVISE_HUGEPAGE=0 in the environment turns that off.

. "$(dirname "$0")/common"
huge=/sys/kernel/mm/transparent_hugepage/enabled
grep -q '\[madvise\]' $huge || cannot "this needs huge pages on request: $huge"
python numpy 2.3.4
cat >"$work/gained.py" <<'END'
import numpy

def resident():
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("Rss:"))

before = resident()
array = numpy.zeros(2**28, numpy.uint8)
array[:: 2**21] = 1
print(resident() - before)
END
export PYTHONPATH=$work/python
expect "MiB resident after 128 bytes of 256 MiB were written" 240 260 "$(python3 "$work/gained.py")"
expect "the same with NUMPY_MADVISE_HUGEPAGE=0" 0 4 \
  "$(NUMPY_MADVISE_HUGEPAGE=0 python3 "$work/gained.py")"
