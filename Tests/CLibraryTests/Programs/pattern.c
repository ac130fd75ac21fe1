/* SPDX-License-Identifier: MIT */
/* tamalloc_pattern: every byte is what a loop would have written, and nothing is committed. */
#include "check.h"

/* A second implementation: the byte that belongs at a position. */
static unsigned char expected(const unsigned char *pattern, size_t length,
                              size_t position) {
  return pattern[position % length];
}

static void reads_as(const unsigned char *pattern, size_t length, size_t size) {
  unsigned char *block = tamalloc_pattern(size, pattern, length);
  size_t step = size / 5000 | 1, index;
  CHECK(block != NULL);
  for (index = 0; index < size; index += step) {
    CHECK(block[index] == expected(pattern, length, index));
  }
  CHECK(block[size - 1] == expected(pattern, length, size - 1));
  CHECK(reading_commits(pattern[0]) || size < 4096 || committed(block) == 0);
  if (size < 4096) {
    tafree(block);
    return;
  }
  /* It grows and is discarded as what it was. */
  block[size / 2] ^= 1;
  block = tarealloc(block, size * 2);
  CHECK(block != NULL);
  CHECK(block[size / 2] == (expected(pattern, length, size / 2) ^ 1));
  CHECK(block[size * 2 - 1] == expected(pattern, length, size * 2 - 1));
  CHECK(tadiscard(block, 0, size * 2) == 0);
  CHECK(block[size / 2] == expected(pattern, length, size / 2));
  tafree(block);
}

int main(void) {
  static const size_t lengths[] = {1, 2, 3, 7, 8, 12, 16, 24, 100, 1000, 4095, 4096};
  static const size_t sizes[] = {1, 100, 4096, 5000, 100000, 3 * MIB + 5, 40 * MIB};
  unsigned char pattern[4096];
  size_t index, other;
  double one = 1, *ones;
  long before;
  errno = 77;
  for (index = 0; index < sizeof pattern; index++) {
    pattern[index] = (unsigned char)(index * 131 + index / 256 + 1);
  }
  for (index = 0; index < sizeof lengths / sizeof *lengths; index++) {
    for (other = 0; other < sizeof sizes / sizeof *sizes; other++) {
      reads_as(pattern, lengths[index], sizes[other]);
    }
  }
  /* Of equal bytes: a fill of one byte, or zero. */
  memset(pattern, 5, 64);
  reads_as(pattern, 64, MIB);
  memset(pattern, 0, 4096);
  reads_as(pattern, 4096, MIB);
  CHECK(errno == 77);

  before = status("VmRSS:");
  ones = tamalloc_pattern(1000000000 * sizeof one, &one, sizeof one);
  CHECK(ones != NULL);
  CHECK(ones[0] == 1 && ones[999999999] == 1);
  CHECK(status("VmRSS:") - before < (long)(2 * MIB));
  for (index = 0; index < 1000000; index += 100) {
    ones[index * 1000] = 2; /* 10,000 elements, 800,000 bytes apart */
  }
  CHECK(committed(ones) == 10000 * 4096);
  tafree(ones);

  CHECK_FAILS(tamalloc_pattern(100, pattern, 0), NULL, EINVAL);
  CHECK_FAILS(tamalloc_pattern(100, pattern, 4097), NULL, EINVAL);
  CHECK_FAILS(tamalloc_pattern(100, pattern, (size_t)-1), NULL, EINVAL);
  CHECK_FAILS(tamalloc_pattern(100, NULL, 8), NULL, EINVAL);
  CHECK_FAILS(tamalloc_pattern(0, &one, 8), NULL, EINVAL);
  CHECK_FAILS(tamalloc_pattern((size_t)-1, &one, 8), NULL, ENOMEM);
  CHECK_FAILS(tamalloc_pattern((size_t)1 << 55, &one, 8), NULL, ENOMEM);
  return 0;
}
