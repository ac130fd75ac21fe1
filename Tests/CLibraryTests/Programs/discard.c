/* SPDX-License-Identifier: MIT */
/* tadiscard gives pages back and leaves the bytes around them alone. */
#include "check.h"

static void discards(int fill) {
  size_t size = 10 * 4096 + 100;
  size_t read = reading_commits(fill) ? 4 * 4096 : 0; /* pages 2 to 5, again */
  unsigned char *block = fill == 0 ? tamalloc(size) : tamalloc_fill(size, fill);
  CHECK(block != NULL);
  memset(block, 1, size);
  CHECK(committed(block) == 11 * 4096);

  CHECK(tadiscard(block, 5000, 20000) == 0); /* pages 2 to 5, and two edges */
  CHECK(committed(block) == 7 * 4096);
  CHECK(all(block, 5000, 1) && all(block + 5000, 20000, fill));
  CHECK(all(block + 25000, size - 25000, 1));
  CHECK(committed(block) == 7 * 4096 + read);

  CHECK(tadiscard(block, size - 50, 50) == 0); /* an edge at the end */
  CHECK(block[size - 51] == 1 && all(block + size - 50, 50, fill));
  CHECK(tadiscard(block, 10 * 4096, 100) == 0); /* all there is of the last page */
  CHECK(committed(block) == 6 * 4096 + read);

  CHECK(tadiscard(block, 0, size) == 0);
  CHECK(committed(block) == 0);
  CHECK(all(block, size, fill));

  CHECK(tadiscard(block, size, 0) == 0);
  CHECK_FAILS(tadiscard(block, size, 1), -1, EINVAL);
  CHECK_FAILS(tadiscard(block, 1, size), -1, EINVAL);
  CHECK_FAILS(tadiscard(block, (size_t)-1, 2), -1, EINVAL);
  CHECK_FAILS(tadiscard(block, 2, (size_t)-1), -1, EINVAL);
  CHECK_FAILS(tadiscard(block, (size_t)-1 / 2, (size_t)-1 / 2), -1, EINVAL);
  CHECK_FAILS(tadiscard(block + 4096, 0, 1), -1, EINVAL);
  CHECK_FAILS(tadiscard(NULL, 0, 1), -1, EINVAL);
  tafree(block);
}

int main(void) {
  discards(0);
  discards(0xc3);
  return 0;
}
