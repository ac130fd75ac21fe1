/* SPDX-License-Identifier: MIT */
/* A child may use the library at once, whatever the other threads of its parent were doing. */
#include <pthread.h>
#include <sys/wait.h>

#include "check.h"

enum { THREADS = 6, FORKS = 300 };

static int over;

static void *churn(void *number) {
  unsigned char *blocks[40] = {0};
  size_t round = (size_t)number;
  while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
    unsigned char **place = &blocks[round++ * 7 % 40];
    if (*place == NULL) {
      *place = round % 5 == 0 ? tamalloc_fill(50000, 7) : tamalloc(50000);
    } else if (round % 3 == 0) {
      *place = tarealloc(*place, 1 + round % 200000);
    } else {
      tafree(*place);
      *place = NULL;
    }
  }
  for (round = 0; round < 40; round++) {
    tafree(blocks[round]);
  }
  return NULL;
}

static void child(unsigned char *shared) {
  int round;
  alarm(20); /* a child that waits for a lost thread would wait for ever */
  CHECK(shared[0] == 1 && shared[GIB / 2] == 0);
  shared[0] = 2;
  shared[GIB / 2] = 2;
  CHECK(committed(shared) == 2 * 4096);
  for (round = 0; round < 20; round++) {
    unsigned char *block = tamalloc(100000), *filled = tamalloc_fill(5000, 9);
    CHECK(block != NULL && filled != NULL);
    CHECK(all(block, 100000, 0) && all(filled, 5000, 9));
    block[0] = 1;
    block = tarealloc(block, 1000000);
    CHECK(block != NULL && block[0] == 1);
    tafree(block);
    tafree(filled);
  }
  shared = tarealloc(shared, 2 * GIB);
  CHECK(shared != NULL && shared[0] == 2 && shared[2 * GIB - 1] == 0);
  tafree(shared);
  _exit(0);
}

int main(void) {
  pthread_t threads[THREADS];
  size_t index;
  int round, outcome, all = (int)rounds(FORKS);
  unsigned char *shared = tamalloc(GIB);
  CHECK(shared != NULL);
  shared[0] = 1;
  for (index = 0; index < THREADS; index++) {
    CHECK(pthread_create(&threads[index], NULL, churn, (void *)index) == 0);
  }
  for (round = 0; round < all; round++) {
    pid_t process = fork();
    CHECK(process >= 0);
    if (process == 0) {
      child(shared);
    }
    CHECK(waitpid(process, &outcome, 0) == process);
    CHECK(WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0);
    CHECK(shared[0] == 1 && shared[GIB / 2] == 0); /* copies are private */
  }
  __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
  for (index = 0; index < THREADS; index++) {
    CHECK(pthread_join(threads[index], NULL) == 0);
  }
  tafree(shared);
  return 0;
}
