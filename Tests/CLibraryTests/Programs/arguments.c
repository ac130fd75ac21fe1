/* SPDX-License-Identifier: MIT */
/* No size, alignment or offset whatever does more harm than an error. */
#include <stdint.h>

#include "check.h"

static uint64_t state = 88172645463325252u;

/* Numbers of every magnitude, and those next to powers of two. */
static size_t any(void) {
  uint64_t number;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  number = state >> (state & 63);
  if (state >> 60 == 0) {
    number = ((uint64_t)1 << (state & 63)) + (state >> 8 & 3) - 1;
  }
  return number;
}

int main(void) {
  int round;
  long made = 0;
  char *kept = tamalloc(10000);
  CHECK(kept != NULL);
  kept[5000] = 1;
  for (round = 0; round < 20000; round++) {
    size_t first = any(), second = any(), third = any();
    void *block;
    errno = 0;
    switch (round % 8) {
      case 0:
        /* What a large fill shares is large too: these would take their time. */
        if (first > MIB && first < (size_t)1 << 50) {
          first %= MIB;
        }
        if (second > MIB && second < (size_t)1 << 50) {
          second %= MIB;
        }
        block = tamalloc_fill(first, round);
        CHECK((block == NULL) == (errno != 0));
        break;
      case 1:
      case 2:
        block = tamalloc_aligned(first, second);
        CHECK((block == NULL) == (errno != 0));
        break;
      default:
        block = tamalloc(first);
        CHECK((block == NULL) == (errno == EINVAL || errno == ENOMEM));
        CHECK((block == NULL) == (errno != 0));
    }
    if (block != NULL) {
      void *moved = tarealloc(block, second);
      made++;
      block = moved ? moved : block;
      errno = 0;
      CHECK((tadiscard(block, second, third) == 0) == (errno == 0));
      tafree(block);
    }
    errno = 0;
    if (second > 10000 || third > 10000) {
      CHECK_FAILS(tadiscard(kept, second, third), -1, EINVAL);
    }
    CHECK(kept[5000] == 1);
    if ((first & 4095) != 0 || first == 0) {
      struct tamalloc_usage usage;
      CHECK_FAILS(tamalloc_usage((void *)(uintptr_t)first, &usage), -1, EINVAL);
    }
  }
  CHECK(made > 1000);
  tafree(kept);
  return 0;
}
