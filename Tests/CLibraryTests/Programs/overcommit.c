/* SPDX-License-Identifier: MIT */
/*
 * Under vm.overcommit_memory=2 the kernel counts what is reserved. Run as root
 * in a machine of its own: the setting is everybody's.
 */
#include "check.h"

static void set_mode(int mode) {
  FILE *file = fopen("/proc/sys/vm/overcommit_memory", "w");
  CHECK(file != NULL);
  CHECK(fprintf(file, "%d\n", mode) > 0);
  CHECK(fclose(file) == 0);
}

int main(void) {
  static const int fills[] = {0, 0x11};
  size_t index;
  for (index = 0; index < 2; index++) {
    unsigned char *small, *large, *grown;
    int number;
    set_mode(2);
    errno = 0;
    large = tamalloc_fill(64 * GIB, fills[index]);
    number = errno;
    small = tamalloc_fill(4 * MIB, fills[index]);
    if (small != NULL) {
      small[5] = 9;
    }
    grown = tarealloc(small, 64 * GIB);
    set_mode(0);
    CHECK(large == NULL && number == ENOMEM);
    CHECK(small != NULL && grown == NULL);
    CHECK(small[5] == 9 && small[6] == fills[index]);
    tafree(small);

    set_mode(1);
    large = tamalloc_fill(64 * GIB, fills[index]);
    set_mode(0);
    CHECK(large != NULL && large[GIB] == fills[index]);
    tafree(large);
  }
  return 0;
}
