/* SPDX-License-Identifier: MIT */
/*
 * returned tick|trim|packed|child|reuse|race
 *
 * Blocks that other threads freed while the thread that made them sleeps. Their memory goes back:
 *
 *   tick     by itself, after some ticks
 *   trim     by another thread's malloc_trim
 *   packed   small ones, freed in any order
 *   child    in a fork's child, whose parent's other threads had made them
 *   reuse    and their owner, when it wakes, finds zeroed blocks, again and again
 *   race     the owner opens what it was sent while another thread's malloc_trim does
 *
 * It is linked with nothing of the library's and runs with it in LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                  \
  ((condition) ? (void)0                                                  \
               : (printf("%s:%d: %s\n", __FILE__, __LINE__, #condition), \
                  fflush(stdout), _exit(1)))

enum { MIB = 1 << 20 };

static pthread_barrier_t turn;
static unsigned char **blocks;
static size_t size, count;

/* What is resident of the heap, in MiB. */
static long resident(void) {
  char line[200] = "";
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file && fgets(line, sizeof line, file) && sscanf(line, "%*d %ld", &pages) == 1);
  fclose(file);
  return pages * sysconf(_SC_PAGESIZE) / MIB;
}

static void make(void) {
  for (size_t i = 0; i < count; i++) {
    blocks[i] = malloc(size);
    for (size_t byte = 0; byte < size; byte++) CHECK(blocks[i][byte] == 0);
    memset(blocks[i], 0xa5, size);
  }
}

static void shuffle(void) {
  uint32_t number = 1;
  for (size_t i = count - 1; i > 0; i--) {
    unsigned char *other;
    size_t place;
    number = number * 1664525u + 1013904223u;
    place = (number >> 4) % (i + 1);
    other = blocks[place];
    blocks[place] = blocks[i];
    blocks[i] = other;
  }
}

static void release(void) {
  for (size_t i = 0; i < count; i++) free(blocks[i]);
}

static void set(size_t bytes, size_t megabytes) {
  size = bytes;
  count = megabytes * MIB / bytes;
  blocks = realloc(blocks, count * sizeof *blocks);
  CHECK(blocks != NULL);
}

/* Waits, but for no particular time, until less than `limit` MiB are resident. */
static void expect_below(long limit) {
  for (int look = 0; look < 1000 && resident() >= limit; look++) usleep(10000);
  CHECK(resident() < limit);
}

static void *sleeps(void *rounds) {
  for (long i = 0; i < (long)rounds; i++) {
    make();
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
  }
  return NULL;
}

static pthread_t owner(long rounds) {
  pthread_t thread;
  pthread_barrier_init(&turn, NULL, 2);
  CHECK(pthread_create(&thread, NULL, sleeps, (void *)rounds) == 0);
  return thread;
}

static void alone(int is_shuffled, int trims) {
  pthread_t thread = owner(1);
  pthread_barrier_wait(&turn);
  CHECK(resident() >= 200);
  if (is_shuffled) shuffle();
  release();
  if (trims) {
    malloc_trim(0);
    CHECK(resident() < 40);
  } else {
    expect_below(40);
  }
  pthread_barrier_wait(&turn);
  pthread_join(thread, NULL);
}

static void child(void) {
  pthread_t thread = owner(1);
  int status = 1;
  pid_t process;
  pthread_barrier_wait(&turn);
  process = fork();
  if (process == 0) {
    release();
    malloc_trim(0);
    CHECK(resident() < 40);
    set(100, 20);
    make();
    release();
    _exit(0);
  }
  CHECK(process > 0 && waitpid(process, &status, 0) == process && status == 0);
  for (size_t i = 0; i < count; i++) {
    for (size_t byte = 0; byte < size; byte++) CHECK(blocks[i][byte] == 0xa5);
  }
  release();
  expect_below(40);
  pthread_barrier_wait(&turn);
  pthread_join(thread, NULL);
}

static void reuse(void) {
  enum { ROUNDS = 12 };
  static const size_t sizes[] = {16, 100, 1000, 5000, 20000, 65536};
  pthread_t thread;
  set(sizes[0], 40);
  thread = owner(ROUNDS);
  for (int round = 0; round < ROUNDS; round++) {
    pthread_barrier_wait(&turn);
    shuffle();
    release();
    if (round % 3 == 0) {
      expect_below(40);
    } else if (round % 3 == 1) {
      malloc_trim(0);
    }
    set(sizes[(round + 1) % 6], 40);
    pthread_barrier_wait(&turn);
  }
  pthread_join(thread, NULL);
}

static volatile int ends;

static void *trims(void *unused) {
  while (!ends) malloc_trim(0);
  return unused;
}

static void *frees(void *unused) {
  release();
  pthread_barrier_wait(&turn);
  return unused;
}

static void race(void) {
  pthread_t trimmer, thread;
  set(64, 1);
  CHECK(pthread_create(&trimmer, NULL, trims, NULL) == 0);
  pthread_barrier_init(&turn, NULL, 2);
  for (int round = 0; round < 300; round++) {
    make();
    CHECK(pthread_create(&thread, NULL, frees, NULL) == 0);
    /* Meanwhile, so that parcels are opened as they come. */
    for (int i = 0; i < 20000; i++) free(malloc(64 + i % 64));
    pthread_barrier_wait(&turn);
    pthread_join(thread, NULL);
  }
  ends = 1;
  pthread_join(trimmer, NULL);
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "";
  set(4000, 256);
  if (strcmp(name, "tick") == 0) alone(0, 0);
  else if (strcmp(name, "trim") == 0) alone(0, 1);
  else if (strcmp(name, "packed") == 0) set(100, 256), alone(1, 0);
  else if (strcmp(name, "child") == 0) child();
  else if (strcmp(name, "reuse") == 0) reuse();
  else if (strcmp(name, "race") == 0) race();
  else return 64;
  printf("passed\n");
  return 0;
}
