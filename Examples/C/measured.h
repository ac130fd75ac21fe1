/* SPDX-License-Identifier: MIT */
/*
 * What the examples prove with: what Linux says of this process.
 *
 * Exit statuses: 0 all is as it should be, 1 it is not, 77 this kernel does not have the call.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A figure of a file in /proc, in KiB; ends the program if it is not there. */
static inline long figure(const char *path, const char *name) {
  char line[256];
  long kib = -1;
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  while (kib < 0 && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, name, strlen(name)) == 0) kib = strtol(line + strlen(name), NULL, 10);
  fclose(file);
  if (kib < 0) {
    fprintf(stderr, "%s has no line %s\n", path, name);
    exit(1);
  }
  return kib;
}

/* What is resident, in KiB: exact, as Linux walks the page tables for it. */
static inline long resident(void) { return figure("/proc/self/smaps_rollup", "Rss:"); }

/* Page faults since the process began. */
static inline long faults(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

/* Resident memory and page faults at a moment, to tell what was gained since. */
struct moment {
  long resident, faults;
};

static inline struct moment now(void) {
  struct moment moment = {resident(), faults()};
  /* The first reading touches pages of its own. */
  moment.resident = resident();
  moment.faults = faults();
  return moment;
}

/* Says what was gained since, and ends the program unless that is `pages` of 4 KiB, or a few more. */
static inline void gained(const char *what, struct moment since, long pages) {
  long faulted = faults() - since.faults, grown = resident() - since.resident;
  printf("%s: %ld KiB resident, %ld page faults\n", what, grown, faulted);
  if (grown < 4 * pages || grown > 4 * pages + 64 || faulted < pages || faulted > pages + 16) {
    fprintf(stderr, "expected %ld pages of 4 KiB, and as many faults\n", pages);
    exit(1);
  }
}

/* Ends the program because a system call failed. */
static inline void failed(const char *call) {
  if (errno == ENOSYS) {
    printf("this kernel does not have %s\n", call);
    exit(77);
  }
  perror(call);
  exit(1);
}
