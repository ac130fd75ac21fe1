#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Expected: realloc to about half of 1 GiB gives the rest back: nothing is gained by keeping half a GiB.
# Found: the C library and jemalloc do; tcmalloc and mimalloc 2.0 leave the block as it is, with all of
# its pages, until it would be less than half full, and malloc_usable_size still tells 1 GiB.

. "$(dirname "$0")/common"
debian libjemalloc2 5.3.0-1
debian libmimalloc2.0 2.0.9+ds-2
debian libtcmalloc-minimal4 2.10-1
program kept <<'END'
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
  char *block = memset(malloc(1 << 30), 1, 1 << 30);
  block = realloc(block, (1 << 30) / 100 * 51);
  printf("%ld %zu\n", resident(), malloc_usable_size(block) >> 20);
  return 0;
}
END
look() { # NAME FROM TO COMMAND...: both figures lie within the limits
  local found
  read -ra found <<<"$("${@:4}")"
  expect "MiB resident after 1 GiB became 522 MiB, $1" "$2" "$3" "${found[0]}"
  expect "… and usable" "$2" "$3" "${found[1]}"
}
look "the C library" 520 530 "$work/kept"
look jemalloc 520 660 under libjemalloc.so.2 "$work/kept"
look mimalloc 1020 1040 under libmimalloc.so.2 "$work/kept"
look tcmalloc 1020 1040 under libtcmalloc_minimal.so.4 "$work/kept"
