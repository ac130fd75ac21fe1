#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Expected: a program that callocs 256 MiB and touches none of them needs as little under Massif or DHAT, which
# only count calls, as without.
# Found: each tool of Valgrind that puts its own malloc in place clears what calloc returns, so that all of it
# is resident; the tool none, which does not, leaves it as it is. Sparse tables that are never full outgrow
# the machine only under Valgrind.

. "$(dirname "$0")/common"
debian valgrind 1:3.19.0-1
program gained <<'END'
#include <stdlib.h>
int main(void) {
  long before = resident();
  void *volatile block = calloc(1, 256 << 20);
  printf("%ld\n", resident() - before);
  return block == 0;
}
END
under_tool() { # TOOL OPTION...
  VALGRIND_LIB=$work/debian/usr/libexec/valgrind "$work/debian/usr/bin/valgrind.bin" -q --tool="$1" \
    "${@:2}" "$work/gained" 2>"$work/log" || cannot "Valgrind does not run here: $(tail -1 "$work/log")"
}
expect "MiB resident after calloc of 256 MiB, without Valgrind" 0 4 "$("$work/gained")"
expect "… none" 0 4 "$(under_tool none)"
expect "… massif" 252 264 "$(under_tool massif --massif-out-file="$work/massif")"
expect "… dhat" 252 264 "$(under_tool dhat --dhat-out-file="$work/dhat")"
expect "… memcheck" 252 270 "$(under_tool memcheck)"
