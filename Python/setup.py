# SPDX-License-Identifier: MIT
"""Builds the C library with Swift, and the extension module against it.

``pip install ./Python`` in a checkout builds the library from the Swift sources beside this folder. A
source distribution has them in it, in ``tamalloc-sources``, and so needs the Swift toolchain too. With
``TAMALLOC_PREFIX`` in the environment, an installed library is taken instead (``make install``).
"""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

here = Path(__file__).resolve().parent
inside = here / "tamalloc-sources"
checkout = inside if inside.exists() else here.parent
installed = os.environ.get("TAMALLOC_PREFIX")
header = Path(installed, "include/tamalloc.h") if installed else checkout / "Sources/CTamalloc/include/tamalloc.h"
version = re.search(r'TAMALLOC_VERSION "(.*)"', header.read_text()).group(1)
# The stable interface is not for free-threaded Pythons.
is_free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

# What Malloc/build needs of a checkout.
sources = [
    "Malloc", "Sources/Pages", "Sources/CTamalloc", "Sources/System", "Sources/Reservations", "Sources/Heap",
]


class BuildLibrary(build_ext):
    """Builds libtamalloc.so, puts it into the package, and links the extension with it."""

    def run(self):
        prefix = installed or self.build_library()
        library = Path(prefix, "lib")
        package = here / "src/tamalloc" if self.inplace else Path(self.build_lib, "tamalloc")
        package.mkdir(parents=True, exist_ok=True)
        name = f"libtamalloc.so.{version.split('.')[0]}"
        for extension in self.extensions:
            extension.include_dirs += [str(Path(prefix, "include")), self.numpy_headers()]
            extension.library_dirs.append(str(library))
        super().run()
        shutil.copy((library / name).resolve(), package / name)

    @staticmethod
    def numpy_headers():
        import numpy

        return numpy.get_include()

    @staticmethod
    def build_library():
        if shutil.which("swift") is None:
            raise SystemExit(
                "tamalloc: building from source needs the Swift toolchain, 6.2 or later, "
                "for the C library (https://swift.org/install); a wheel needs none, and an "
                "installed library is taken where TAMALLOC_PREFIX says"
            )
        prefix = Path(os.environ.get("TAMALLOC_BUILD") or checkout / "build")
        subprocess.run(
            [checkout / "Malloc/build"], check=True, env={**os.environ, "BUILD": str(prefix)}
        )
        return prefix


class AddSources(sdist):
    """Puts the Swift sources of the library into the distribution."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        target = Path(base_dir, "tamalloc-sources")
        for folder in sources:
            shutil.copytree(
                checkout / folder,
                target / folder,
                symlinks=True,
                ignore=shutil.ignore_patterns(".build*"),
            )


options = {} if is_free_threaded else {"bdist_wheel": {"py_limited_api": "cp311"}}

setup(
    version=version,
    ext_modules=[
        Extension(
            "tamalloc._core",
            ["src/tamalloc/_core.c", "src/tamalloc/_handler.c"],
            depends=["src/tamalloc/_core.h"],
            libraries=["tamalloc"],
            runtime_library_dirs=["$ORIGIN"],
            extra_compile_args=["-std=c11", "-Wall", "-Wextra", "-Wno-missing-field-initializers"],
            py_limited_api=not is_free_threaded,
        )
    ],
    cmdclass={"build_ext": BuildLibrary, "sdist": AddSources},
    options=options,
)
