/* SPDX-License-Identifier: MIT */
/* Every byte of a fresh block is its fill, and creation leaves memory and errno alone. */
#include "check.h"

static void block_reads_as(int fill, size_t size) {
  unsigned char *block = fill == 0 ? tamalloc(size) : tamalloc_fill(size, fill);
  CHECK(block != NULL);
  CHECK(all(block, size, fill & 0xff));
  /* A small block shares its pages with others. */
  CHECK((fill == 0 && size < 4096) ||
        committed(block) ==
        (reading_commits(fill) ? (size + 4095) / 4096 * 4096 : 0));
  memset(block, 0x5a, size);
  CHECK(all(block, size, 0x5a));
  tafree(block);
}

static void creation_commits_nothing(int fill, size_t size) {
  long resident = status("RssAnon:"), before = faults(), after;
  unsigned char *block = tamalloc_fill(size, fill);
  after = faults();
  CHECK(block != NULL);
  CHECK(after - before < 16);
  CHECK(status("RssAnon:") - resident < (long)(256 * KIB));
  CHECK(committed(block) == 0);
  CHECK(block[size - 1] == fill);
  CHECK(committed(block) == (reading_commits(fill) ? 4096 : 0));
  CHECK(tadiscard(block, 0, size) == 0);
  block[size / 2] = 1;
  CHECK(committed(block) == (size_t)sysconf(_SC_PAGESIZE));
  tafree(block);
}

int main(void) {
  static const size_t sizes[] = {1, 4095, 4096, 4097, 65536, 1000000, 8 * MIB};
  static const int fills[] = {0, 1, 0x7f, 0xff, -1, 0x1234};
  size_t size, fill;
  errno = 12345;
  for (size = 0; size < sizeof sizes / sizeof sizes[0]; size++) {
    for (fill = 0; fill < sizeof fills / sizeof fills[0]; fill++) {
      block_reads_as(fills[fill], sizes[size]);
    }
  }
  tafree(NULL);
  CHECK(errno == 12345);
  creation_commits_nothing(0, GIB);
  creation_commits_nothing(0, 64 * GIB);
  creation_commits_nothing(0xee, GIB);
  return 0;
}
