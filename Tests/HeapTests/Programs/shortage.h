/* SPDX-License-Identifier: MIT */
/* How memory runs out on purpose: system calls that fail, and a limit. */
#ifndef SHORTAGE_H
#define SHORTAGE_H

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whether either is in force. */
static int failing, limited;
static unsigned long shortage_seed;
static atomic_ulong calls, refusals;

/* There is no block: is that as it should be? */
static void refused(const char *what) {
  if (!(failing || limited) || errno != ENOMEM) {
    perror(what);
    abort();
  }
  atomic_fetch_add(&refusals, 1);
  errno = 4711;
}

/* The heap's system calls pass here, for a program's own functions come first. */
static int may_call(void) {
  uint64_t number;
  if (!failing) return 1;
  number = (shortage_seed + atomic_fetch_add(&calls, 1)) * 0x9E3779B97F4A7C15u;
  number = (number ^ number >> 29) * 0xBF58476D1CE4E5B9u;
  if (number >> 61) return 1;
  errno = ENOMEM;
  return 0;
}

void *mmap(void *place, size_t size, int protection, int flags, int file, off_t offset) {
  return may_call() ? (void *)syscall(SYS_mmap, place, size, protection, flags, file, offset)
                    : MAP_FAILED;
}

int munmap(void *place, size_t size) {
  return may_call() ? (int)syscall(SYS_munmap, place, size) : -1;
}

int mprotect(void *place, size_t size, int protection) {
  return may_call() ? (int)syscall(SYS_mprotect, place, size, protection) : -1;
}

int madvise(void *place, size_t size, int advice) {
  return may_call() ? (int)syscall(SYS_madvise, place, size, advice) : -1;
}

/* No more than 48 MiB besides what is mapped now. */
static void set_limit(void) {
  char text[64] = "";
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || !fgets(text, sizeof text, file)) {
    perror("stress: /proc/self/statm");
    exit(1);
  }
  fclose(file);
  rlim_t bytes = strtoul(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE) + (48u << 20);
  struct rlimit limit = {bytes, bytes};
  setrlimit(RLIMIT_AS, &limit);
}

#endif /* SHORTAGE_H */
