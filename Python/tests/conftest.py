# SPDX-License-Identifier: MIT
"""What the tests compare with: the kernel's own account of a process."""

import re
from pathlib import Path

import pytest

PAGE = 4096


def anonymous(array) -> int:
    """Bytes of anonymous memory in the mappings that an array lies in, as smaps says."""
    start = array.__array_interface__["data"][0]
    end = start + array.nbytes
    inside, total = False, 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if head := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            first, last = (int(number, 16) for number in head.groups())
            inside = first < end and last > start
        elif inside and line.startswith("Anonymous:"):
            total += int(line.split()[1]) * 1024
    return total


def status(label: str) -> int:
    """A line of /proc/self/status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(label + ":"):
            return int(line.split()[1]) * 1024
    raise LookupError(label)


@pytest.fixture(params=["zero", "one", "structured"])
def fill(request):
    """A fill as numpy has it, and its type."""
    import numpy as np

    dtype = np.dtype([("a", "i4"), ("b", "f8"), ("c", "S3")])
    return {
        "zero": (0.0, np.dtype(float)),
        "one": (1.0, np.dtype(float)),
        "structured": (np.array((7, 2.5, b"abc"), dtype)[()], dtype),
    }[request.param]
