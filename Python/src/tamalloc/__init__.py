# SPDX-License-Identifier: MIT
"""Arrays that read as any value and cost nothing until they are touched.

>>> import tamalloc
>>> a = tamalloc.full(10**9, 1.0)      # 8 GB in 30 ms
>>> a[7] = 2                           # commits one page
>>> tamalloc.usage(a).committed
4096

`full`, `zeros`, `ones` and their like make such arrays; `usage`, `committed`, `discard`, `reset` and `copy`
deal with them; `lazy` and `install` make NumPy's own functions do it; `dumps` pickles what is
committed. `Memory` is bytes alone, and needs no NumPy.
"""

from . import _core
from ._memory import Memory, Usage

__version__ = _core.version

try:
    import numpy as _numpy
except ModuleNotFoundError:
    __all__ = ["Memory", "Usage"]

    def __getattr__(name):
        if name in {"full", "zeros", "ones", "full_like", "zeros_like", "ones_like", "usage"}:
            raise ModuleNotFoundError(f"tamalloc.{name} needs NumPy: pip install tamalloc[numpy]")
        raise AttributeError(f"module 'tamalloc' has no attribute {name!r}")

else:
    del _numpy
    from ._arrays import (
        committed,
        copy,
        discard,
        full,
        full_like,
        ones,
        ones_like,
        reset,
        usage,
        zeros,
        zeros_like,
    )
    from ._lazy import install, lazy, uninstall
    from ._pickle import Pickler, dump, dumps

    __all__ = [
        "Memory",
        "Pickler",
        "Usage",
        "committed",
        "copy",
        "discard",
        "dump",
        "dumps",
        "full",
        "full_like",
        "install",
        "lazy",
        "ones",
        "ones_like",
        "reset",
        "uninstall",
        "usage",
        "zeros",
        "zeros_like",
    ]
