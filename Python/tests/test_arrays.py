# SPDX-License-Identifier: MIT
"""Arrays read as numpy's, and commit what is written."""

import itertools

import numpy as np
import pytest
import tamalloc
from conftest import PAGE, anonymous, status

DTYPES = [
    "?", "i1", "u2", "i4", "u8", "f2", "f4", "f8", "f16", "c8", "c16", "S5", "U7", "M8[s]", "m8[ms]",
    ">i4", ">f8", "V12", [("a", "i2"), ("b", "f8", (3,))],
    np.dtype([("a", "i1"), ("b", "i8")], align=True),
]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("order", "CF")
def test_full_is_numpys(dtype, order):
    dtype = np.dtype(dtype)
    value = np.frombuffer(bytes(range(1, dtype.itemsize + 1)), dtype)[0] if dtype.kind in "iufcV" else 1
    for shape in (3, (2, 3), (40, 50, 60), (), (1,), (0,), (5, 0)):
        ours, theirs = tamalloc.full(shape, value, dtype, order), np.full(shape, value, dtype, order)
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        assert ours.strides == theirs.strides
        # Between aligned fields numpy writes what it likes.
        if dtype.isalignedstruct:
            assert np.array_equal(ours, theirs)
        else:
            assert ours.tobytes("A") == theirs.tobytes("A")
        assert ours.flags.writeable and ours.flags.aligned


@pytest.mark.parametrize("value", [1, 2.5, True, 1j, "abc", b"xy", np.int8(3), np.float32(2), [1, 2, 3],
                                   np.datetime64("2024-01-01"), [[1.0, 2.0, 3.0]]], ids=repr)  # fmt: skip
def test_the_type_is_the_fills(value):
    ours, theirs = tamalloc.full((50, 3), value), np.full((50, 3), value)
    assert ours.dtype == theirs.dtype
    assert np.array_equal(ours, theirs)


def test_a_tuple_is_a_structured_item():
    array = tamalloc.full(1000, (1, 2.5), [("a", "i4"), ("b", "f8")])
    assert array.shape == (1000,) and (array["a"] == 1).all() and (array["b"] == 2.5).all()


@pytest.mark.parametrize("name", ["zeros", "ones", "zeros_like", "ones_like", "full_like"])
def test_relatives_are_numpys(name):
    extra = (7,) if name == "full_like" else ()
    rows, columns = np.empty((3, 40)), np.empty((3, 40), order="F")
    arguments = [rows, columns, rows.T, [1, 2]] if name.endswith("_like") else [5, (3, 4), (2, 0)]
    for argument, dtype in itertools.product(arguments, [None, "i2", "(2,)f4", bool]):
        if dtype == "(2,)f4" and name.endswith("_like"):
            continue
        keywords = {} if dtype is None else {"dtype": dtype}
        ours = getattr(tamalloc, name)(argument, *extra, **keywords)
        theirs = getattr(np, name)(argument, *extra, **keywords)
        assert ours.dtype == theirs.dtype and ours.strides == theirs.strides
        assert np.array_equal(ours, theirs)
    assert tamalloc.full_like(rows, 1, shape=(2, 2)).shape == (2, 2)


