#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Expected: bytes(n) and bytearray(n), which are both zero, cost the same.
# Found: bytes(n) is calloc, and costs nothing until it is touched; but it can't be written to. bytearray(n),
# which can, is malloc and memset, and resident at once. In Python no buffer of the built-in types is lazy
# and writable; mmap.mmap(-1, n) is.

. "$(dirname "$0")/common"
debian python3.11-minimal 3.11.2-6+deb12u9
debian libpython3.11-minimal 3.11.2-6+deb12u9
cat >"$work/gained.py" <<'END'
import sys

def resident():
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("Rss:"))

before = resident()
block = {"bytes": bytes, "bytearray": bytearray}[sys.argv[1]](2**28)
print(resident() - before)
END
gained() { PYTHONHOME=$work/debian/usr "$work/debian/usr/bin/python3.11" -S "$work/gained.py" "$1"; }
expect "MiB resident after bytes(2**28)" 0 4 "$(gained bytes)"
expect "MiB resident after bytearray(2**28)" 252 260 "$(gained bytearray)"
