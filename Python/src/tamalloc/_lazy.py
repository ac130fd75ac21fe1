# SPDX-License-Identifier: MIT
"""NumPy's own functions, lazily: in a block of code, or from now on.

Two things are changed within `lazy`:

- NumPy's data handler (NEP 49) of this context takes memory from tamalloc: `numpy.zeros`, `empty`,
  `resize` and whatever else allocates gets memory that is zero and committed page by page.
- `numpy.full`, `ones`, `full_like`, `ones_like` and `zeros_like`, which write every item, are wrapped once and
  for all by functions that ask whether this context, or the process, is lazy. They hand on what can't be: objects,
  long fills, subclasses, other devices, and what is below 64 KiB.

Other modules' ``from numpy import full`` from before have the functions as they were.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools

import numpy as np

from . import _arrays, _core

_is_lazy_here = contextvars.ContextVar("tamalloc_is_lazy", default=False)
_is_lazy_everywhere = False
#: Below this many bytes numpy's own functions are used.
_SMALLEST = 65536


@contextlib.contextmanager
def lazy():
    """Make NumPy allocate lazily in a block of code.

    What is made there stays lazy behind it, and is freed as it must be. It holds for the current
    context (`contextvars`): a thread, or an asyncio task; generators see their caller's.

    Examples
    --------
    >>> with tamalloc.lazy():
    ...     a = numpy.zeros(10**9)
    ...     b = numpy.ones(10**9)
    """
    _wrap()
    before = _core.set_handler(_core.handler())
    token = _is_lazy_here.set(True)
    try:
        yield
    finally:
        _is_lazy_here.reset(token)
        _core.set_handler(before)


def install() -> None:
    """Make NumPy allocate lazily from now on.

    `numpy.full`, `ones` and their like are lazy in every thread; the data handler, which `numpy.zeros`
    goes to, is one of the current context's and of those that begin as a copy of it. A thread with a
    context of its own calls `install` too.
    """
    global _is_lazy_everywhere
    _wrap()
    _core.set_handler(_core.handler())
    _is_lazy_everywhere = True


def uninstall() -> None:
    """End what `install` began; arrays that were made stay as they are."""
    global _is_lazy_everywhere
    _is_lazy_everywhere = False
    if _core.get_handler() is not None and _before is not None:
        _core.set_handler(_before)


_before = None


def _wrap() -> None:
    """Wraps NumPy's functions, once."""
    global _before
    if _before is not None:
        return
    _before = _core.get_handler()
    for name in ("full", "ones", "full_like", "ones_like", "zeros_like"):
        setattr(np, name, _wrapped(getattr(np, name), getattr(_arrays, name)))


def _wrapped(original, lazily):
    @functools.wraps(original)
    def function(*arguments, **keywords):
        if not (_is_lazy_here.get() or _is_lazy_everywhere):
            return original(*arguments, **keywords)
        # What the lazy ones don't know: a device, subclasses, the dispatch to other libraries.
        if keywords.get("device") is None and keywords.get("like") is None:
            plain = {k: v for k, v in keywords.items() if k not in ("device", "like", "subok")}
            with contextlib.suppress(TypeError, ValueError, KeyError, AttributeError):
                if _is_worthwhile(original.__name__, arguments, plain):
                    return lazily(*arguments, **plain)
        return original(*arguments, **keywords)

    return function


def _is_worthwhile(name: str, arguments: tuple, keywords: dict) -> bool:
    """Whether a call makes a plain array that is large enough."""
    if name.endswith("_like"):
        prototype = arguments[0] if arguments else keywords["a"]
        if type(prototype) is not np.ndarray:
            return False
        shape = keywords.get("shape")
        shape = prototype.shape if shape is None else shape
        count = np.prod(shape, dtype=object)
        dtype = np.dtype(keywords.get("dtype") or prototype.dtype)
    else:
        shape = arguments[0] if arguments else keywords["shape"]
        count = np.prod(shape, dtype=object)
        dtype = np.dtype(keywords.get("dtype", float))
    return count * max(dtype.itemsize, 1) >= _SMALLEST
