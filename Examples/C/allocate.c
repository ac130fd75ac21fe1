/* SPDX-License-Identifier: MIT */
/*
 * System call 554, tamalloc: memory that is zero, and committed page by page as it is written.
 *
 *   cc -Wall -Wextra -Werror -I Kernel/linux/include/uapi Examples/C/allocate.c -o allocate
 */
#define _GNU_SOURCE
#include <linux/tamalloc.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "measured.h"

int main(void) {
  const size_t size = (size_t)1 << 30, page = 4096, written = 100;
  struct moment start = now();
  unsigned char *memory = (unsigned char *)syscall(TAMALLOC_SYSCALL, size);
  if (memory == MAP_FAILED) failed("tamalloc (554)");
  gained("1 GiB allocated", start, 0);

  start = now();
  for (size_t index = 0; index < written; index++) memory[index * (size / written) / page * page] = 1;
  gained("a byte written in each of 100 pages", start, (long)written);

  if (memory[size - 1] != 0) {
    fprintf(stderr, "the last byte is not zero\n");
    return 1;
  }
  return munmap(memory, size) != 0;
}
