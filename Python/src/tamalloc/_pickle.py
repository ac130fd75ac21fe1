# SPDX-License-Identifier: MIT
"""Pickling arrays without what they have not committed.

NumPy pickles an array's every item. The picklers here write of lazy arrays what is committed, and of
all else what `pickle` writes. Any ``pickle.load`` reads that, where this package is installed.
"""

from __future__ import annotations

import io
import pickle

import numpy as np

from ._arrays import _flat, _pattern, _pieces, _Place
from ._memory import Memory, pack, restore


class Pickler(pickle.Pickler):
    """A `pickle.Pickler` that writes of lazy arrays what is committed, and no more.

    With protocol 5 and a `buffer_callback`, out of band.
    """

    def __init__(self, file, protocol=None, *, fix_imports=True, buffer_callback=None):
        super().__init__(file, protocol, fix_imports=fix_imports, buffer_callback=buffer_callback)
        if protocol is None:
            protocol = pickle.DEFAULT_PROTOCOL
        self._protocol = protocol if protocol >= 0 else pickle.HIGHEST_PROTOCOL

    def reducer_override(self, obj):
        """What `pickle` asks first, of every object."""
        if type(obj) is not np.ndarray or obj.size == 0 or not obj.flags.forc:
            return NotImplemented
        try:
            place = _Place(obj)
        except ValueError:
            return NotImplemented
        pieces = _pieces(obj, place)
        with memoryview(_flat(obj)) as view:
            contents = [pack(view[first:last], self._protocol) for first, last in pieces]
        state = (place.length, _pattern(place), [first for first, _ in pieces], contents)
        order = "C" if obj.flags.c_contiguous else "F"
        return restore_array, (obj.shape, obj.dtype, order, *state)


def restore_array(shape, dtype, order, size, pattern, starts, contents):
    """An array as it was pickled."""
    memory: Memory = restore(size, pattern, starts, contents)
    return np.ndarray(shape, dtype, memory, order=order)


def dump(obj, file, protocol=None, *, buffer_callback=None) -> None:
    """As `pickle.dump`, but of lazy arrays what is committed."""
    Pickler(file, protocol, buffer_callback=buffer_callback).dump(obj)


def dumps(obj, protocol=None, *, buffer_callback=None) -> bytes:
    """As `pickle.dumps`, but of lazy arrays what is committed."""
    file = io.BytesIO()
    dump(obj, file, protocol, buffer_callback=buffer_callback)
    return file.getvalue()
