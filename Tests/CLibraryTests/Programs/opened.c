/* SPDX-License-Identifier: MIT */
/*
 * opened LIBRARY: opened by dlopen the library does not stand in front of the C library, and sees neither
 * malloc nor forks. Its blocks are to be usable in a child whatever other threads were doing all the same.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, FORKS = 200 };

static void *(*allocate)(size_t);
static void (*release)(void *);
static int over;

static int use(void) {
  unsigned char *block = allocate(300000), *small = allocate(100);
  int right = block && small && block[0] == 0 && block[299999] == 0 && small[99] == 0;
  if (right) block[0] = 1;
  release(block);
  release(small);
  return right;
}

static void *work(void *wrong) {
  while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
    if (!use()) *(int *)wrong = 1;
  }
  return NULL;
}

int main(int count, char **arguments) {
  pthread_t threads[THREADS];
  int index, outcome, wrong = 0;
  void *library = count > 1 ? dlopen(arguments[1], RTLD_NOW) : NULL;
  if (!library) {
    fprintf(stderr, "opened: %s\n", count > 1 ? dlerror() : "no library");
    return 2;
  }
  /* ISO C has no cast from an object's address to a function's. */
  *(void **)&allocate = dlsym(library, "tamalloc");
  *(void **)&release = dlsym(library, "tafree");
  for (index = 0; index < THREADS; index++) pthread_create(&threads[index], NULL, work, &wrong);
  for (index = 0; index < FORKS && !wrong; index++) {
    pid_t process = fork();
    if (process == 0) {
      alarm(20);
      _exit(use() && use() ? 0 : 1);
    }
    waitpid(process, &outcome, 0);
    if (!WIFEXITED(outcome) || WEXITSTATUS(outcome) != 0) wrong = 2;
  }
  __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
  for (index = 0; index < THREADS; index++) pthread_join(threads[index], NULL);
  if (wrong) fprintf(stderr, "opened: wrong in the %s\n", wrong == 1 ? "parent" : "child");
  return wrong;
}
