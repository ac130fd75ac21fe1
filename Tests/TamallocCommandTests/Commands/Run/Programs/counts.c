/* SPDX-License-Identifier: MIT */
/*
 * Takes memory in every way there is, on several threads, so often that nobody
 * can mistake the counts: sizes of its own tell these calls from all others.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { threads = 4, rounds = 5000 };

/* What is freed here was taken by another thread: a free must be recorded
   before the address can be handed out again. */
static void *volatile mailbox[threads];

static void *work(void *argument) {
  long number = (long)argument;
  for (int i = 0; i < rounds; i++) {
    void *block = malloc(1000 + number);
    block = __atomic_exchange_n(&mailbox[(i + number) % threads], block,
                                __ATOMIC_ACQ_REL);
    free(block);
  }
  return NULL;
}

/* Goes on until it asks whether it is to end: malloc is no point of cancellation. The recording is
   lengthened meanwhile, more than once. */
static int reached;
static void *work_cancelled(void *argument) {
  pthread_cancel(pthread_self());
  for (int i = 0; i < 20 * rounds; i++) free(malloc(778));
  reached = 1;
  pthread_testcancel();
  return argument;
}

int main(int count, char **arguments) {
  const char *what = count > 1 ? arguments[1] : "";
  errno = 77;
  void *block = malloc(12345);
  if (block == NULL || errno != 77) return 2;
  free(block);
  if (errno != 77) return 3;

  if (strcmp(what, "kinds") == 0) {
    void *aligned;
    block = calloc(3, 11111);
    block = realloc(block, 22222);
    block = reallocarray(block, 2, 33333);
    free(block);
    if (posix_memalign(&aligned, 4096, 44441) != 0) return 4;
    free(aligned);
    free(aligned_alloc(64, 44480));
    free(memalign(128, 44443));
    free(valloc(44444));
    free(pvalloc(44445));
    free(malloc(0));
    block = realloc(NULL, 55555);
    volatile size_t much = (size_t)-1;
    if (realloc(block, much / 2) != NULL) return 5;
    if (reallocarray(block, much, 16) != NULL || errno != ENOMEM) return 6;
    free(block);
  } else if (strcmp(what, "threads") == 0) {
    pthread_t ids[threads];
    for (long i = 0; i < threads; i++)
      pthread_create(&ids[i], NULL, work, (void *)i);
    for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
    for (int i = 0; i < threads; i++) free(mailbox[i]);
  } else if (strcmp(what, "cancelled") == 0) {
    pthread_t id;
    alarm(20); /* nobody lets go of a lock that a thread had when it was cancelled */
    pthread_create(&id, NULL, work_cancelled, NULL);
    pthread_join(id, NULL);
    return reached ? 0 : 9;
  } else if (strcmp(what, "killed") == 0) {
    for (int i = 0;; i++) {
      block = malloc(777);
      free(block);
      if (i == 100000) raise(SIGKILL);
    }
  } else if (strcmp(what, "_exit") == 0) {
    block = malloc(66666);
    _exit(7);
  } else if (strcmp(what, "fork") == 0) {
    block = malloc(77777);
    pid_t child = fork();
    if (child == 0) {
      free(block);
      free(malloc(88888));
      _exit(0);
    }
    waitpid(child, NULL, 0);
    free(block);
  } else if (strcmp(what, "exec") == 0) {
    execl("/proc/self/exe", "counts", "kinds", (char *)NULL);
    return 8;
  } else if (strcmp(what, "wait") == 0) {
    puts("ready");
    fflush(stdout);
    pause();
  }
  return 0;
}
