/* SPDX-License-Identifier: MIT */
/* The library works before main begins and after it has ended. */
#include "check.h"

static unsigned char *early;

__attribute__((constructor(101))) static void before(void) {
  early = tamalloc(GIB);
  CHECK(early != NULL);
  early[5] = 5;
}

__attribute__((destructor(101))) static void after(void) {
  CHECK(early[5] == 6 && early[GIB - 1] == 0);
  tafree(early);
  early = tamalloc_fill(100, 3);
  CHECK(early != NULL && early[99] == 3);
  tafree(early);
}

int main(void) {
  CHECK(early[5] == 5);
  early[5] = 6;
  return 0;
}
