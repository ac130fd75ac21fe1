# SPDX-License-Identifier: MIT
"""peak.py REQUESTS COMMAND...: feed a command a trace through a pipe, and say what it took at most.

Prints the exit status and the peak of the resident set in KiB. A thousand blocks are live at a time.
"""

import os
import random
import subprocess
import sys

count = int(sys.argv[1])
command = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
chance = random.Random(1).random
live = []
with command.stdin as pipe:
    pipe.write(b"%d\n" % (2 * count))
    lines = []
    for id in range(count):
        lines.append(b"REQUEST %d %d\n" % (id, 8 + 4000 * chance()))
        live.append(id)
        if len(live) > 1000:
            place = int(chance() * len(live))
            lines.append(b"FREE %d\n" % live[place])
            live[place] = live[-1]
            live.pop()
        if len(lines) > 10000:
            pipe.write(b"".join(lines))
            lines = []
    lines += [b"FREE %d\n" % id for id in live]
    pipe.write(b"".join(lines))
_, status, usage = os.wait4(command.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
