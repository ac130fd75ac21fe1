/* SPDX-License-Identifier: MIT */
/*
 * tareset: whatever was written, all bytes read as the fill again; what may stay committed stays, and
 * writing it again meets no page fault; what is behind the limit or in swap is given back.
 */
#include <sys/mman.h>

#include "check.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

enum { PAGE = 4096, PAGES = 1000 };

static unsigned char pattern[1000];

static unsigned char expected(size_t length, size_t position) {
  return length == 0 ? 0 : pattern[position % length];
}

static unsigned char *make(size_t length) {
  unsigned char *block = length == 0
                             ? tamalloc((size_t)PAGES * PAGE)
                             : tamalloc_pattern((size_t)PAGES * PAGE, pattern, length);
  CHECK(block != NULL);
  return block;
}

static void reads_as_fill(const unsigned char *block, size_t length) {
  size_t index;
  for (index = 0; index < (size_t)PAGES * PAGE; index++) {
    CHECK(block[index] == expected(length, index));
  }
}

/* One page in step is written, in one place; returns how many. */
static size_t dirty(unsigned char *block, size_t step) {
  size_t index, count = 0;
  for (index = 0; index < PAGES; index += step, count++) {
    block[index * PAGE + index % PAGE] ^= 0xff;
  }
  return count;
}

static void resets(size_t length, size_t step) {
  unsigned char *block = make(length);
  size_t count = dirty(block, step), kept = count / 2;
  long before;
  /* All may stay: then writing again meets no fault. */
  CHECK(tareset(block, (size_t)-1) == 0);
  CHECK(committed(block) == count * PAGE);
  before = faults();
  dirty(block, step);
  CHECK(faults() - before <= 2);
  /* Half may stay, and that is the first half. */
  CHECK(tareset(block, kept * PAGE + 100) == 0);
  CHECK(committed(block) == kept * PAGE);
  reads_as_fill(block, length);
  CHECK(committed(block) == kept * PAGE || reading_commits(expected(length, 0)));
  /* None may. */
  dirty(block, step);
  CHECK(tareset(block, 0) == 0);
  CHECK(committed(block) == 0);
  reads_as_fill(block, length);
  tafree(block);
}

/* A page in swap holds its old bytes, and is not present. Without swap it stays where it is. */
static void resets_swapped(size_t length) {
  unsigned char *block = make(length);
  tamalloc_usage_t usage;
  size_t count = dirty(block, 3);
  (void)madvise(block, (size_t)PAGES / 2 * PAGE, MADV_PAGEOUT);
  CHECK(tausage(block, &usage) == 0);
  CHECK(usage.committed + usage.swapped == count * PAGE);
  printf("%zu bytes in swap\n", usage.swapped);
  CHECK(tareset(block, (size_t)-1) == 0);
  CHECK(committed(block) == count * PAGE - usage.swapped);
  reads_as_fill(block, length);
  tafree(block);
}

/* A guard page is no page in swap, and nobody may write it. */
static void leaves_guards_alone(void) {
  unsigned char *block = make(0);
  tamalloc_usage_t usage;
  dirty(block, 1);
  if (madvise(block + 7 * PAGE, PAGE, 102 /* MADV_GUARD_INSTALL, Linux 6.13 */) == 0) {
    CHECK(tareset(block, (size_t)-1) == 0);
    CHECK(tausage(block, &usage) == 0);
    CHECK(usage.committed == (size_t)(PAGES - 1) * PAGE && usage.swapped == 0);
    CHECK(madvise(block + 7 * PAGE, PAGE, 103 /* MADV_GUARD_REMOVE */) == 0);
    reads_as_fill(block, 0);
  }
  tafree(block);
}

static void resets_many(void) {
  unsigned char *blocks[5];
  int index;
  for (index = 0; index < 5; index++) {
    blocks[index] = make(index == 2 ? 8 : 0);
    dirty(blocks[index], 10);
  }
  CHECK(tareset_all((void *const *)blocks, 5, 10 * PAGE) == 5);
  for (index = 0; index < 5; index++) {
    CHECK(committed(blocks[index]) == 10 * PAGE);
    reads_as_fill(blocks[index], index == 2 ? 8 : 0);
  }
  dirty(blocks[3], 1);
  tafree(blocks[2]);
  CHECK_FAILS(tareset_all((void *const *)blocks, 5, 0), 2, EINVAL);
  CHECK(committed(blocks[1]) == 0 && committed(blocks[3]) == (size_t)PAGES * PAGE);
  CHECK_FAILS(tareset_all(NULL, 1, 0), 0, EINVAL);
  CHECK(tareset_all(NULL, 0, 0) == 0);
}

int main(void) {
  static const size_t lengths[] = {0, 1, 8, 1000};
  static const size_t steps[] = {1, 2, 9, 100};
  size_t index, other;
  unsigned char *small;
  int local = 0;
  for (index = 0; index < sizeof pattern; index++) {
    pattern[index] = (unsigned char)(index * 131 + 1);
  }
  errno = 77;
  for (index = 0; index < 4; index++) {
    for (other = 0; other < 4; other++) {
      resets(lengths[index], steps[other]);
    }
    resets_swapped(lengths[index]);
  }
  leaves_guards_alone();
  small = tamalloc(100);
  memset(small, 1, 100);
  CHECK(tareset(small, 0) == 0 && all(small, 100, 0));
  tafree(small);
  resets_many();
  CHECK_FAILS(tareset(NULL, 0), -1, EINVAL);
  CHECK_FAILS(tareset(&local, 0), -1, EINVAL);
  return 0;
}
