/* SPDX-License-Identifier: MIT */
/* tamalloc + tafree of 1 GiB against bare mmap + munmap: prints both in ns, and their ratio. */
#include <sys/mman.h>
#include <time.h>

#include "check.h"

enum { PAIRS = 20, SERIES = 2001 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double bare(void) {
  double start = now();
  int pair;
  for (pair = 0; pair < PAIRS; pair++) {
    void *block = mmap(NULL, GIB, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(block != MAP_FAILED);
    CHECK(munmap(block, GIB) == 0);
  }
  return (now() - start) / PAIRS;
}

static double ours(void) {
  double start = now();
  int pair;
  for (pair = 0; pair < PAIRS; pair++) {
    void *block = tamalloc(GIB);
    CHECK(block != NULL);
    tafree(block);
  }
  return (now() - start) / PAIRS;
}

static int order(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return difference < 0 ? -1 : difference > 0;
}

/* Short series alternate, so that what else runs on the machine disturbs few of them, and both alike;
 * medians are compared. */
int main(void) {
  static double mmaps[SERIES], tamallocs[SERIES];
  int series;
  for (series = 0; series < SERIES; series++) {
    mmaps[series] = bare();
    tamallocs[series] = ours();
  }
  qsort(mmaps, SERIES, sizeof mmaps[0], order);
  qsort(tamallocs, SERIES, sizeof tamallocs[0], order);
  printf("mmap+munmap %.0f ns, tamalloc+tafree %.0f ns, ratio %.2f\n",
         mmaps[SERIES / 2], tamallocs[SERIES / 2],
         tamallocs[SERIES / 2] / mmaps[SERIES / 2]);
  return tamallocs[SERIES / 2] <= 1.3 * mmaps[SERIES / 2] ? 0 : 1;
}
