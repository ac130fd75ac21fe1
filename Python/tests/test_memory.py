# SPDX-License-Identifier: MIT
"""Memory: a buffer without NumPy, closing, pickles, copies, threads, forks and the interpreter's end."""

import copy
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest
import tamalloc
from conftest import PAGE


@pytest.mark.parametrize("size", [1, 100, 70_000, 10_000_000])
@pytest.mark.parametrize("pattern", [b"\0", b"\7", b"abc", bytes(range(200)), b"\1" * 10_000])
def test_reads_as_its_pattern(size, pattern):
    memory = tamalloc.Memory(size, pattern)
    expected = (pattern * (size // len(pattern) + 1))[:size]
    assert len(memory) == size and bytes(memory) == expected
    with memoryview(memory) as view:
        view[size // 2] = 255
    assert bytes(memory)[size // 2] == 255
    memory.discard(size // 2)
    assert bytes(memory) == expected
    with memoryview(memory) as view:
        view[size // 3] ^= 255
    memory.reset(0)
    assert bytes(memory) == expected


def test_buffer_is_no_copy():
    memory = tamalloc.Memory(1 << 30, b"\1\0\0\0")
    array = np.frombuffer(memory, "i4")
    assert array.size == 1 << 28 and array[12345] == 1
    array[12345] = 7
    assert memory.usage().committed == PAGE
    assert memory.committed() == [(12345 * 4 // PAGE * PAGE, 12345 * 4 // PAGE * PAGE + PAGE)]
    assert memory.usage(0, PAGE).committed == 0
    assert "1073741824 bytes" in repr(memory)


def test_dlpack_is_no_copy():
    array = tamalloc.ones(10**8)
    other = np.from_dlpack(array)
    other[5] = 2
    assert array[5] == 2 and tamalloc.usage(array).committed == PAGE
    assert np.shares_memory(array, other)


def test_closing():
    memory = tamalloc.Memory(100)
    view = memoryview(memory)
    with pytest.raises(BufferError):
        memory.close()
    view.release()
    memory.close()
    memory.close()
    assert memory.closed and "closed" in repr(memory)
    for use in (lambda: memoryview(memory), memory.usage, memory.committed, memory.discard, memory.reset,
                lambda: memory.address, memory.copy, lambda: pickle.dumps(memory)):  # fmt: skip
        with pytest.raises(ValueError, match="closed"):
            use()
    with tamalloc.Memory(10) as other:
        assert not other.closed
    assert other.closed


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (ValueError, (0,)), (ValueError, (-5,)), (TypeError, ("5",)), (TypeError, ()),
        (TypeError, (5, "abc")), (ValueError, (5, b"")), (ValueError, (5, b"ab" * 3000)),
        (MemoryError, (sys.maxsize,)), (MemoryError, (1 << 55, b"ab")), (OverflowError, (1 << 70,)),
    ],
)  # fmt: skip
def test_wrong_input_is_refused(error, arguments):
    with pytest.raises(error):
        tamalloc.Memory(*arguments)


@pytest.mark.parametrize("range_", [(-1, 5), (5, 4), (0, 101), (101, 101)])
def test_wrong_ranges_are_refused(range_):
    memory = tamalloc.Memory(100)
    for use in (memory.usage, memory.committed, memory.discard):
        with pytest.raises(IndexError):
            use(*range_)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("pattern", [b"\0", b"abc"])
def test_pickles_take_what_is_committed(pattern, protocol):
    memory = tamalloc.Memory(1 << 30, pattern)
    with memoryview(memory) as view:
        view[500_000_000:500_000_003] = b"xyz"
    text = pickle.dumps(memory, protocol)
    assert len(text) < PAGE + 500
    for again in (pickle.loads(text), copy.copy(memory), copy.deepcopy(memory)):
        assert again.pattern == pattern and again.usage() == memory.usage()
        with memoryview(again) as view:
            assert bytes(view[500_000_000:500_000_003]) == b"xyz"
            assert bytes(view[:3]) == (pattern * 3)[:3]


def test_pickles_out_of_band():
    memory = tamalloc.Memory(1 << 30)
    with memoryview(memory) as view:
        view[0] = view[1 << 29] = 1
    buffers = []
    text = pickle.dumps(memory, 5, buffer_callback=buffers.append)
    assert len(text) < 500 and sum(len(b.raw()) for b in buffers) == 2 * PAGE
    again = pickle.loads(text, buffers=buffers)
    assert again.usage() == memory.usage()


def test_arrays_pickle_what_is_committed(fill):
    value, dtype = fill
    array = tamalloc.full((1000, 3000), value, dtype, order="F")
    array[7, 8] = np.zeros((), dtype)
    twice = {"a": array, "again": array, "part": array[:, 100:], "other": np.arange(3)}
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        text = tamalloc.dumps(twice, protocol)
        assert len(text) < 6 * PAGE
        again = pickle.loads(text)
        assert again["a"] is again["again"] and again["a"].flags.f_contiguous
        for name, each in twice.items():
            assert np.array_equal(again[name], each)
        assert tamalloc.usage(again["a"]).committed == tamalloc.usage(array).committed
    buffers = []
    text = tamalloc.dumps(array, 5, buffer_callback=buffers.append)
    assert sum(len(b.raw()) for b in buffers) == tamalloc.usage(array).committed
    assert np.array_equal(pickle.loads(text, buffers=buffers), array)


def test_threads():
    array = tamalloc.ones(8 * 100_000)
    wrong = []

    def work(index):
        for _ in range(30):
            part = array[index * 100_000 : (index + 1) * 100_000]
            part[:] = index
            mine = tamalloc.full(50_000, index)
            if mine.sum() != index * 50_000 or part.sum() != index * 100_000:
                wrong.append(index)
            tamalloc.usage(array)
            tamalloc.discard(part)
            if part.sum() != 100_000:
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_has_its_own():
    array = tamalloc.ones(10**7)
    array[0] = 5
    child = os.fork()
    if child == 0:
        try:
            array[1_000_000] = 3
            fine = array[0] == 5 and tamalloc.usage(array).committed == 2 * PAGE
            fine = fine and tamalloc.full(10**6, 2).sum() == 2 * 10**6
            tamalloc.reset(array)
            os._exit(0 if fine and array[0] == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert array[0] == 5 and array[1_000_000] == 1


@pytest.mark.parametrize(
    "code",
    [
        "import tamalloc; a = tamalloc.ones(10**7)",
        "import tamalloc, sys; sys.keep = tamalloc.Memory(10**7, b'ab')",
        "import tamalloc, numpy; tamalloc.install(); import builtins; builtins.a = numpy.zeros(10**7)",
        "import tamalloc, threading, time; a = tamalloc.ones(10**7);"
        "threading.Thread(target=lambda: [tamalloc.usage(a) for _ in iter(int, 1)], daemon=True).start();"
        "time.sleep(0.1)",
    ],
)
def test_the_interpreter_ends(code):
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0 and not result.stderr


def test_without_numpy():
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "import tamalloc\n"
        "assert bytes(tamalloc.Memory(5, b'ab')) == b'ababa'\n"
        "try: tamalloc.full\n"
        "except ModuleNotFoundError as error: assert 'needs NumPy' in str(error)\n"
        "else: raise SystemExit(1)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
