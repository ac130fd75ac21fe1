# SPDX-License-Identifier: MIT
"""NumPy's own tests of arrays, of creation routines and of data handlers pass within lazy()."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

#: Seconds each, and about other things.
SLOW = ["test_count_nonzero_all", "test_huge_vectordot", "test_zeros_big"]


@pytest.mark.parametrize(
    ("tests", "least"),
    [
        (["test_mem_policy"], 9),
        (["test_numeric::TestCreationFuncs", "test_numeric::TestLikeFuncs"], 12),
        (["test_multiarray"], 9000),
    ],
)
def test_numpys_own(tests, least, tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "lazy_numpy", "-p", "no:cacheprovider",
         "-k", " and ".join(f"not {name}" for name in SLOW),
         "--pyargs", *(f"numpy._core.tests.{name}" for name in tests)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-3000:]
    passed = int(re.search(r"(\d+) passed", result.stdout).group(1))
    assert passed >= least, result.stdout[-500:]
