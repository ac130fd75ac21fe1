/* SPDX-License-Identifier: MIT */
/* tarealloc keeps contents, and what it adds reads as the block's fill. */
#include "check.h"

static void *make(size_t size, int fill) {
  return fill == 0 ? tamalloc(size) : tamalloc_fill(size, fill);
}

static void grows_and_shrinks(int fill) {
  unsigned char *block = make(10000, fill);
  CHECK(block != NULL);
  memset(block, 1, 10000);

  /* What was given up within the last page is the fill when it comes back. */
  block = tarealloc(block, 5000);
  block = tarealloc(block, 10000);
  CHECK(all(block, 5000, 1) && all(block + 5000, 5000, fill));
  memset(block, 2, 10000);
  block = tarealloc(block, 9000);
  block = tarealloc(block, 9001);
  CHECK(all(block, 9000, 2) && block[9000] == fill);

  /* A thousandfold, and back. */
  block = tarealloc(block, 10 * MIB);
  CHECK(block != NULL);
  CHECK(all(block, 9000, 2) && all(block + 9000, 10 * MIB - 9000, fill));
  memset(block, 3, 10 * MIB);
  block = tarealloc(block, 1);
  CHECK(block[0] == 3);
  block = tarealloc(block, 10 * MIB);
  CHECK(block[0] == 3 && all(block + 1, 10 * MIB - 1, fill));
  CHECK(committed(block) == (reading_commits(fill) ? 10 * MIB : 4 * KIB));
  tafree(block);
}

static void moves_without_copying(int fill) {
  size_t step, size = 64 * KIB;
  unsigned char *block = make(size, fill);
  block[0] = 9;
  for (step = 0; step < 12; step++, size *= 2) {
    /* Two neighbours leave no room to grow in place. */
    void *left = tamalloc(4096), *right = tamalloc(4096);
    unsigned char *grown = tarealloc(block, size * 2);
    CHECK(grown != NULL && left != NULL && right != NULL);
    if (grown != block) { /* the old address is nobody's now */
      struct tamalloc_usage usage;
      CHECK_FAILS(tamalloc_usage(block, &usage), -1, EINVAL);
    }
    block = grown;
    CHECK(block[0] == 9 && block[size] == fill && block[2 * size - 1] == fill);
    block[size] = 8;
    CHECK(committed(block) ==
          (step + 2 + (reading_commits(fill) ? step + 1 : 0)) * 4096);
    tafree(left);
    tafree(right);
  }
  tafree(block);
}

static void failure_leaves_all_as_it_was(int fill) {
  unsigned char *block = make(100000, fill);
  memset(block, 4, 100000);
  CHECK_FAILS(tarealloc(block, 0), NULL, EINVAL);
  CHECK_FAILS(tarealloc(block, (size_t)-1), NULL, ENOMEM);
  CHECK_FAILS(tarealloc(block, (size_t)-1 / 2), NULL, ENOMEM);
  CHECK_FAILS(tarealloc(block, (size_t)1 << 47), NULL, ENOMEM);
  CHECK(all(block, 100000, 4));
  tafree(block);
}

int main(void) {
  static const int fills[] = {0, 0xab};
  size_t index;
  void *block;
  for (index = 0; index < 2; index++) {
    errno = 0;
    grows_and_shrinks(fills[index]);
    moves_without_copying(fills[index]);
    failure_leaves_all_as_it_was(fills[index]);
  }
  errno = 77;
  block = tarealloc(NULL, 5000);
  CHECK(block != NULL && all(block, 5000, 0));
  tafree(block);
  CHECK(errno == 77);
  CHECK_FAILS(tarealloc(NULL, 0), NULL, EINVAL);
  return 0;
}
