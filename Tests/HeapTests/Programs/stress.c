/* SPDX-License-Identifier: MIT */
/*
 * stress SEED THREADS OPERATIONS [fork]
 *
 * Random blocks, made by every function that makes one, on several threads that
 * free each other's, against a reference: each block's record says what it must
 * hold. Of a new block every byte is read up to its usable size and must be 0;
 * of a block that is freed or resized every byte up to the size asked for must
 * be what was written, and every byte behind it 0. What overlaps is so found,
 * too. With "fork", children go on for a while in the midst of it.
 *
 * Prints what is wrong with the seed and the operation, and exits with 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 1024, BOXES = 256 };

struct block {
  unsigned char *start;
  size_t size;
  unsigned char stamp;
  unsigned char sparse; /* only every 4096th byte is written */
};

static unsigned long seed, operations;
static int threads, forks;
static _Atomic(struct block *) boxes[BOXES];

struct random {
  uint64_t state;
};

static uint64_t next(struct random *random) {
  uint64_t x = random->state += 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

static void fail(const char *what, const struct block *block, size_t offset) {
  fprintf(stderr, "stress: seed %lu: %s: block %p of %zu bytes, at byte %zu\n",
          seed, what, (void *)block->start, block->size, offset);
  abort();
}

/* Mostly small; now and then of any size up to 8 MiB. */
static size_t any_size(struct random *random) {
  unsigned choice = (unsigned)(next(random) & 1023);
  if (choice < 700) return next(random) & 255;
  if (choice < 900) return next(random) & 4095;
  if (choice < 1000) return next(random) & 65535;
  if (choice < 1020) return next(random) & 1048575;
  return next(random) & 8388607;
}

static unsigned char expected(const struct block *block, size_t offset) {
  if (block->sparse && offset % 4096 != 7) return 0;
  return (unsigned char)(block->stamp + offset * 7);
}

static void write_all(struct block *block, size_t from) {
  size_t offset;
  if (block->sparse) {
    for (offset = from; offset < block->size; offset++) {
      if (offset % 4096 == 7) block->start[offset] = expected(block, offset);
    }
    return;
  }
  for (offset = from; offset < block->size; offset++) {
    block->start[offset] = expected(block, offset);
  }
}

static void check_zero(const struct block *block, size_t from, size_t to,
                       const char *what) {
  size_t offset;
  for (offset = from; offset < to; offset++) {
    if (block->start[offset] != 0) fail(what, block, offset);
  }
}

static void check_all(const struct block *block, size_t to) {
  size_t offset;
  for (offset = 0; offset < to; offset++) {
    if (block->start[offset] != expected(block, offset)) {
      fail("content has changed", block, offset);
    }
  }
}

static void make(struct random *random, struct block *block) {
  size_t alignment = 16, size = any_size(random);
  void *start = NULL;
  switch (next(random) & 15) {
    case 0:
      alignment = (size_t)16 << next(random) % 14;
      start = aligned_alloc(alignment, size);
      break;
    case 1:
      alignment = (size_t)8 << next(random) % 10;
      if (posix_memalign(&start, alignment, size) != 0) start = NULL;
      break;
    case 2:
      start = memalign(alignment = 64, size);
      break;
    case 3:
      start = valloc(size);
      alignment = 4096;
      break;
    case 4:
    case 5:
    case 6:
      start = calloc(size, 1);
      break;
    case 7:
      start = realloc(NULL, size);
      break;
    default:
      start = malloc(size);
  }
  if (!start) {
    perror("stress: no block");
    abort();
  }
  block->start = start;
  block->size = size;
  if ((uintptr_t)start % alignment) fail("misaligned", block, 0);
  size_t usable = malloc_usable_size(start);
  if (usable < size) fail("usable size too small", block, usable);
  check_zero(block, 0, usable, "a new block is not zero");
  block->stamp = (unsigned char)next(random);
  block->sparse = size > 65536 && (next(random) & 3) != 0;
  write_all(block, 0);
}

static void check(struct block *block) {
  check_all(block, block->size);
  check_zero(block, block->size, malloc_usable_size(block->start),
             "the tail is not zero");
}

static void drop(struct block *block) {
  check(block);
  free(block->start);
  block->start = NULL;
}

static void resize(struct random *random, struct block *block) {
  size_t size = any_size(random), before = block->size;
  if (next(random) & 1) size = before + (size & 255);
  if (size == 0) size = 1;
  check(block);
  unsigned char *start = realloc(block->start, size);
  if (!start) {
    perror("stress: no larger block");
    abort();
  }
  block->start = start;
  block->size = size;
  check_all(block, size < before ? size : before);
  check_zero(block, size < before ? size : before, malloc_usable_size(start),
             "what realloc added is not zero");
  write_all(block, before < size ? before : size);
}

static void run(struct random *random, struct block *mine, unsigned long count) {
  unsigned long operation;
  for (operation = 0; operation < count; operation++) {
    struct block *block = &mine[next(random) % SLOTS];
    unsigned choice = (unsigned)(next(random) & 31);
    if (!block->start) {
      make(random, block);
    } else if (choice < 3) {
      resize(random, block);
    } else if (choice < 10 && threads > 1) {
      /* Give it away, and free what was in that box. */
      struct block *gift = malloc(sizeof *gift);
      *gift = *block;
      block->start = NULL;
      gift = atomic_exchange(&boxes[next(random) % BOXES], gift);
      if (gift) {
        drop(gift);
        free(gift);
      }
    } else {
      drop(block);
    }
  }
}

static void drop_all(struct block *mine) {
  int index;
  for (index = 0; index < SLOTS; index++) {
    if (mine[index].start) drop(&mine[index]);
  }
}

static void wait_for(pid_t child) {
  int outcome;
  if (waitpid(child, &outcome, 0) != child || outcome != 0) {
    fprintf(stderr, "stress: seed %lu: a child ended with %x\n", seed,
            (unsigned)outcome);
    abort();
  }
}

static void *work(void *argument) {
  unsigned long number = (unsigned long)argument, part = operations, each;
  struct random random = {seed * 1000 + number};
  struct block *mine = calloc(SLOTS, sizeof *mine);
  int round;
  errno = 4711;
  for (round = 0; round < 8; round++) {
    each = part / 8;
    run(&random, mine, each);
    if (forks) {
      pid_t child = fork();
      if (child < 0) {
        perror("stress: fork");
        abort();
      }
      if (child == 0) {
        run(&random, mine, each / 16 + 100);
        drop_all(mine);
        _exit(0);
      }
      wait_for(child);
    }
  }
  drop_all(mine);
  free(mine);
  if (!forks && errno != 4711) {
    fprintf(stderr, "stress: errno was changed to %d\n", errno);
    abort();
  }
  return NULL;
}

int main(int count, char **arguments) {
  pthread_t ids[64];
  int index;
  if (count < 4) {
    fputs("usage: stress SEED THREADS OPERATIONS [fork]\n", stderr);
    return 2;
  }
  seed = strtoul(arguments[1], NULL, 10);
  threads = atoi(arguments[2]);
  operations = strtoul(arguments[3], NULL, 10) / (unsigned long)threads;
  forks = count > 4;
  for (index = 0; index < threads; index++) {
    if (pthread_create(&ids[index], NULL, work, (void *)(uintptr_t)index)) {
      perror("stress: pthread_create");
      return 1;
    }
  }
  for (index = 0; index < threads; index++) pthread_join(ids[index], NULL);
  for (index = 0; index < BOXES; index++) {
    struct block *gift = boxes[index];
    if (gift) {
      drop(gift);
      free(gift);
    }
  }
  return 0;
}
