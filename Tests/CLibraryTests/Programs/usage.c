/* SPDX-License-Identifier: MIT */
/* tamalloc_usage agrees with /proc/self/smaps, to the page. */
#include "check.h"

/* Anonymous memory in the mappings that overlap a block: its own, and its neighbours' in a mapping
 * that the kernel has made of both. */
static size_t anonymous(const void *block, size_t size) {
  char line[512];
  int inside = 0;
  size_t sum = 0;
  unsigned long start = (unsigned long)block, end = start + size, first, last;
  FILE *file = fopen("/proc/self/smaps", "r");
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "%lx-%lx ", &first, &last) == 2) {
      inside = first < end && last > start;
    } else if (inside && strncmp(line, "Anonymous:", 10) == 0) {
      sum += (size_t)atol(line + 10) * 1024;
    }
  }
  fclose(file);
  return sum;
}

static void agrees(int fill) {
  size_t size = 64 * MIB, before, offset;
  unsigned char *block = fill == 0 ? tamalloc(size) : tamalloc_fill(size, fill);
  struct tamalloc_usage usage;
  CHECK(block != NULL);
  before = anonymous(block, size);
  for (offset = 0; offset < size; offset += 13 * 4096) {
    block[offset] = 1; /* written: committed */
  }
  for (offset = 4096; offset < size && !reading_commits(fill);
       offset += 7 * 4096) {
    CHECK(block[offset] == 1 || block[offset] == fill); /* read: not */
  }
  CHECK(tamalloc_usage(block, &usage) == 0);
  CHECK(usage.reserved == size);
  CHECK(usage.committed == (size / 4096 + 12) / 13 * 4096);
  CHECK(usage.swapped == 0);
  CHECK(anonymous(block, size) - before == usage.committed);
  tafree(block);
}

int main(void) {
  struct tamalloc_usage usage;
  int local = 0;
  void *block = tamalloc(1);
  CHECK(tamalloc_usage(block, &usage) == 0);
  /* A small block: sixteen bytes of a page that it shares. */
  CHECK(usage.reserved == 16 && usage.swapped == 0);
  CHECK(usage.committed == 0 || usage.committed == 16);
  *(char *)block = 1;
  CHECK(tamalloc_usage(block, &usage) == 0);
  CHECK(usage.reserved == 16 && usage.committed == 16);
  CHECK_FAILS(tamalloc_usage(block, NULL), -1, EINVAL);
  CHECK_FAILS(tamalloc_usage(NULL, &usage), -1, EINVAL);
  CHECK_FAILS(tamalloc_usage(&local, &usage), -1, EINVAL);
  CHECK_FAILS(tamalloc_usage((char *)block + 1, &usage), -1, EINVAL);
  tafree(block);
  block = tamalloc(5000);
  tafree(block);
  CHECK_FAILS(tamalloc_usage(block, &usage), -1, EINVAL);
  agrees(0);
  agrees(0x11);
  return 0;
}