def test_a_billion_ones():
    """At most 2 MiB more resident; 1 % touched commits 1 %."""
    before = status("VmRSS")
    ones = tamalloc.full(10**9, 1.0)
    assert status("VmRSS") - before < 2 << 20
    assert ones[0] == ones[-1] == 1 and tamalloc.usage(ones).committed == 0
    page = 512
    ones[:: 100 * page] = 2
    pages = -(-(10**9) // page)
    committed = tamalloc.usage(ones).committed
    assert committed == -(-(10**9) // (100 * page)) * PAGE
    assert abs(committed / (pages * PAGE) - 0.01) < 0.0005


def test_usage_is_what_smaps_says(fill):
    value, dtype = fill
    random = np.random.default_rng(1)
    array = tamalloc.full(2_000_000, value, dtype)
    # A neighbour may lie in the same mapping.
    before = anonymous(array)
    written = np.unique(random.integers(0, array.size, 500))
    array[written] = np.zeros((), dtype)
    first, last = written * dtype.itemsize // PAGE, (written * dtype.itemsize + dtype.itemsize - 1) // PAGE
    pages = np.unique(np.concatenate([first, last]))
    usage = tamalloc.usage(array)
    assert usage.committed == len(pages) * PAGE == anonymous(array) - before
    assert usage.reserved >= array.nbytes and usage.swapped == 0
    part = tamalloc.usage(array[100_000:200_000])
    low, high = 100_000 * dtype.itemsize // PAGE, -(-200_000 * dtype.itemsize // PAGE)
    assert part.committed == np.count_nonzero((pages >= low) & (pages < high)) * PAGE
    stretches = tamalloc.committed(array)
    held = np.zeros(array.size, bool)
    for start, stop in stretches:
        held[start:stop] = True
    assert held[written].all()
    assert (array[~held] == np.full((), value, dtype)).all()
    assert all(a[1] < b[0] for a, b in itertools.pairwise(stretches))


def test_discard_and_reset(fill):
    value, dtype = fill
    array = tamalloc.full((1000, 500), value, dtype)
    expected = np.full((1000, 500), value, dtype)
    array[...] = np.ones((), dtype)
    tamalloc.discard(array[:500])
    assert np.array_equal(array[:500], expected[:500])
    assert np.array_equal(array[500:], np.ones((500, 500), dtype))
    half = tamalloc.usage(array).committed
    assert half <= array.nbytes // 2 + 2 * PAGE
    tamalloc.reset(array)
    assert np.array_equal(array, expected) and tamalloc.usage(array).committed == half
    tamalloc.reset(array, keep_resident=10 * PAGE)
    assert tamalloc.usage(array).committed == 10 * PAGE
    small = tamalloc.full(10, value, dtype)
    small[:] = np.ones((), dtype)
    tamalloc.discard(small[5:])
    assert np.array_equal(small[5:], expected[0, :5]) and small[4] == np.ones((), dtype)
    tamalloc.reset(small)
    assert np.array_equal(small, expected[0, :10])


def test_copy_commits_what_is_committed(fill):
    value, dtype = fill
    array = tamalloc.full((2000, 1000), value, dtype, order="F")
    array[3, 4] = np.zeros((), dtype)
    array[1999, 999] = np.zeros((), dtype)
    for source in (array, array[:, 500:], array.T):
        copy = tamalloc.copy(source)
        assert np.array_equal(copy, source) and copy.strides == source.strides
        # What was a page may lie in two now.
        assert tamalloc.usage(copy).committed <= 2 * tamalloc.usage(source).committed
        copy[...] = np.ones((), dtype)
    assert array[0, 0] == np.full((), value, dtype)


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ValueError, lambda: tamalloc.full(-1, 1.0)),
        (ValueError, lambda: tamalloc.zeros((3, -2))),
        (TypeError, lambda: tamalloc.full(2.5, 1.0)),
        (TypeError, lambda: tamalloc.full(None, 1.0)),
        (TypeError, lambda: tamalloc.full("3", 1.0)),
        (TypeError, lambda: tamalloc.full(10, None)),
        (TypeError, lambda: tamalloc.full(10, 1, object)),
        (TypeError, lambda: tamalloc.full(10, 1, [("a", "O")])),
        (TypeError, lambda: tamalloc.zeros(10, np.dtypes.StringDType())),
        (TypeError, lambda: tamalloc.full(10, 1, "no type")),
        (ValueError, lambda: tamalloc.full(10, "abc", float)),
        (ValueError, lambda: tamalloc.full((10**12, 10**12), 1.0)),
        (MemoryError, lambda: tamalloc.full(10**16, 1.0)),
        (MemoryError, lambda: tamalloc.zeros((2**20, 2**35))),
        (ValueError, lambda: tamalloc.full((3, 4), [1, 2, 3])),
        (ValueError, lambda: tamalloc.full((3, 4), [[1], [2], [3]])),
        (ValueError, lambda: tamalloc.full((3, 3), [1, 2, 3], order="F")),
        (ValueError, lambda: tamalloc.full(10, b"xy" * 3000)),
        (ValueError, lambda: tamalloc.full(10, 1.0, order="Z")),
        (ValueError, lambda: tamalloc.full([2] * 65, 1.0)),
        (TypeError, lambda: tamalloc.usage([1, 2])),
        (TypeError, lambda: tamalloc.usage(None)),
        (ValueError, lambda: tamalloc.usage(np.ones(10))),
        (ValueError, lambda: tamalloc.usage(np.frombuffer(bytearray(100), "u1"))),
        (ValueError, lambda: tamalloc.usage(np.frombuffer(b"x" * 100, "u1"))),
        (ValueError, lambda: tamalloc.discard(tamalloc.ones((100, 100))[:, 5])),
        (ValueError, lambda: tamalloc.reset(tamalloc.ones(100)[5:])),
        (ValueError, lambda: tamalloc.reset(tamalloc.ones(100), keep_resident=-1)),
        (ValueError, lambda: tamalloc.committed(tamalloc.ones((100, 100))[:, ::2])),
        (ValueError, lambda: tamalloc.discard(np.broadcast_to(tamalloc.ones(1), (3,)))),
    ],
)  # fmt: skip
def test_wrong_input_is_refused(error, call):
    with pytest.raises(error):
        call()


def test_a_slice_knows_its_memory():
    array = tamalloc.ones((1000, 1000))
    array[500] = 2
    assert tamalloc.usage(array[500]).committed <= 3 * PAGE
    assert tamalloc.usage(array[:400]).committed == 0
    assert tamalloc.usage(array[::-1]).committed == tamalloc.usage(array).committed
    assert tamalloc.usage(array.reshape(-1).view("i4")[::7]).reserved >= array.nbytes - 7 * PAGE
    assert tamalloc.usage(array[5:5]).committed == 0


def test_memory_goes_with_the_last_array():
    before = status("VmSize")
    for _ in range(50):
        array = tamalloc.ones(10**8)
        part = array[10:20]
        del array
        assert part.sum() == 10
    del part
    assert status("VmSize") - before < 1 << 30
