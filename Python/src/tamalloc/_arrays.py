# SPDX-License-Identifier: MIT
"""NumPy arrays over lazy memory, and what can be asked of them."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any, Literal, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import _core
from ._memory import Memory, Usage

Shape = SupportsIndex | Sequence[SupportsIndex]
Order = Literal["C", "F"]
LikeOrder = Literal["C", "F", "A", "K"]

#: The longest fill that is lazy, in bytes, unless all its bytes are equal.
LONGEST_PATTERN = 4096


def full(
    shape: Shape, fill_value: ArrayLike, dtype: DTypeLike | None = None, order: Order = "C"
) -> NDArray[Any]:
    """Return a new array that reads as `fill_value`, and commits nothing.

    As `numpy.full`, but memory is taken page by page when it is first written.

    Parameters
    ----------
    shape : int or sequence of ints
        Shape of the new array.
    fill_value : scalar or array_like
        What its items read as. An array has to be of the shape's last dimensions, in C order, so that
        its bytes repeat: ``full((10**9, 3), [1, 2, 3])``.
    dtype : data-type, optional
        As `numpy.full`: ``np.array(fill_value).dtype`` by default. Structured ones too.
    order : {'C', 'F'}, optional
        How the items lie in memory.

    Returns
    -------
    numpy.ndarray
        Of the given shape; writable; its `base` is a `Memory`, freed with the last array over it.

    Raises
    ------
    TypeError
        If the items are Python objects, or strings of variable length: they aren't bytes.
    ValueError
        If the shape is none, or the fill does not repeat, or has more than 4,096 bytes.
    MemoryError
        If a limit of the process or the system is met.

    See Also
    --------
    zeros, ones, full_like, usage, reset

    Examples
    --------
    >>> a = tamalloc.full(10**9, 1.0)         # 8 GB, 30 ms
    >>> a[7] = 2
    >>> tamalloc.usage(a).committed
    4096
    """
    requested = None if dtype is None else np.dtype(dtype)
    if requested is not None and requested.base.names is not None:
        # A tuple is one item.
        value = np.array(fill_value, requested.base)
    else:
        value = np.asarray(fill_value)
        # As numpy.full casts, and finds the length of strings.
        value = np.full(value.shape, fill_value, dtype=requested.base if requested else value.dtype)
    requested = requested or value.dtype
    if requested.subdtype is not None:
        return _full(_shape(shape) + requested.shape, value, order)
    return _full(_shape(shape), value, order)


def zeros(shape: Shape, dtype: DTypeLike = float, order: Order = "C") -> NDArray[Any]:
    """Return a new array of zeros that commits nothing; see `full` and `numpy.zeros`.

    Unlike that of `numpy.zeros`, its memory is committed page by page whatever the system's setting
    for huge pages is.
    """
    dtype = np.dtype(dtype)
    return _full(_shape(shape) + dtype.shape, np.zeros((), dtype.base), order)


def ones(shape: Shape, dtype: DTypeLike | None = None, order: Order = "C") -> NDArray[Any]:
    """Return a new array of ones that commits nothing; see `full` and `numpy.ones`."""
    dtype = np.dtype(dtype)
    return _full(_shape(shape) + dtype.shape, np.ones((), dtype.base), order)


def full_like(
    a: ArrayLike,
    fill_value: ArrayLike,
    dtype: DTypeLike | None = None,
    order: LikeOrder = "K",
    shape: Shape | None = None,
) -> NDArray[Any]:
    """Return a new array like `a` that reads as `fill_value` and commits nothing.

    Parameters
    ----------
    a : array_like
        What the shape, the type and the order are taken from.
    fill_value : scalar or array_like
        See `full`.
    dtype : data-type, optional
        Another type.
    order : {'C', 'F', 'A', 'K'}, optional
        How items lie in memory; 'K' is Fortran's order where `a` has that alone, else C's.
    shape : int or sequence of ints, optional
        Another shape.
    """
    a = np.asanyarray(a)
    lies: Order
    if order == "K" or order == "A":
        is_fortran = a.flags.f_contiguous and not a.flags.c_contiguous
        lies = "F" if is_fortran and (shape is None or len(_shape(shape)) == a.ndim) else "C"
    else:
        lies = order
    return full(a.shape if shape is None else shape, fill_value, dtype or a.dtype, lies)


def zeros_like(
    a: ArrayLike, dtype: DTypeLike | None = None, order: LikeOrder = "K", shape: Shape | None = None
) -> NDArray[Any]:
    """Return a new array like `a` of zeros that commits nothing; see `full_like`."""
    return full_like(a, np.zeros((), dtype or np.asanyarray(a).dtype), dtype, order, shape)


def ones_like(
    a: ArrayLike, dtype: DTypeLike | None = None, order: LikeOrder = "K", shape: Shape | None = None
) -> NDArray[Any]:
    """Return a new array like `a` of ones that commits nothing; see `full_like`."""
    return full_like(a, 1, dtype, order, shape)


def _shape(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple, refused as NumPy does."""
    sides: tuple[int, ...] | None
    try:
        sides = tuple(int(side.__index__()) for side in shape)
    except TypeError:
        sides = (int(shape.__index__()),) if hasattr(shape, "__index__") else None
    except AttributeError:
        sides = None
    if sides is None:
        raise TypeError(f"expected a sequence of integers or a single integer, got {shape!r}")
    if any(side < 0 for side in sides):
        raise ValueError("negative dimensions are not allowed")
    return sides


