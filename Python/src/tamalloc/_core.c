/* SPDX-License-Identifier: MIT */
/*
 * tamalloc._core: what Python needs of libtamalloc.so, by Python's stable interface (abi3, 3.11).
 *
 *     Memory              a block that reads as a pattern, as an object with a buffer
 *     usage_at, ...       the verbs of tamalloc.h for whatever begins at an address: a Memory, or an
 *                         array that NumPy made with the handler below
 *     handler, set_handler, get_handler
 *                         NumPy's data handler, see _handler.c
 *
 * Threads.  A Memory is freed by whoever drops the last reference, or by close(), which fails while
 * anybody has a view of it.  The count of views is changed with the object's lock held: the GIL, or
 * a critical section in a free-threaded Python.
 */
#include "_core.h"

#include <errno.h>
#include <string.h>

#include <tamalloc.h>

#ifdef Py_GIL_DISABLED
#define LOCKED(object) Py_BEGIN_CRITICAL_SECTION(object)
#define UNLOCKED Py_END_CRITICAL_SECTION()
#else
#define LOCKED(object) {
#define UNLOCKED }
#endif

/* What errno says, as the exception that users of NumPy expect. */
static PyObject *raise_error(const char *what) {
  switch (errno) {
    case ENOMEM:
      return PyErr_Format(PyExc_MemoryError, "%s: a limit of the process or the system is met "
                          "(ulimit -v, vm.max_map_count, vm.overcommit_memory)", what);
    case EMFILE:
    case ENFILE:
      return PyErr_Format(PyExc_MemoryError, "%s: no file descriptor is left for the fill: "
                          "raise the limit with ulimit -n", what);
    case EINVAL:
      return PyErr_Format(PyExc_ValueError, "%s: not inside a block of tamalloc's", what);
    default:
      return PyErr_SetFromErrno(PyExc_OSError);
  }
}

/* Memory */

typedef struct {
  PyObject_HEAD
  unsigned char *start; /* NULL when closed */
  Py_ssize_t size;
  PyObject *pattern; /* bytes, of the length that was given */
  Py_ssize_t views;
  int is_written; /* a small one: the fill is in its pages, and the block's own is zero */
} Memory;

static int is_zero(const char *bytes, Py_ssize_t length) {
  return bytes[0] == 0 && memcmp(bytes, bytes + 1, (size_t)length - 1) == 0;
}

static int is_uniform(const char *bytes, Py_ssize_t length) {
  return memcmp(bytes, bytes + 1, (size_t)length - 1) == 0;
}

/* Writes the fill over some bytes. */
static void write_fill(Memory *self, size_t offset, size_t length) {
  char *pattern;
  Py_ssize_t period;
  PyBytes_AsStringAndSize(self->pattern, &pattern, &period);
  for (size_t index = 0; index < length; index++) {
    self->start[offset + index] = (unsigned char)pattern[(offset + index) % (size_t)period];
  }
}

static PyObject *memory_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  static char *names[] = {"size", "pattern", NULL};
  Py_ssize_t size, period;
  PyObject *pattern = NULL;
  char *bytes;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "n|S:Memory", names, &size, &pattern)) {
    return NULL;
  }
  if (size < 1) return PyErr_Format(PyExc_ValueError, "size must be at least 1, not %zd", size);
  pattern = pattern != NULL ? Py_NewRef(pattern) : PyBytes_FromStringAndSize("", 1);
  if (pattern == NULL) return NULL;
  PyBytes_AsStringAndSize(pattern, &bytes, &period);
  const int is_one = period > 0 && is_uniform(bytes, period);
  if (period < 1 || (period > 4096 && !is_one)) {
    Py_DECREF(pattern);
    return PyErr_Format(PyExc_ValueError, "a pattern has 1 to 4096 bytes, not %zd", period);
  }
  allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  Memory *self = (Memory *)allocate(type, 0);
  if (self == NULL) {
    Py_DECREF(pattern);
    return NULL;
  }
  self->pattern = pattern;
  self->size = size;
  self->is_written = size < SMALLEST_LAZY && !is_zero(bytes, period);
  Py_BEGIN_ALLOW_THREADS
  if (self->is_written) {
    self->start = tamalloc_fill((size_t)size, 0);
  } else if (is_one) {
    self->start = tamalloc_fill((size_t)size, bytes[0]);
  } else {
    self->start = tamalloc_pattern((size_t)size, bytes, (size_t)period);
  }
  Py_END_ALLOW_THREADS
  if (self->start == NULL) {
    PyErr_Clear();
    char what[64];
    PyOS_snprintf(what, sizeof what, "%zd bytes", size);
    raise_error(what);
    Py_DECREF(self);
    return NULL;
  }
  if (self->is_written) write_fill(self, 0, (size_t)size);
  return (PyObject *)self;
}

