/* SPDX-License-Identifier: MIT */
/*
 * Threads that only free: each is given some blocks, finds in them what their maker wrote, frees them
 * and ends. What they freed is issued again, zero; thousands of them leave nothing behind.
 */
#include <pthread.h>

#include "check.h"

enum { MOST = 300, ROUNDS = 4000, WARM = 500, TAKERS = 2 };

struct gift {
  unsigned char *blocks[MOST];
  size_t sizes[MOST];
  int count, tag;
};

static unsigned next(unsigned *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static void wrap(struct gift *gift, unsigned *state) {
  /* Around 64 blocks a thread gets a heap, at 63 more it has filled a parcel. */
  gift->count = (int)(next(state) % MOST);
  gift->tag = 1 + (int)(next(state) % 255);
  for (int index = 0; index < gift->count; index++) {
    size_t size = 1 + next(state) % (next(state) % 8 ? 1024 : 5000);
    unsigned char *block = malloc(size);
    CHECK(block != NULL);
    for (size_t at = 0; at < size; at++) CHECK(block[at] == 0);
    memset(block, gift->tag, size);
    gift->blocks[index] = block;
    gift->sizes[index] = size;
  }
}

static void *take(void *argument) {
  struct gift *gift = argument;
  for (int index = 0; index < gift->count; index++) {
    unsigned char *block = gift->blocks[index];
    size_t size = gift->sizes[index];
    CHECK(block[0] == gift->tag && block[size / 2] == gift->tag &&
          block[size - 1] == gift->tag);
    free(block);
  }
  return NULL;
}

int main(void) {
  static struct gift gifts[TAKERS];
  unsigned state = 7;
  long before = 0;
  for (long round = 0; round < WARM + rounds(ROUNDS); round++) {
    pthread_t threads[TAKERS];
    for (int taker = 0; taker < TAKERS; taker++) wrap(&gifts[taker], &state);
    for (int taker = 0; taker < TAKERS; taker++) {
      CHECK(pthread_create(&threads[taker], NULL, take, &gifts[taker]) == 0);
    }
    for (int taker = 0; taker < TAKERS; taker++) pthread_join(threads[taker], NULL);
    if (round == WARM) before = status("VmSize:");
  }
  /* A heap for each of these threads would be 10 MiB. */
  long after = status("VmSize:");
  CHECK(after - before < (long)(6 * MIB));
  return 0;
}
