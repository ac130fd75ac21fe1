#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Expected: ru_maxrss of a child that ran /bin/true is what /bin/true needs, 2 MiB or so.
# Found: started by Python's subprocess.run it is the most that Python itself has ever had: vfork lends the
# child the parent's address space, and Linux takes its peak over at exec. With a preexec_fn Python uses fork,
# and the child has what was resident in the parent when it was made. `time -v` and whatever else reads
# RUSAGE_CHILDREN or wait4 tells the same of what it starts so.

. "$(dirname "$0")/common"
debian python3.11-minimal 3.11.2-6+deb12u9
debian libpython3.11-minimal 3.11.2-6+deb12u9
debian libpython3.11-stdlib 3.11.2-6+deb12u9
cat >"$work/peak.py" <<'END'
import resource
import subprocess
import sys

block = b"1" * (300 << 20)
del block
prepare = (lambda: None) if sys.argv[1] == "fork" else None
subprocess.run(["/bin/true"], preexec_fn=prepare)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
END
peak() { PYTHONHOME=$work/debian/usr "$work/debian/usr/bin/python3.11" -S "$work/peak.py" "$1"; }
expect "MiB at most in /bin/true, after 300 MiB were freed in Python" 300 330 "$(peak vfork)"
expect "… with a preexec_fn" 1 40 "$(peak fork)"