static void memory_dealloc(Memory *self) {
  PyTypeObject *type = Py_TYPE(self);
  tafree(self->start);
  Py_XDECREF(self->pattern);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

static int memory_getbuffer(Memory *self, Py_buffer *view, int flags) {
  int result = -1;
  LOCKED(self)
  if (self->start == NULL) {
    view->obj = NULL;
    PyErr_SetString(PyExc_ValueError, "the memory is closed");
  } else {
    result = PyBuffer_FillInfo(view, (PyObject *)self, self->start, self->size, 0, flags);
    if (result == 0) self->views++;
  }
  UNLOCKED;
  return result;
}

static void memory_releasebuffer(Memory *self, Py_buffer *view) {
  (void)view;
  LOCKED(self)
  self->views--;
  UNLOCKED;
}

static Py_ssize_t memory_length(Memory *self) { return self->size; }

PyDoc_STRVAR(close_doc,
             "close()\n--\n\n"
             "Free the memory now.\n\n"
             "Raises\n------\n"
             "BufferError\n    If there is a view of it: a memoryview, or an array.");

static PyObject *memory_close(Memory *self, PyObject *none) {
  PyObject *result = NULL;
  (void)none;
  LOCKED(self)
  if (self->views > 0) {
    PyErr_Format(PyExc_BufferError, "the memory has %zd views", self->views);
  } else {
    tafree(self->start);
    self->start = NULL;
    result = Py_NewRef(Py_None);
  }
  UNLOCKED;
  return result;
}

static PyObject *memory_refill(Memory *self, PyObject *arguments) {
  Py_ssize_t offset, length;
  if (!PyArg_ParseTuple(arguments, "nn:_refill", &offset, &length)) return NULL;
  if (self->start == NULL || offset < 0 || length < 0 || length > self->size - offset) {
    return PyErr_Format(PyExc_ValueError, "outside of the memory");
  }
  write_fill(self, (size_t)offset, (size_t)length);
  Py_RETURN_NONE;
}

static PyObject *memory_address(Memory *self, void *none) {
  (void)none;
  if (self->start == NULL) return PyErr_Format(PyExc_ValueError, "the memory is closed");
  return PyLong_FromVoidPtr(self->start);
}

static PyObject *memory_pattern(Memory *self, void *none) {
  (void)none;
  return Py_NewRef(self->pattern);
}

static PyObject *memory_is_written(Memory *self, void *none) {
  (void)none;
  return PyBool_FromLong(self->is_written);
}

static PyObject *memory_closed(Memory *self, void *none) {
  (void)none;
  return PyBool_FromLong(self->start == NULL);
}

static PyMethodDef memory_methods[] = {
    {"close", (PyCFunction)memory_close, METH_NOARGS, close_doc},
    {"_refill", (PyCFunction)memory_refill, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef memory_attributes[] = {
    {"address", (getter)memory_address, NULL, "Where the memory begins: int.", NULL},
    {"pattern", (getter)memory_pattern, NULL, "What its bytes read as at first: bytes.", NULL},
    {"closed", (getter)memory_closed, NULL, "Whether it was freed: bool.", NULL},
    {"_is_written", (getter)memory_is_written, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot memory_slots[] = {
    {Py_tp_new, memory_new},
    {Py_tp_dealloc, memory_dealloc},
    {Py_tp_methods, memory_methods},
    {Py_tp_getset, memory_attributes},
    {Py_sq_length, memory_length},
    {Py_bf_getbuffer, memory_getbuffer},
    {Py_bf_releasebuffer, memory_releasebuffer},
    {0, NULL},
};

static PyType_Spec memory_spec = {
    .name = "tamalloc._core.Memory",
    .basicsize = sizeof(Memory),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = memory_slots,
};

/* The verbs, by address.  One that no block begins at is refused by the library. */

static PyObject *usage_at(PyObject *module, PyObject *arguments) {
  unsigned long long address, offset, length;
  tamalloc_usage_t usage;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "KKK:usage_at", &address, &offset, &length)) return NULL;
  if (tausage_range((void *)address, offset, length, &usage) != 0) return raise_error("usage");
  return Py_BuildValue("nnn", (Py_ssize_t)usage.reserved, (Py_ssize_t)usage.committed,
                       (Py_ssize_t)usage.swapped);
}

static PyObject *discard_at(PyObject *module, PyObject *arguments) {
  unsigned long long address, offset, length;
  int result;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "KKK:discard_at", &address, &offset, &length)) return NULL;
  Py_BEGIN_ALLOW_THREADS
  result = tadiscard((void *)address, offset, length);
  Py_END_ALLOW_THREADS
  if (result != 0) return raise_error("discard");
  Py_RETURN_NONE;
}

static PyObject *reset_at(PyObject *module, PyObject *arguments) {
  unsigned long long address, limit;
  int result;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "KK:reset_at", &address, &limit)) return NULL;
  Py_BEGIN_ALLOW_THREADS
  result = tareset((void *)address, limit);
  Py_END_ALLOW_THREADS
  if (result != 0) return raise_error("reset");
  Py_RETURN_NONE;
}

