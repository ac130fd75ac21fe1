/* SPDX-License-Identifier: MIT */
/*
 * How the heap has its say at a fork. Its handler has to be the last one that
 * runs before a fork, for the others may allocate; so it has to be registered
 * first (POSIX, pthread_atfork). To register where the heap is made does that,
 * but makes 128 KiB of the C library resident in each program, and most never
 * fork. A library that stands in front of the C library sees who registers a
 * handler and who forks, and registers its own just before:
 *
 *     program ── __register_atfork ──┐
 *             ── fork, daemon, …   ──┴─▶ the heap's handler, once ──▶ the C library
 *
 * Where it does not stand there (linked statically, opened by dlopen, in a
 * program that has a fork of its own) it registers at once. The linker gives
 * these functions the names that they stand in for: see ../../Malloc/build.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ctamalloc_heap.h"

#include <dlfcn.h>
#include <errno.h>
#include <pty.h>
#include <sys/types.h>

typedef int registration(ctamalloc_fork_handler *, ctamalloc_fork_handler *,
                         ctamalloc_fork_handler *, void *);

extern pid_t __fork(void);
/* malloc and free, in a library that has them. */
extern void *ctamalloc_malloc(size_t) __attribute__((weak));
extern void ctamalloc_free(void *) __attribute__((weak));
extern void *__dso_handle CTAMALLOC_HIDDEN;

static struct {
  ctamalloc_fork_handler *prepare, *parent, *child;
} handlers;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* What a name means behind this library, or NULL. */
static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

static int register_next(ctamalloc_fork_handler *prepare,
                         ctamalloc_fork_handler *parent,
                         ctamalloc_fork_handler *child, void *library) {
  registration *known = (registration *)next("__register_atfork");
  return known ? known(prepare, parent, child, library) : ENOMEM;
}

static void enlist(void) {
  register_next(handlers.prepare, handlers.parent, handlers.child,
                &__dso_handle);
}

/* Registers the heap's handlers, unless that was done. */
static void expect_fork(void) {
  if (!__atomic_load_n(&handlers.child, __ATOMIC_ACQUIRE)) {
    /* There is no heap yet; it is to be made before others' handlers are
     * registered. */
    if (ctamalloc_malloc) ctamalloc_free(ctamalloc_malloc(1));
    if (!__atomic_load_n(&handlers.child, __ATOMIC_ACQUIRE)) return;
  }
  pthread_once(&once, enlist);
}

static pid_t see_fork(void) {
  expect_fork();
  return __fork();
}

/* Under its own name, whatever the linker calls the other. */
pid_t ctamalloc_fork(void) __attribute__((alias("see_fork")));

int ctamalloc_register_atfork(ctamalloc_fork_handler *prepare,
                              ctamalloc_fork_handler *parent,
                              ctamalloc_fork_handler *child, void *library) {
  expect_fork();
  return register_next(prepare, parent, child, library);
}

/* The C library forks in these two without a call of fork. */
int ctamalloc_daemon(int stays, int keeps_files) {
  int (*daemon_next)(int, int) = (int (*)(int, int))next("daemon");
  expect_fork();
  if (daemon_next) return daemon_next(stays, keeps_files);
  errno = ENOSYS;
  return -1;
}

int ctamalloc_forkpty(int *master, char *name, const struct termios *mode,
                      const struct winsize *size) {
  int (*forkpty_next)(int *, char *, const struct termios *,
                      const struct winsize *) =
      (int (*)(int *, char *, const struct termios *,
               const struct winsize *))next("forkpty");
  expect_fork();
  if (forkpty_next) return forkpty_next(master, name, mode, size);
  errno = ENOSYS;
  return -1;
}

void ctamalloc_at_fork(ctamalloc_fork_handler *prepare,
                       ctamalloc_fork_handler *parent,
                       ctamalloc_fork_handler *child) {
  /* By way of memory: two names of a function may not be thought of as one. */
  pid_t (*volatile known)(void) = fork;
  if (known != see_fork) {
    pthread_atfork(prepare, parent, child);
    return;
  }
  handlers.prepare = prepare;
  handlers.parent = parent;
  __atomic_store_n(&handlers.child, child, __ATOMIC_RELEASE);
}
