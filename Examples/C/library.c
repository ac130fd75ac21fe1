/* SPDX-License-Identifier: MIT */
/*
 * The C library: the same memory on any kernel, and what it committed.
 *
 *   cc -Wall -Wextra -Werror Examples/C/library.c -o library $(pkg-config --cflags --libs tamalloc)
 */
#define _GNU_SOURCE
#include <tamalloc.h>

#include "measured.h"

static void prove(const char *what, unsigned char *memory, size_t size, int byte) {
  struct tamalloc_usage usage;
  struct moment start = now();
  const size_t page = 4096;
  if (memory == NULL) failed(what);
  for (size_t index = 0; index < 100; index++) memory[index * (size / 100) / page * page] = 1;
  gained(what, start, 100);
  /* The last byte is read after it: with the system calls, reading commits a page that has a fill. */
  if (tamalloc_usage(memory, &usage) != 0 || usage.committed != 100 * page ||
      memory[size - 1] != byte) {
    fprintf(stderr, "%s: not as it should be\n", what);
    exit(1);
  }
  printf("%zu bytes reserved, %zu committed\n", usage.reserved, usage.committed);
  tafree(memory);
}

int main(void) {
  const size_t size = (size_t)1 << 30;
  /* The first call finds out what the kernel has. */
  tafree(tamalloc(size));
  struct moment start = now();
  unsigned char *zero = tamalloc(size);
  gained("1 GiB allocated", start, 0);
  prove("a byte written in each of 100 pages", zero, size, 0);

  unsigned char *filled = tamalloc_fill(size, 0xA5);
  prove("the same in 1 GiB of 0xA5", filled, size, 0xA5);
  return 0;
}