static PyObject *committed_at(PyObject *module, PyObject *arguments) {
  unsigned long long address, offset, length;
  tamalloc_range_t ranges[256];
  long count;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "KKK:committed_at", &address, &offset, &length)) return NULL;
  PyObject *list = PyList_New(0);
  if (list == NULL) return NULL;
  const unsigned long long end = offset + length;
  do {
    count = tacommitted((void *)address, offset, end - offset, ranges, 256);
    if (count < 0) {
      Py_DECREF(list);
      return raise_error("committed");
    }
    for (long index = 0; index < count; index++) {
      offset = ranges[index].offset + ranges[index].length;
      PyObject *pair = Py_BuildValue("nn", (Py_ssize_t)ranges[index].offset, (Py_ssize_t)offset);
      if (pair == NULL || PyList_Append(list, pair) != 0) {
        Py_XDECREF(pair);
        Py_DECREF(list);
        return NULL;
      }
      Py_DECREF(pair);
    }
  } while (count == 256);
  return list;
}

static PyMethodDef functions[] = {
    {"usage_at", usage_at, METH_VARARGS, NULL},
    {"discard_at", discard_at, METH_VARARGS, NULL},
    {"reset_at", reset_at, METH_VARARGS, NULL},
    {"committed_at", committed_at, METH_VARARGS, NULL},
    {"handler", tamalloc_handler, METH_NOARGS, NULL},
    {"set_handler", tamalloc_set_handler, METH_O, NULL},
    {"get_handler", tamalloc_get_handler, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int fill_module(PyObject *module) {
  PyObject *type = PyType_FromModuleAndSpec(module, &memory_spec, NULL);
  if (type == NULL || PyModule_AddObjectRef(module, "Memory", type) != 0) {
    Py_XDECREF(type);
    return -1;
  }
  Py_DECREF(type);
  return PyModule_AddStringConstant(module, "version", TAMALLOC_VERSION);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, fill_module},
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tamalloc._core",
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&module_definition); }
