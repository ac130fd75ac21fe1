/* SPDX-License-Identifier: MIT */
/*
 * Asks the C library, or whichever malloc LD_PRELOAD puts in its place, for
 * memory, and prints what that costs before and after 1 % of it is touched.
 *
 *   allocate calloc|malloc+memset|mmap GIB FILL
 *
 * The output is one line, as report.h has it. Built together with CMeasure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmeasure.h"
#include "report.h"

int main(int count, char **arguments) {
  if (count != 4) {
    fputs("usage: allocate calloc|malloc+memset|mmap GIB FILL\n", stderr);
    return 2;
  }
  size_t size = (size_t)atol(arguments[2]) << 30;
  unsigned char fill = (unsigned char)atoi(arguments[3]);

  struct report report = report_begin(size, fill);
  void *memory;
  if (strcmp(arguments[1], "calloc") == 0) {
    memory = calloc(size, 1);
  } else if (strcmp(arguments[1], "mmap") == 0) {
    memory = cmeasure_map(size);
  } else {
    memory = malloc(size);
    if (memory) memset(memory, fill, size);
  }
  report_allocated(&report, memory);
  report_touched(&report, memory);
  return report_print(&report, memory);
}
