/* SPDX-License-Identifier: MIT */
/* What the files of the extension module share. */
#ifndef TAMALLOC_CORE_H
#define TAMALLOC_CORE_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_GIL_DISABLED
#define Py_LIMITED_API 0x030b0000
#endif
#include <Python.h>

/* Below this a fill is written, and NumPy's memory is the heap's: a mapping of its own would cost more. */
enum { SMALLEST_LAZY = 65536 };

/* The handler of ours, as a capsule. */
PyObject *tamalloc_handler(PyObject *module, PyObject *none);
/* Makes a capsule the current context's handler; returns the one before. */
PyObject *tamalloc_set_handler(PyObject *module, PyObject *capsule);
/* The current context's handler. */
PyObject *tamalloc_get_handler(PyObject *module, PyObject *none);

#endif