def _full(shape, value, order):
    """An array of a shape whose memory repeats the bytes of `value`."""
    if order not in ("C", "F"):
        raise ValueError(f"order must be one of 'C', 'F' (got {order!r})")
    dtype = value.dtype
    if dtype.hasobject:
        raise TypeError(f"items of {dtype} are references, not bytes, and can't be lazy: use numpy.full")
    inner = value.shape[next((i for i, side in enumerate(value.shape) if side != 1), value.ndim) :]
    if inner and (order != "C" or inner != shape[len(shape) - len(inner) :]):
        # numpy says what can't be broadcast at all.
        np.broadcast_to(value, shape)
        raise ValueError(
            f"a fill of shape {value.shape} does not repeat in memory over an array of shape {shape} "
            f"in order {order}: use numpy.full"
        )
    size = math.prod(shape) * dtype.itemsize
    if size > sys.maxsize or len(shape) > 64:
        raise ValueError("array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum possible size.")
    if size == 0:
        return np.full(shape, value, dtype, order)
    pattern = np.ascontiguousarray(value).tobytes()
    if len(pattern) > LONGEST_PATTERN and pattern.count(pattern[:1]) != len(pattern):
        raise ValueError(
            f"a fill of {len(pattern)} bytes can't be lazy, {LONGEST_PATTERN} are the most: use numpy.full"
        )
    return np.ndarray(shape, dtype, Memory(size, pattern), order=order)


class _Place:
    """Which bytes of which block an array's items lie in."""

    def __init__(self, array):
        if not isinstance(array, np.ndarray):
            raise TypeError(f"expected a numpy.ndarray, got {type(array).__name__}")
        low, high = np.lib.array_utils.byte_bounds(array)
        base = array
        while isinstance(base, np.ndarray) and base.base is not None:
            base = base.base
            if isinstance(base, memoryview):
                base = base.obj
        #: The memory, where it is one; an array of NumPy's own that our handler made is a block too.
        self.memory = base if isinstance(base, Memory) else None
        if self.memory is not None:
            self.address = self.memory.address
        elif isinstance(base, np.ndarray):
            self.address = base.__array_interface__["data"][0]
        else:
            raise ValueError(f"the array's memory is a {type(base).__name__}'s, not tamalloc's")
        self.start = low - self.address
        self.length = high - low if array.size else 0
        try:
            _core.usage_at(self.address, 0, 0)
        except ValueError:
            raise ValueError("the array's memory is not tamalloc's") from None


def usage(array: NDArray[Any]) -> Usage:
    """Tell what the pages hold that an array's items lie in.

    Parameters
    ----------
    array : numpy.ndarray
        Of this module, or made by NumPy within `lazy`; or a slice of one.

    Returns
    -------
    Usage
        Bytes reserved, committed and swapped; exact. VmRSS isn't: a page of a fill that was only
        read counts there, and in the kernel's oom_score, though it took no memory.

    Raises
    ------
    TypeError
        If it is no array.
    ValueError
        If its memory is not tamalloc's.
    """
    place = _Place(array)
    return Usage(*_core.usage_at(place.address, place.start, place.length))


