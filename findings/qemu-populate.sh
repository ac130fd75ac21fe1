#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Expected: madvise(MADV_POPULATE_WRITE) that returns 0 has committed the pages: programs call it so that they
# fail now instead of at a touch. A kernel that does not know it says EINVAL.
# Found: under qemu-x86_64 (user mode) it returns 0, and commits nothing: advice that QEMU does not know, it
# passes over, as advice may be; any number succeeds.

. "$(dirname "$0")/common"
debian qemu-user 1:7.2+dfsg-7+deb12u18+b3
program populate -static <<'END'
#include <sys/mman.h>
int main(void) {
  size_t size = 256 << 20;
  char *block = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  long before = resident();
  int status = madvise(block, size, 23);  /* MADV_POPULATE_WRITE, since Linux 5.14 */
  printf("%d %ld\n", status, resident() - before);
  return 0;
}
END
look() { # NAME FROM TO COMMAND...
  local found
  read -ra found <<<"$("${@:4}")"
  expect "madvise(MADV_POPULATE_WRITE) of 256 MiB returns, $1" 0 0 "${found[0]}"
  expect "… and MiB resident after it" "$2" "$3" "${found[1]}"
}
look "Linux" 252 260 "$work/populate"
look "QEMU" 0 4 "$work/debian/usr/bin/qemu-x86_64" "$work/populate"
