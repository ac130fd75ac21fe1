/* SPDX-License-Identifier: MIT */
/* Each way in which there can be no block, and what errno says of it. */
#include "check.h"

int main(void) {
  struct rlimit limit;
  void *block;
  CHECK_FAILS(tamalloc(0), NULL, EINVAL);
  CHECK_FAILS(tamalloc_fill(0, 1), NULL, EINVAL);
  CHECK_FAILS(tamalloc((size_t)-1), NULL, ENOMEM);
  CHECK_FAILS(tamalloc((size_t)-4096), NULL, ENOMEM);
  CHECK_FAILS(tamalloc((size_t)-1 / 2), NULL, ENOMEM);
  CHECK_FAILS(tamalloc((size_t)1 << 56), NULL, ENOMEM);
  CHECK_FAILS(tamalloc((size_t)1 << 48), NULL, ENOMEM);
  CHECK_FAILS(tamalloc_fill((size_t)-1, 1), NULL, ENOMEM);
  CHECK_FAILS(tamalloc_fill((size_t)1 << 47, 1), NULL, ENOMEM);
  CHECK_FAILS(tamalloc_aligned(GIB, (size_t)1 << 56), NULL, ENOMEM);

  /* No descriptor left for a fill, where it takes one. */
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 3;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (!reading_commits(1)) {
    CHECK_FAILS(tamalloc_fill(4096, 1), NULL, ENOMEM);
  }
  limit.rlim_cur = limit.rlim_max;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);

  /* No address space left. */
  CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
  limit.rlim_cur = GIB;
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  CHECK_FAILS(tamalloc(2 * GIB), NULL, ENOMEM);
  CHECK_FAILS(tamalloc_fill(2 * GIB, 1), NULL, ENOMEM);
  block = tamalloc(500 * MIB);
  CHECK(block != NULL);
  CHECK_FAILS(tamalloc(600 * MIB), NULL, ENOMEM);
  CHECK_FAILS(tarealloc(block, 1100 * MIB), NULL, ENOMEM);
  CHECK(committed(block) == 0);
  tafree(block);
  block = tamalloc(900 * MIB);
  CHECK(block != NULL);
  tafree(block);
  return 0;
}
