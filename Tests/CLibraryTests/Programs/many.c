/* SPDX-License-Identifier: MIT */
/* Very many blocks: the table that knows them grows, and finds each. */
#include "check.h"

enum { COUNT = 50000 };

static unsigned char *blocks[COUNT];

int main(void) {
  size_t index, round;
  for (round = 0; round < 3; round++) {
    for (index = 0; index < COUNT; index++) {
      blocks[index] = tamalloc(1 + index % 3 * 4096);
      CHECK(blocks[index] != NULL);
    }
    /* Free every other one: the kernel splits what it merged, 25,000 mappings. */
    for (index = 0; index < COUNT; index += 2) {
      tafree(blocks[index]);
    }
    for (index = 1; index < COUNT; index += 2) {
      struct tamalloc_usage usage;
      if (index % 1001 == 0) {
        CHECK(tamalloc_usage(blocks[index], &usage) == 0);
        CHECK(usage.reserved == (index % 3 == 0 ? 16 : (index % 3 + 1) * 4096));
      }
      tafree(blocks[index]);
    }
  }
  return 0;
}
