#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Expected: a malloc that succeeds leaves errno alone, as those of the C library, jemalloc and tcmalloc do.
# Found: the first one under mimalloc 2.0 sets ENOENT (2): it counts the machine's NUMA nodes by asking
# for the folder of one after the other, until there is none. POSIX allows it; a program that sets errno
# to 0, calls strdup, and then looks at errno does not.

. "$(dirname "$0")/common"
debian libjemalloc2 5.3.0-1
debian libmimalloc2.0 2.0.9+ds-2
debian libtcmalloc-minimal4 2.10-1
program number <<'END'
#include <errno.h>
#include <stdlib.h>
int main(void) {
  int index;
  void *volatile block;
  for (index = 0; index < 2; index++) {
    int found;
    errno = 0;
    block = malloc(10);
    found = errno;
    if (block) printf("%d", found);
  }
  puts("");
  return 0;
}
END
expect "errno after the first and the second malloc, the C library" 0 0 "$("$work/number")"
expect "… jemalloc" 0 0 "$(under libjemalloc.so.2 "$work/number")"
expect "… tcmalloc" 0 0 "$(under libtcmalloc_minimal.so.4 "$work/number")"
expect "… mimalloc" 20 20 "$(under libmimalloc.so.2 "$work/number")"
