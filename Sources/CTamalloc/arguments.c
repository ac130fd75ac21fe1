/* SPDX-License-Identifier: MIT */
/*
 * The program's arguments, as the C library hands them to constructors. Swift
 * reads its own from /proc/self/cmdline, and has none where /proc is not
 * mounted.
 */
#include "ctamalloc_statistics.h"

static int count;
static char **list;

__attribute__((constructor)) static void keep_arguments(int argc, char **argv) {
  count = argc;
  list = argv;
}

int ctamalloc_argument_count(void) { return count; }

const char *ctamalloc_argument(int index) {
  return index >= 0 && index < count ? list[index] : NULL;
}
