#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Expected: freed pages go back dirty_decay_ms after they were freed, at the latest with the next calls.
# Found: nothing goes back while the program is idle, nor by 100,000 pairs of malloc and free that its
# thread's cache serves: time is looked at where an arena is asked. With background_thread:true, off
# by default, they go back in time.

. "$(dirname "$0")/common"
debian libjemalloc2 5.3.0-1
program idle <<'END'
#include <stdlib.h>
#include <unistd.h>
static char *blocks[65536];
int main(void) {
  int index;
  for (index = 0; index < 65536; index++) {
    blocks[index] = malloc(4096);
    blocks[index][0] = 1;
  }
  for (index = 0; index < 65536; index++) free(blocks[index]);
  sleep(4);
  printf("%ld ", resident());
  for (index = 0; index < 100000; index++) {
    void *volatile block = malloc(64);
    free(block);
  }
  printf("%ld\n", resident());
  return 0;
}
END
look() { # NAME FROM TO SETTINGS
  local found
  read -ra found <<<"$(MALLOC_CONF=$4 under libjemalloc.so.2 "$work/idle")"
  expect "MiB resident 4 s after 256 MiB were freed, $1" "$2" "$3" "${found[0]}"
  expect "… after 100,000 pairs of 64 B" "$2" "$3" "${found[1]}"
}
look "dirty_decay_ms:500" 240 300 dirty_decay_ms:500,muzzy_decay_ms:0
look "background_thread:true besides" 0 60 dirty_decay_ms:500,muzzy_decay_ms:0,background_thread:true
