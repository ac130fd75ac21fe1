#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Expected: numpy.load(file, mmap_mode="r") maps the file, and reads the pages that are looked at; where it
# can't, it says so.
# Found: of a .npy file it does; of a .npz file, uncompressed as numpy.savez writes it, the argument is passed
# over without a word: one element costs the whole array.

. "$(dirname "$0")/common"
python numpy 2.3.4
export PYTHONPATH=$work/python
python3 - "$work" <<'END'
import sys
import numpy

array = numpy.ones(2**25)
numpy.save(sys.argv[1] + "/array.npy", array)
numpy.savez(sys.argv[1] + "/array.npz", array=array)
END
cat >"$work/gained.py" <<'END'
import sys
import warnings
import numpy

warnings.simplefilter("error")

def resident():
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("Rss:"))

before = resident()
loaded = numpy.load(sys.argv[1], mmap_mode="r")
array = loaded if isinstance(loaded, numpy.ndarray) else loaded["array"]
assert array[5] == 1
print(resident() - before)
END
expect "MiB resident after an element of a .npy file of 256 MiB was read" 0 4 \
  "$(python3 "$work/gained.py" "$work/array.npy")"
expect "… of a .npz file" 252 264 "$(python3 "$work/gained.py" "$work/array.npz")"
