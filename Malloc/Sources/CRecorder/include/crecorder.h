/* SPDX-License-Identifier: MIT */
/*
 * What Swift can't say by itself for the recorder: a thread's own variable,
 * variadic functions, macros and errno. Each wrapper does one call and nothing
 * else. <stdlib.h> is left out on purpose: its functions are defined here.
 */
#ifndef CRECORDER_H
#define CRECORDER_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From <dlfcn.h> and <stdlib.h>. */
void *dlsym(void *handle, const char *name);
char *getenv(const char *name);

/* The function of that name in the libraries that come after this one. */
static inline void *crecorder_next(const char *name) {
  return dlsym((void *)-1L /* RTLD_NEXT */, name);
}

/* Whether this thread is inside the recorder. The initial-exec model needs no
   call, and no memory from a heap, to find it. The variable is in inside.c:
   here, each object file would have one of its own. */
extern __thread int crecorder_inside
    __attribute__((tls_model("initial-exec"), visibility("hidden")));
static inline int crecorder_is_inside(void) { return crecorder_inside; }
static inline void crecorder_set_inside(int inside) {
  crecorder_inside = inside;
}

static inline int crecorder_errno(void) { return errno; }
static inline void crecorder_set_errno(int number) { errno = number; }

static inline void *crecorder_map(size_t size) {
  void *start = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return start == MAP_FAILED ? NULL : start;
}

static inline void *crecorder_map_file(int descriptor, size_t size,
                                       off_t offset) {
  void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor,
                     offset);
  return start == MAP_FAILED ? NULL : start;
}

/* Has a forked child find zeros there (Linux 4.14). */
static inline int crecorder_wipe_on_fork(void *start, size_t size) {
  return madvise(start, size, 18 /* MADV_WIPEONFORK */);
}

/*
 * The C library's functions for files are points of cancellation: a thread may
 * end in them. In the middle of malloc it must not.
 */
static inline int crecorder_create(const char *path) {
  return (int)syscall(SYS_openat, AT_FDCWD, path,
                      O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static inline int crecorder_open(const char *path) {
  return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
}

static inline void crecorder_close(int descriptor) {
  syscall(SYS_close, descriptor);
}

static inline void crecorder_complain(const void *text, size_t size) {
  syscall(SYS_write, 2, text, size);
}

/* A file of that length whose blocks are there: a write to it can't fail. */
static inline int crecorder_extend(int descriptor, off_t offset, off_t size) {
  int before;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
  int failure = posix_fallocate(descriptor, offset, size);
  pthread_setcancelstate(before, &before);
  return failure;
}

static inline void crecorder_wait(void *word, uint32_t value) {
  syscall(SYS_futex, word, 128 /* WAIT | PRIVATE */, value, NULL, NULL, 0);
}

static inline void crecorder_wake(void *word) {
  syscall(SYS_futex, word, 129 /* WAKE | PRIVATE */, 1, NULL, NULL, 0);
}

#endif /* CRECORDER_H */
