/* SPDX-License-Identifier: MIT */
/* Eight threads make, resize, discard, hand over and free blocks; none sees another's bytes. */
#include <pthread.h>

#include "check.h"

enum { THREADS = 8, BLOCKS = 64, ROUNDS = 6000 };

struct held {
  unsigned char *bytes;
  size_t size;
  int fill, tag;
};

/* Where threads leave blocks for each other. */
static struct held handed[BLOCKS];
static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;

static unsigned next(unsigned *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static void verify(const struct held *held) {
  size_t last = held->size - 1;
  CHECK(held->bytes[0] == held->tag && held->bytes[last] == held->tag);
  if (last > 1) {
    CHECK(held->bytes[last / 2] == (last / 2 == 0 ? held->tag : held->fill));
  }
}

static void step(struct held *held, unsigned *state, int tag) {
  unsigned what = next(state) % 8;
  if (held->bytes == NULL) {
    held->size = 3 + next(state) % (next(state) % 16 == 0 ? 4000000 : 20000);
    held->fill = next(state) % 4 == 0 ? (int)(next(state) % 256) : 0;
    held->bytes = held->fill ? tamalloc_fill(held->size, held->fill)
                             : tamalloc(held->size);
    CHECK(held->bytes != NULL);
    CHECK(held->bytes[0] == held->fill);
  } else if (what == 0) {
    verify(held);
    tafree(held->bytes);
    held->bytes = NULL;
    return;
  } else if (what == 1) {
    size_t size = 3 + next(state) % 100000, old = held->size;
    verify(held);
    held->bytes[0] = (unsigned char)held->fill;
    held->bytes[old - 1] = (unsigned char)held->fill;
    held->bytes = tarealloc(held->bytes, size);
    CHECK(held->bytes != NULL);
    held->size = size;
    CHECK(held->bytes[size - 1] == held->fill);
  } else if (what == 2) {
    verify(held);
    CHECK(tadiscard(held->bytes, 0, held->size) == 0);
    CHECK(held->bytes[0] == held->fill);
  } else if (what == 3) {
    struct held other;
    struct held *place = &handed[next(state) % BLOCKS];
    pthread_mutex_lock(&door);
    other = *place;
    *place = *held;
    pthread_mutex_unlock(&door);
    *held = other;
    if (held->bytes == NULL) {
      return;
    }
    verify(held);
  } else if (what == 4) {
    struct tamalloc_usage usage;
    CHECK(tamalloc_usage(held->bytes, &usage) == 0);
    CHECK(usage.reserved >= held->size && usage.reserved < held->size + 4096);
    CHECK(usage.committed + usage.swapped <= usage.reserved);
  } else {
    verify(held);
  }
  held->tag = tag;
  held->bytes[0] = (unsigned char)tag;
  held->bytes[held->size - 1] = (unsigned char)tag;
}

static void *work(void *number) {
  struct held mine[BLOCKS];
  unsigned state = (unsigned)(size_t)number * 77777u + 1;
  int round, all = (int)rounds(ROUNDS);
  memset(mine, 0, sizeof mine);
  for (round = 0; round < all; round++) {
    step(&mine[next(&state) % BLOCKS], &state, (int)(next(&state) % 256));
  }
  for (round = 0; round < BLOCKS; round++) {
    tafree(mine[round].bytes);
  }
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  size_t index;
  for (index = 0; index < THREADS; index++) {
    CHECK(pthread_create(&threads[index], NULL, work, (void *)index) == 0);
  }
  for (index = 0; index < THREADS; index++) {
    CHECK(pthread_join(threads[index], NULL) == 0);
  }
  for (index = 0; index < BLOCKS; index++) {
    tafree(handed[index].bytes);
  }
  return 0;
}
