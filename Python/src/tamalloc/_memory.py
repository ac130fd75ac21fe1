# SPDX-License-Identifier: MIT
"""Bytes that read as a pattern and are committed page by page; needs no NumPy."""

from __future__ import annotations

import pickle
import sys
from typing import NamedTuple

from . import _core


class Usage(NamedTuple):
    """What memory holds, in bytes.

    Attributes
    ----------
    reserved : int
        Address space: whole pages.
    committed : int
        In page frames of its own.
    swapped : int
        In swap.
    """

    reserved: int
    committed: int
    swapped: int


class Memory(_core.Memory):
    """Bytes that read as a pattern and cost nothing until they are written.

    It has a writable buffer: ``memoryview(memory)``, ``numpy.frombuffer(memory, dtype)``.

    Parameters
    ----------
    size : int
        In bytes, at least 1.
    pattern : bytes, optional
        What the bytes read as, over and over: 1 to 4,096 bytes, or any number of equal ones.

    Raises
    ------
    ValueError
        If the size or the pattern is not one.
    MemoryError
        If a limit of the process or the system is met.

    Notes
    -----
    A pattern of other than equal zeros takes one file descriptor while the memory lives, and time in
    proportion to the square root of the size: 30 ms for 8 GB. Below 64 KiB it is written at once.
    """

    __slots__ = ("__weakref__",)

    def usage(self, start: int = 0, stop: int | None = None) -> Usage:
        """What the pages hold that the bytes ``start`` to ``stop`` lie in.

        Returns
        -------
        Usage
            In bytes; exact.
        """
        start, stop = self._range(start, stop)
        return Usage(*_core.usage_at(self.address, start, stop - start))

    def committed(self, start: int = 0, stop: int | None = None) -> list[tuple[int, int]]:
        """The stretches that hold anything; all other bytes read as the pattern.

        Returns
        -------
        list of (int, int)
            First byte, and the one behind the last, in ascending order.
        """
        start, stop = self._range(start, stop)
        return _core.committed_at(self.address, start, stop - start)

    def discard(self, start: int = 0, stop: int | None = None) -> None:
        """Make bytes read as the pattern again, and give back the pages that lie wholly inside."""
        start, stop = self._range(start, stop)
        if self._is_written:
            self._refill(start, stop - start)
        else:
            _core.discard_at(self.address, start, stop - start)

    def reset(self, keep_resident: int = sys.maxsize) -> None:
        """Make all bytes read as the pattern again, and keep pages for those who write them again.

        Parameters
        ----------
        keep_resident : int, optional
            How many bytes may stay committed, from the beginning on.
        """
        if keep_resident < 0:
            raise ValueError("keep_resident must not be negative")
        if self._is_written:
            self._refill(0, len(self))
        else:
            _core.reset_at(self.address, keep_resident)

    def _range(self, start: int, stop: int | None) -> tuple[int, int]:
        stop = len(self) if stop is None else stop
        if not 0 <= start <= stop <= len(self):
            raise IndexError(f"{start}:{stop} is not inside a memory of {len(self)} bytes")
        return start, stop

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{len(self)} bytes"
        return f"<tamalloc.Memory: {state}, pattern {self.pattern[:8].hex(' ')}>"

    def __copy__(self) -> Memory:
        return self.copy()

    def __deepcopy__(self, memo: dict) -> Memory:
        return self.copy()

    def copy(self) -> Memory:
        """A copy that commits what is committed here, and no more."""
        result = Memory(len(self), self.pattern)
        with memoryview(self) as source, memoryview(result) as target:
            for first, last in self.committed():
                target[first:last] = source[first:last]
        return result

    def __reduce_ex__(self, protocol):
        """Pickles what is committed; with protocol 5, out of band where the pickler takes it."""
        pieces = self.committed()
        with memoryview(self) as view:
            contents = [pack(view[first:last], protocol) for first, last in pieces]
        return restore, (len(self), self.pattern, [first for first, _ in pieces], contents)


def pack(piece: memoryview, protocol: int):
    """A piece of memory as a pickler takes it."""
    return pickle.PickleBuffer(piece) if protocol >= 5 else bytes(piece)


def restore(size: int, pattern: bytes, starts: list[int], contents: list) -> Memory:
    """A memory as it was pickled."""
    result = Memory(size, pattern)
    with memoryview(result) as target:
        for first, piece in zip(starts, contents, strict=True):
            with memoryview(piece) as source:
                flat = source.cast("B")
                target[first : first + len(flat)] = flat
    return result
