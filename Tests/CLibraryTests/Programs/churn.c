/* SPDX-License-Identifier: MIT */
/* Ten thousand threads come and go, and leave blocks to others: what they had comes back. */
#include <pthread.h>

#include "check.h"

enum { THREADS = 10000, AT_ONCE = 8 };

static void *inherited[AT_ONCE];

static void *work(void *argument) {
  size_t number = (size_t)argument, round;
  for (round = 0; round < 20; round++) {
    unsigned char *block = malloc(round * 997 + 1);
    CHECK(block != NULL && all(block, round * 997 + 1, 0));
    memset(block, 1, round * 997 + 1);
    free(block);
  }
  free(inherited[number]); /* another thread's, which has ended */
  inherited[number] = malloc(1000 + number);
  memset(inherited[number], 2, 1000 + number);
  return NULL;
}

int main(void) {
  pthread_t threads[AT_ONCE];
  size_t round, index, all = (size_t)rounds(THREADS / AT_ONCE);
  long early = 0, late;
  for (round = 0; round < all; round++) {
    for (index = 0; index < AT_ONCE; index++) {
      CHECK(pthread_create(&threads[index], NULL, work, (void *)index) == 0);
    }
    for (index = 0; index < AT_ONCE; index++) {
      CHECK(pthread_join(threads[index], NULL) == 0);
    }
    if (round == 50) early = status("VmRSS:");
  }
  late = status("VmRSS:");
  CHECK(late - early < (long)(2 * MIB));
  return 0;
}
