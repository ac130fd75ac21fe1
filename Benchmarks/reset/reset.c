/* SPDX-License-Identifier: MIT */
/*
 * What it costs to bring a region back to its fill, and to write the same pages again, over and over:
 * tareset beside what programs do today.
 *
 *     discard     madvise(MADV_DONTNEED): pages go, and are faulted in again
 *     memset      all bytes are written
 *     wasmtime    the rule of Wasmtime's pooling allocator, written anew: one PAGEMAP_SCAN with room
 *                 for 32 regions; what it finds is cleared, what lies behind it is discarded
 *     tareset     ours
 *
 * With a fill other than zero nobody else offers anything but writing all bytes.
 *
 * Usage: reset [--json] [cycles]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <tamalloc.h>

enum { PAGE = 4096 };
static const size_t size = (size_t)64 << 20;

struct region {
  uint64_t start, end, categories;
};
struct scan {
  uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
  uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void reset_by_discard(unsigned char *memory) { madvise(memory, size, MADV_DONTNEED); }

static void reset_by_memset(unsigned char *memory) { memset(memory, 0, size); }

static void reset_by_filling(unsigned char *memory) {
  double *values = (double *)memory;
  for (size_t index = 0; index < size / sizeof *values; index++) values[index] = 1;
}

static int pagemap;

static void reset_by_wasmtime(unsigned char *memory) {
  struct region regions[32];
  struct scan scan = {.size = sizeof scan,
                      .start = (uint64_t)(uintptr_t)memory,
                      .end = (uint64_t)(uintptr_t)memory + size,
                      .regions = (uint64_t)(uintptr_t)regions,
                      .region_count = 32,
                      .category_inverted = 1 << 5,        /* not the zero page */
                      .category_mask = 1 << 5 | 1 << 3,   /* and present */
                      .return_mask = 1 << 3};
  long count = ioctl(pagemap, _IOWR('f', 16, struct scan), &scan);
  if (count < 0) {
    reset_by_discard(memory);
    return;
  }
  for (long index = 0; index < count; index++) {
    memset((void *)(uintptr_t)regions[index].start, 0, regions[index].end - regions[index].start);
  }
  if (scan.walk_end < scan.end) {
    madvise((void *)(uintptr_t)scan.walk_end, scan.end - scan.walk_end, MADV_DONTNEED);
  }
}

static void reset_by_tareset(unsigned char *memory) {
  if (tareset(memory, size) != 0) {
    perror("tareset");
    exit(1);
  }
}

static int compare(const void *a, const void *b) {
  double first = *(const double *)a, second = *(const double *)b;
  return (first > second) - (first < second);
}

/* The processor time of one cycle, in microseconds. */
static double measure(void (*reset)(unsigned char *), unsigned char *memory, const uint32_t *pages,
                      size_t count) {
  double begin = now();
  reset(memory);
  for (size_t index = 0; index < count; index++) {
    *(volatile uint64_t *)(memory + (size_t)pages[index] * PAGE) = 7;
  }
  return (now() - begin) * 1e6;
}

int main(int count, char **arguments) {
  const int json = count > 1 && strcmp(arguments[1], "--json") == 0;
  const int cycles = count > 1 + json ? atoi(arguments[1 + json]) : 1000;
  static const int percents[] = {1, 10, 100};
  static const struct {
    const char *name;
    int fill;
    void (*reset)(unsigned char *);
  } ways[] = {{"discard", 0, reset_by_discard},   {"memset", 0, reset_by_memset},
              {"wasmtime", 0, reset_by_wasmtime}, {"tareset", 0, reset_by_tareset},
              {"filling", 1, reset_by_filling},   {"tareset of a fill", 1, reset_by_tareset}};
  pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (!json) printf("64 MiB, microseconds of processor time for reset and writing again, median\n%-20s", "dirty");
  if (!json) for (size_t way = 0; way < 6; way++) printf("%18s", ways[way].name);
  for (int row = 0; row < 3; row++) {
    size_t total = size / PAGE, dirty = total * (size_t)percents[row] / 100;
    uint32_t *pages = malloc(total * sizeof *pages);
    for (size_t index = 0; index < total; index++) pages[index] = (uint32_t)index;
    srand(1);
    for (size_t index = 0; index < total - 1 && percents[row] < 100; index++) {
      size_t other = index + (size_t)rand() % (total - index);
      uint32_t page = pages[index];
      pages[index] = pages[other];
      pages[other] = page;
    }
    if (json) {
      printf("%s{\"dirtyPercent\": %d", row == 0 ? "[" : ",\n ", percents[row]);
    } else {
      printf("\n%3d %%%15s", percents[row], "");
    }
    unsigned char *memories[6];
    double *times[6];
    for (size_t way = 0; way < 6; way++) {
      const double one = 1;
      memories[way] = ways[way].fill ? tamalloc_pattern(size, &one, sizeof one) : tamalloc(size);
      times[way] = malloc((size_t)cycles * sizeof *times[way]);
      if (memories[way] == NULL || times[way] == NULL) return 1;
    }
    /* In turns: what else the machine does meets all of them. */
    for (int cycle = -3; cycle < cycles; cycle++) {
      for (size_t way = 0; way < 6; way++) {
        double time = measure(ways[way].reset, memories[way], pages, dirty);
        if (cycle >= 0) times[way][cycle] = time;
      }
    }
    for (size_t way = 0; way < 6; way++) {
      qsort(times[way], (size_t)cycles, sizeof *times[way], compare);
      if (json) {
        printf(", \"%s\": %.1f", ways[way].name, times[way][cycles / 2]);
      } else {
        printf("%18.1f", times[way][cycles / 2]);
      }
      free(times[way]);
      tafree(memories[way]);
    }
    if (json) printf("}");
    free(pages);
  }
  printf(json ? "]\n" : "\n");
  return 0;
}
