/* SPDX-License-Identifier: MIT */
/*
 * No function of malloc's is a point of cancellation (POSIX, 2.9.5.2): a thread that is to be cancelled
 * goes on through all of them. Were it cancelled inside, nobody would let go of the heap's lock.
 */
#include <malloc.h>
#include <pthread.h>

#include "check.h"

static int reached;

static void *work(void *unused) {
  size_t size, index;
  void *blocks[64];
  (void)unused;
  /* Deferred, as threads begin: it waits for the first point of cancellation. */
  CHECK(pthread_cancel(pthread_self()) == 0);
  for (size = 1; size <= 64 * MIB; size *= 2) {
    unsigned char *block = malloc(size), *aligned = NULL;
    CHECK(block != NULL);
    memset(block, 1, size);
    block = realloc(block, 3 * size);
    CHECK(block != NULL && block[size - 1] == 1 && block[3 * size - 1] == 0);
    free(block);
    CHECK(posix_memalign((void **)&aligned, 4096, size) == 0);
    free(aligned);
  }
  /* Pieces that are moved together: the heap looks how many mappings there are. */
  for (index = 0; index < 64; index++) {
    CHECK((blocks[index] = malloc(MIB)) != NULL);
    memset(blocks[index], 1, MIB);
  }
  for (index = 0; index < 64; index += 2) free(blocks[index]);
  for (index = 0; index < 8; index++) {
    unsigned char *block = malloc(4 * MIB);
    CHECK(block != NULL);
    memset(block, 1, 4 * MIB);
    free(block);
  }
  for (index = 1; index < 64; index += 2) free(blocks[index]);
  {
    struct tamalloc_usage usage;
    void *block = tamalloc(MIB), *filled = tamalloc_fill(MIB, 7);
    CHECK(block != NULL && filled != NULL);
    CHECK(tamalloc_usage(block, &usage) == 0 && tadiscard(filled, 0, MIB) == 0);
    tafree(block);
    tafree(filled);
  }
  CHECK(malloc_trim(0) >= 0);
  reached = 1;
  pthread_testcancel();
  return NULL;
}

int main(void) {
  pthread_t thread;
  void *outcome;
  CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
  CHECK(pthread_join(thread, &outcome) == 0);
  CHECK(reached);
  CHECK(outcome == PTHREAD_CANCELED);
  return 0;
}
