/* SPDX-License-Identifier: MIT */
/*
 * A thread knows of the block that it resized last how much of its tail is zero. The knowledge ends when another
 * thread frees the block, also where it comes back in a parcel with 62 others. No usable size is ever asked
 * for: the heap would stop to trust what it knows.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { WHOLE = 640, PART = 400, PARCEL = 63, BLOCKS = 4096 };

static char *blocks[PARCEL];

static void *frees_a_parcel(void *unused) {
  /* With a heap of its own it sends parcels. */
  void *volatile own = malloc(1);
  free(own);
  for (int index = 0; index < PARCEL; index++) free(blocks[index]);
  return unused;
}

int main(void) {
  static char *again[BLOCKS];
  char *known;
  pthread_t thread;
  int index, found = -1;
  for (index = 0; index < PARCEL; index++) {
    CHECK((blocks[index] = malloc(WHOLE)) != NULL);
    memset(blocks[index], 1, WHOLE);
  }
  known = blocks[7];
  CHECK(realloc(known, PART) == known);
  CHECK(pthread_create(&thread, NULL, frees_a_parcel, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  for (index = 0; index < BLOCKS && found < 0; index++) {
    CHECK((again[index] = malloc(WHOLE)) != NULL);
    memset(again[index], 2, WHOLE);
    if (again[index] == known) found = index;
  }
  CHECK(found >= 0);
  CHECK(realloc(known, PART) == known && realloc(known, WHOLE) == known);
  for (index = PART; index < WHOLE; index++) CHECK(known[index] == 0);
  for (index = 0; index <= found; index++) free(again[index]);
  return 0;
}