def committed(array: NDArray[Any]) -> list[tuple[int, int]]:
    """List which items of an array lie in pages that hold anything.

    Parameters
    ----------
    array : numpy.ndarray
        Contiguous, in C or Fortran order.

    Returns
    -------
    list of (int, int)
        First item, and the one behind the last, of each stretch, counted as ``array.ravel(order='K')``
        counts them, in ascending order. All others read as the fill.
    """
    place = _Place(array)
    if not array.flags.forc:
        raise ValueError("the array is not contiguous: ask for its base")
    stretches: list[tuple[int, int]] = []
    item = array.itemsize
    for low, high in _core.committed_at(place.address, place.start, place.length):
        first, last = (low - place.start) // item, -((place.start - high) // item)
        if stretches and first <= stretches[-1][1]:
            first = stretches.pop()[0]
        stretches.append((first, last))
    return stretches


def discard(array: NDArray[Any]) -> None:
    """Make the items of an array read as its fill again, and give its pages back.

    Parameters
    ----------
    array : numpy.ndarray
        Contiguous: an array, or a slice of the first dimension, ``discard(a[1000:2000])``.
    """
    place = _Place(array)
    if not array.flags.forc:
        raise ValueError("the array is not contiguous: between its items are others")
    if not array.flags.writeable:
        raise ValueError("the array is read-only")
    if place.memory is not None:
        place.memory.discard(place.start, place.start + place.length)
    else:
        _core.discard_at(place.address, place.start, place.length)


def reset(array: NDArray[Any], keep_resident: int = sys.maxsize) -> None:
    """Make all items read as the fill again, and keep pages for those who write them again.

    Unlike `discard` this overwrites pages that hold something in place, so that the next writes meet
    no page fault; of what nobody wrote nothing is looked at.

    Parameters
    ----------
    array : numpy.ndarray
        All of its memory, not a slice.
    keep_resident : int, optional
        How many bytes may stay committed, from the beginning on. All by default.
    """
    place = _Place(array)
    if place.start != 0 or place.length < _whole(place, array):
        raise ValueError("the array is a part of its memory: use discard")
    if not array.flags.writeable:
        raise ValueError("the array is read-only")
    if keep_resident < 0:
        raise ValueError("keep_resident must not be negative")
    if place.memory is not None:
        place.memory.reset(keep_resident)
    else:
        _core.reset_at(place.address, keep_resident)


def _whole(place: _Place, array) -> int:
    if place.memory is not None:
        return len(place.memory)
    while array.base is not None:
        array = array.base
    return array.nbytes


def copy(array: NDArray[Any]) -> NDArray[Any]:
    """Copy an array; the copy commits what is committed here, and no more.

    ``array.copy()`` and `numpy.copy` commit everything.
    """
    place = _Place(array)
    if not array.flags.forc:
        raise ValueError("the array is not contiguous: copy its base, or use numpy.copy")
    result = _restored(array, place, _pattern(place))
    source, target = _flat(array), _flat(result)
    for first, last in _pieces(array, place):
        target[first:last] = source[first:last]
    return result


def _pattern(place: _Place) -> bytes:
    """What the array's bytes read as at first, from its own first byte on."""
    pattern = place.memory.pattern if place.memory is not None else b"\0"
    shift = place.start % len(pattern)
    return pattern[shift:] + pattern[:shift]


def _restored(array, place: _Place, pattern: bytes):
    order: Order = "C" if array.flags.c_contiguous else "F"
    memory: Any = Memory(max(place.length, 1), pattern)
    return np.ndarray(array.shape, array.dtype, memory, order=order)


def _pieces(array, place: _Place) -> list[tuple[int, int]]:
    """The bytes of an array that hold anything, from its own first byte on."""
    ranges = _core.committed_at(place.address, place.start, place.length)
    return [(low - place.start, high - place.start) for low, high in ranges]


def _flat(array):
    """A contiguous array's bytes, without a copy."""
    return array.reshape(-1, order="A").view(np.uint8)
