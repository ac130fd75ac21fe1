/* SPDX-License-Identifier: MIT */
/* What the test programs share: a check that says where it failed, and instruments. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <tamalloc.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: not so: %s (errno %d)\n", __FILE__, __LINE__,    \
              #condition, errno);                                              \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

/* A call that must fail, and say why in errno. */
#define CHECK_FAILS(call, failure, number)                                     \
  do {                                                                         \
    errno = 0;                                                                 \
    CHECK((call) == (failure));                                                \
    CHECK(errno == (number));                                                  \
  } while (0)

/*
 * How many of so many rounds are to be done: all, or one in CHECK_DIVISOR where that is set, as in an
 * emulated machine, which is thirty times slower.
 */
static inline long rounds(long all) {
  const char *divisor = getenv("CHECK_DIVISOR");
  return divisor != NULL && atol(divisor) > 0 ? all / atol(divisor) : all;
}

/* Minor page faults of this process so far. */
static inline long faults(void) {
  struct rusage usage;
  CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  return usage.ru_minflt;
}

/* A line of /proc/self/status, in bytes: "VmRSS:", "RssAnon:", ... */
static inline long status(const char *label) {
  char line[256];
  long kibibytes = -1;
  FILE *file = fopen("/proc/self/status", "r");
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, label, strlen(label)) == 0) {
      kibibytes = atol(line + strlen(label));
    }
  }
  fclose(file);
  CHECK(kibibytes >= 0);
  return kibibytes * 1024;
}

/* Whether length bytes all are the given one. */
static inline int all(const unsigned char *bytes, size_t length, int byte) {
  size_t index;
  for (index = 0; index < length; index++) {
    if (bytes[index] != byte) {
      return 0;
    }
  }
  return 1;
}

/* What a block has committed, in bytes. */
static inline size_t committed(const void *block) {
  struct tamalloc_usage usage;
  CHECK(tamalloc_usage(block, &usage) == 0);
  return usage.committed + usage.swapped;
}

/*
 * Whether the first read of a page commits it: with a fill other than zero, in
 * a kernel that has the system calls of tamalloc.
 */
static inline int reading_commits(int fill) {
  static const char suffix[] = "-tamalloc";
  struct utsname name;
  size_t length;
  CHECK(uname(&name) == 0);
  length = strlen(name.release);
  return (fill & 0xff) != 0 && length >= sizeof suffix - 1 &&
         strcmp(name.release + length - (sizeof suffix - 1), suffix) == 0;
}

#endif /* CHECK_H */
