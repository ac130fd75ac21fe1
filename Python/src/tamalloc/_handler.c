/* SPDX-License-Identifier: MIT */
/*
 * NumPy's data handler (NEP 49): every array that is made under it has its memory of the library, zero
 * and committed page by page.  A block may be freed and resized by the same two functions whatever
 * its size, so that none of NumPy's words on sizes need be believed.
 *
 * NumPy is looked for at the first use, and needed by nobody who uses Memory alone.
 */
#include "_core.h"

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#include <numpy/arrayobject.h>

#include <dlfcn.h>

#include <tamalloc.h>

static void *(*heap_malloc)(size_t) = NULL;

static void *handler_malloc(void *context, size_t size) {
  (void)context;
  if (size == 0) size = 1;
  return size < SMALLEST_LAZY && heap_malloc != NULL ? heap_malloc(size) : tamalloc_fill(size, 0);
}

/* All memory of the library's is zero. */
static void *handler_calloc(void *context, size_t count, size_t size) {
  size_t product;
  if (__builtin_mul_overflow(count, size, &product)) return NULL;
  return handler_malloc(context, product);
}

static void *handler_realloc(void *context, void *block, size_t size) {
  (void)context;
  return tarealloc(block, size == 0 ? 1 : size);
}

static void handler_free(void *context, void *block, size_t size) {
  (void)context;
  (void)size;
  tafree(block);
}

static PyDataMem_Handler handler_functions = {
    "tamalloc", 1, {NULL, handler_malloc, handler_calloc, handler_realloc, handler_free}};

static int import_numpy(void) {
  /* The heap's malloc, which nobody else of this process may use. */
  void *library = dlopen("libtamalloc.so." Py_STRINGIFY(TAMALLOC_VERSION_MAJOR),
                         RTLD_NOW | RTLD_NOLOAD);
  if (library != NULL) *(void **)&heap_malloc = dlsym(library, "malloc");
  return PyArray_ImportNumPyAPI();
}

PyObject *tamalloc_handler(PyObject *module, PyObject *none) {
  (void)module;
  (void)none;
  if (import_numpy() != 0) return NULL;
  return PyCapsule_New(&handler_functions, "mem_handler", NULL);
}

PyObject *tamalloc_set_handler(PyObject *module, PyObject *capsule) {
  (void)module;
  if (import_numpy() != 0) return NULL;
  if (!PyCapsule_IsValid(capsule, "mem_handler")) {
    return PyErr_Format(PyExc_TypeError, "a handler of NumPy's is needed");
  }
  return PyDataMem_SetHandler(capsule);
}

PyObject *tamalloc_get_handler(PyObject *module, PyObject *none) {
  (void)module;
  (void)none;
  if (import_numpy() != 0) return NULL;
  return PyDataMem_GetHandler();
}
