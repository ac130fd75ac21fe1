/* SPDX-License-Identifier: MIT */
/*
 * Other handlers of forks may allocate, and may wait for whoever allocates: the library's must be the
 * last that runs before a fork, however the program forks. Else this waits until the alarm ends it.
 */
#include <pthread.h>
#include <pty.h>
#include <sys/wait.h>

#include "check.h"

enum { THREADS = 3, FORKS = 200 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int over, prepared, passed;

static void allocate(void) {
  unsigned char *small = malloc(100), *large = malloc(300000);
  CHECK(small != NULL && large != NULL);
  CHECK(small[99] == 0 && large[0] == 0 && large[299999] == 0);
  large[0] = 1;
  free(small);
  free(large);
}

static void prepare(void) {
  CHECK(pthread_mutex_lock(&lock) == 0);
  allocate();
  prepared++;
}

static void pass(void) {
  allocate();
  passed++;
  CHECK(pthread_mutex_unlock(&lock) == 0);
}

static void *work(void *number) {
  while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
    if (number == NULL) CHECK(pthread_mutex_lock(&lock) == 0);
    allocate();
    if (number == NULL) CHECK(pthread_mutex_unlock(&lock) == 0);
  }
  return NULL;
}

static void expect_child(pid_t process) {
  int outcome, round;
  CHECK(process >= 0);
  if (process == 0) {
    alarm(20);
    for (round = 0; round < 20; round++) allocate();
    _exit(7);
  }
  CHECK(waitpid(process, &outcome, 0) == process);
  CHECK(WIFEXITED(outcome) && WEXITSTATUS(outcome) == 7);
}

int main(void) {
  pthread_t threads[THREADS];
  size_t index;
  int round, terminal, all = (int)rounds(FORKS);
  alarm(60);
  /* Before the first block: here the library's own may not be registered yet. */
  CHECK(pthread_atfork(prepare, pass, pass) == 0);
  for (index = 0; index < THREADS; index++) {
    CHECK(pthread_create(&threads[index], NULL, work, (void *)index) == 0);
  }
  for (round = 0; round < all; round++) {
    expect_child(fork());
    if (round % 10 == 0) {
      expect_child(forkpty(&terminal, NULL, NULL, NULL));
      CHECK(close(terminal) == 0);
    }
  }
  CHECK(prepared == all + (all + 9) / 10 && passed == prepared);
  /* Its own process, for daemon ends who calls it. */
  pid_t process = fork();
  if (process == 0) {
    int outcome;
    pid_t parent = fork();
    if (parent == 0) {
      if (daemon(1, 1) != 0) _exit(1);
      allocate();
      _exit(0);
    }
    CHECK(waitpid(parent, &outcome, 0) == parent);
    _exit(WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0 ? 7 : 1);
  }
  expect_child(process);
  __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
  for (index = 0; index < THREADS; index++) {
    CHECK(pthread_join(threads[index], NULL) == 0);
  }
  return 0;
}
