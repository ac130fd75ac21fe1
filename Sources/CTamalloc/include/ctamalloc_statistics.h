/* SPDX-License-Identifier: MIT */
/*
 * What reading memory statistics needs from the C library and Swift can't
 * import: variadic functions and calls that have no wrapper. Each function
 * does one call; the names carry the prefix ctamalloc_.
 */
#ifndef CTAMALLOC_STATISTICS_H
#define CTAMALLOC_STATISTICS_H

#include "ctamalloc.h"
#include "linux/tamalloc.h"

#include <pthread.h>
#include <pwd.h>
#include <regex.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>

static inline int ctamalloc_open_at(int folder, const char *path) {
  return openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static inline int ctamalloc_open_folder(const char *path) {
  return open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
}

static inline long ctamalloc_read_folder(int folder, void *buffer,
                                         size_t size) {
  return syscall(SYS_getdents64, folder, buffer, size);
}

/* 0 where two processes have one address space, 1 to 3 where not, else -1. */
static inline long ctamalloc_compare_address_spaces(int first, int second) {
  return syscall(SYS_kcmp, first, second, 1 /* KCMP_VM */, 0, 0);
}

static inline long ctamalloc_process_statistics(
    struct tamalloc_process_query *query,
    struct tamalloc_process_statistics *entries, unsigned int count) {
  return syscall(TAMALLOC_SYSCALL_PROCESS_STATISTICS, query, sizeof *query,
                 entries, sizeof *entries, count);
}

static inline long ctamalloc_total_statistics(
    struct tamalloc_total_statistics *totals) {
  return syscall(TAMALLOC_SYSCALL_TOTAL_STATISTICS, totals, sizeof *totals);
}

/* The same with a size that may be wrong. */
static inline long ctamalloc_total_statistics_sized(
    struct tamalloc_total_statistics *totals, size_t size) {
  return syscall(TAMALLOC_SYSCALL_TOTAL_STATISTICS, totals, size);
}

/* The processor that this thread runs on, or below 0. */
static inline int ctamalloc_processor(void) {
  unsigned int number;
  return syscall(SYS_getcpu, &number, NULL, NULL) == 0 ? (int)number : -1;
}

/* Bytes of a set of processors, a bit each, where this thread may run; below 0
 * where `size` bytes don't hold it. */
static inline long ctamalloc_allowed_processors(unsigned long *set,
                                                size_t size) {
  return syscall(SYS_sched_getaffinity, 0, size, set);
}

/* glibc shows it with _GNU_SOURCE only. */
extern int pthread_setaffinity_np(pthread_t thread, size_t size,
                                  const cpu_set_t *set);

/* Lets a thread run on the processors of a set alone; 0 where it does. */
static inline int ctamalloc_confine(pthread_t thread, const unsigned long *set,
                                    size_t size) {
  return pthread_setaffinity_np(thread, size, (const cpu_set_t *)set);
}

/* The rows of a terminal, or 0 where there is none. */
static inline int ctamalloc_terminal_rows(int descriptor) {
  struct winsize size = {0};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

#endif /* CTAMALLOC_STATISTICS_H */
