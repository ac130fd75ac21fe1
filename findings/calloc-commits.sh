#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Expected: a first calloc of 1 GiB takes fresh pages of the kernel, which are zero, and writes nothing.
# Found: so do the C library and jemalloc; tcmalloc and mimalloc 2.0 clear it, and it is resident at once.

. "$(dirname "$0")/common"
debian libjemalloc2 5.3.0-1
debian libmimalloc2.0 2.0.9+ds-2
debian libtcmalloc-minimal4 2.10-1
program gained <<'END'
#include <stdlib.h>
int main(void) {
  long before = resident();
  void *volatile block = calloc(1, 1 << 30);
  printf("%ld\n", resident() - before);
  return block == 0;
}
END
expect "MiB resident after calloc, the C library" 0 4 "$("$work/gained")"
expect "… jemalloc" 0 8 "$(under libjemalloc.so.2 "$work/gained")"
expect "… mimalloc" 1020 1032 "$(under libmimalloc.so.2 "$work/gained")"
expect "… tcmalloc" 1020 1040 "$(under libtcmalloc_minimal.so.4 "$work/gained")"
