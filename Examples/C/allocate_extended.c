/* SPDX-License-Identifier: MIT */
/*
 * System call 557, tamalloc_extended: the same with options; here every byte is 0xA5.
 *
 *   cc -Wall -Wextra -Werror -I Kernel/linux/include/uapi Examples/C/allocate_extended.c -o allocate_extended
 */
#define _GNU_SOURCE
#include <linux/tamalloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "measured.h"

int main(void) {
  struct tamalloc_options options = {.size = 1 << 30, .alignment = 1 << 21, .fill = 0xA5};
  struct moment start = now();
  unsigned char *memory =
      (unsigned char *)syscall(TAMALLOC_SYSCALL_EXTENDED, &options, sizeof options);
  if (memory == MAP_FAILED) failed("tamalloc_extended (557)");
  gained("1 GiB of 0xA5 allocated", start, 0);
  if ((uintptr_t)memory % options.alignment != 0) {
    fprintf(stderr, "it does not begin at a multiple of 2 MiB\n");
    return 1;
  }

  start = now();
  memory[options.size / 2] = 1;
  gained("a byte written", start, 1);
  if (memory[options.size / 2 - 1] != 0xA5 || memory[options.size / 2 + 1] != 0xA5 ||
      memory[options.size - 1] != 0xA5) {
    fprintf(stderr, "another byte is not 0xA5\n");
    return 1;
  }
  return munmap(memory, options.size) != 0;
}
