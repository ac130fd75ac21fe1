# SPDX-License-Identifier: MIT
"""NumPy's own functions within lazy(), and after install()."""

import subprocess
import sys
import threading

import numpy as np
import pytest
import tamalloc
from conftest import PAGE


def test_numpys_functions_commit_nothing():
    with tamalloc.lazy():
        arrays = [
            np.zeros(10**7), np.ones(10**7), np.full(10**7, 2.5), np.full((10**6, 3), [1, 2, 3]),
            np.empty(10**7), np.zeros_like(np.empty(10**7)), np.ones_like(np.empty(10**7)),
            np.full_like(np.empty(10**7), 7), np.ones((1000, 1000), "f4", "F"),
        ]  # fmt: skip
    theirs = [
        np.zeros(10**7), np.ones(10**7), np.full(10**7, 2.5), np.full((10**6, 3), [1, 2, 3]),
    ]  # fmt: skip
    for array in arrays:
        assert tamalloc.usage(array).committed == 0
    for ours, other in zip(arrays, theirs, strict=False):
        assert np.array_equal(ours, other) and ours.dtype == other.dtype
    with pytest.raises(ValueError, match="not tamalloc's"):
        tamalloc.usage(theirs[0])


def test_zeros_are_page_by_page():
    """1,000 touched of 8 GB; numpy's own advice for huge pages makes it 800 MB."""
    with tamalloc.lazy():
        zeros = np.zeros(10**9)
    zeros[::10**6] = 1
    assert tamalloc.usage(zeros).committed == 1000 * PAGE


def test_resize_copies_nothing():
    with tamalloc.lazy():
        array = np.zeros(10**6)
        array[5] = 1
        array.resize(10**8, refcheck=False)
    assert array[5] == 1 and array[-1] == 0


def test_what_cannot_be_lazy_is_numpys():
    with tamalloc.lazy():
        objects = np.full(100_000, None)
        assert objects.dtype == object and objects[5] is None
        assert np.ones_like(np.ma.masked_array(np.arange(10**5))).__class__ is np.ma.MaskedArray
        assert np.full((300, 400), np.arange(300).reshape(300, 1))[299, 7] == 299
        assert np.full(10, 3).base is None
        assert np.ones(10**5, like=np.arange(3))[7] == 1
        assert np.full(20_000, b"x" * 5000)[-1] == b"x" * 5000
        for wrong in (lambda: np.ones(-1), lambda: np.full(-1, 2), lambda: np.ones("x"), lambda: np.ones()):
            with pytest.raises((ValueError, TypeError)):
                wrong()


def test_ends_with_the_block():
    def name():
        return np._core.multiarray.get_handler_name(np.empty(10))

    before = name()
    with tamalloc.lazy():
        assert name() == "tamalloc"
        with tamalloc.lazy():
            kept = np.ones(10**6)
        assert name() == "tamalloc"
    assert name() == before and np.ones(10**6).base is None
    with pytest.raises(ZeroDivisionError), tamalloc.lazy():
        1 / 0  # noqa: B018
    assert name() == before and kept.sum() == 10**6
    assert np.ones.__doc__ == np.ones.__wrapped__.__doc__ and np.ones.__name__ == "ones"


def test_other_threads_are_not_lazy():
    found = []
    with tamalloc.lazy():
        thread = threading.Thread(target=lambda: found.append(np.ones(10**6)))
        thread.start()
        thread.join()
    assert isinstance(found[0].base, tamalloc.Memory) == bool(getattr(sys.flags, "thread_inherit_context", 0))


def test_install():
    code = """
import threading, numpy as np, tamalloc
tamalloc.install()
found = []
thread = threading.Thread(target=lambda: found.append(np.ones(10**7)))
thread.start(); thread.join()
for array in (np.zeros(10**7), np.ones(10**7), found[0]):
    assert tamalloc.usage(array).committed == 0
tamalloc.uninstall()
assert np.ones(10**6).base is None
assert np._core.multiarray.get_handler_name(np.zeros(10**6)) == 'default_allocator'
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
