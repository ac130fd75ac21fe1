/* SPDX-License-Identifier: MIT */
/* Blocks begin where they were asked to, also after they have moved. */
#include <stdint.h>

#include "check.h"

int main(void) {
  size_t alignment;
  for (alignment = 1; alignment <= GIB; alignment *= 2) {
    unsigned char *block = tamalloc_aligned(alignment, 100000), *behind;
    CHECK(block != NULL);
    CHECK((uintptr_t)block % alignment == 0);
    CHECK(all(block, 100000, 0));
    block[99999] = 7;
    /* Something may stand behind it: then it has to move. */
    behind = tamalloc(100000);
    block = tarealloc(block, 3 * MIB);
    CHECK(block != NULL && behind != NULL);
    CHECK((uintptr_t)block % alignment == 0);
    CHECK(block[99999] == 7 && all(block + 100000, 3 * MIB - 100000, 0));
    tafree(block);
    tafree(behind);
  }
  CHECK_FAILS(tamalloc_aligned(0, 1), NULL, EINVAL);
  CHECK_FAILS(tamalloc_aligned(3, 1), NULL, EINVAL);
  CHECK_FAILS(tamalloc_aligned(2 * GIB, 1), NULL, EINVAL);
  CHECK_FAILS(tamalloc_aligned((size_t)1 << 63, 1), NULL, EINVAL);
  CHECK_FAILS(tamalloc_aligned(64, 0), NULL, EINVAL);
  return 0;
}
