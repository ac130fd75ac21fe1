/* SPDX-License-Identifier: MIT */
/*
 * stress SEED THREADS OPERATIONS [fork] [churn] [rare] [untold] [failing] [limit]
 *
 * Above 400 lines, for one reference judges all.
 *
 * Random blocks, made by every function that makes one, on several threads that
 * free each other's, against a reference: each block's record says what it must
 * hold. Of a new block every byte is read up to its usable size and must be 0;
 * of a block that is freed or resized every byte up to the size asked for must
 * be what was written, and every byte behind it 0. What overlaps is so found,
 * too.
 *
 *   fork     children go on for a while in the midst of it
 *   churn    a thread makes 400 steps, then another goes on with its blocks
 *   rare     large blocks are rarer: for many operations
 *   untold   never asks for usable sizes, and so no more is known of a block than
 *            was asked for: a heap may clear less for such a program
 *   failing  one in eight system calls of the heap fails, out of memory
 *   limit    48 MiB more than at the beginning may be mapped, no more
 *
 * Where memory may run out, NULL with ENOMEM is no mistake, a block that could
 * not be resized must be as it was; and that it came to this is made sure of.
 *
 * With a checked build of the library (Malloc/build --checked) the heap's invariants
 * are checked every thousand steps, and at the end.
 *
 * Prints what is wrong with the seed, and aborts.
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

#include "shortage.h"

/* In a checked build of the library: counts broken invariants, and prints them. */
extern int tamalloc_check(int quiet) __attribute__((weak));

static void check_heap(int quiet) {
  if (tamalloc_check && tamalloc_check(quiet) != 0) abort();
}

enum { SLOTS = 1024, BOXES = 256, PIECE = 4096, LIFE = 400 };

struct block {
  unsigned char *start;
  size_t size;
  unsigned char phase;
  unsigned char sparse; /* only every 4096th byte is written */
};

static unsigned long seed, operations;
static int threads, forks, churns, rare, untold;
static _Atomic(struct block *) boxes[BOXES];
/* So that stacks take little of what is limited. */
static pthread_attr_t small_stack;
/* Whether all threads are made: the first ones could use up the limit before the last has its stack. */
static _Atomic int begun;

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
  if (rare && choice >= 900 && next(random) & 31) choice = 800;
  if (choice < 700) return next(random) & 255;
  if (choice < 900) return next(random) & 4095;
  if (choice < 1000) return next(random) & 65535;
  if (choice < 1020) return next(random) & 1048575;
  return next(random) & 8388607;
}

/* What blocks hold: 7 × the offset, from a phase of its own on; and zeros. */
static unsigned char pattern[256 + PIECE];
static const unsigned char zeros[PIECE];

static unsigned char expected(const struct block *block, size_t offset) {
  if (block->sparse && offset % PIECE != 7) return 0;
  return pattern[(block->phase + offset) % 256];
}

static void write_all(struct block *block, size_t from) {
  size_t offset, count;
  if (block->sparse) {
    offset = from / PIECE * PIECE + 7;
    if (offset < from) offset += PIECE;
    for (; offset < block->size; offset += PIECE) {
      block->start[offset] = expected(block, offset);
    }
    return;
  }
  for (offset = from; offset < block->size; offset += count) {
    count = block->size - offset < PIECE ? block->size - offset : PIECE;
    memcpy(block->start + offset, pattern + (block->phase + offset) % 256, count);
  }
}

static void check_zero(const struct block *block, size_t from, size_t to,
                       const char *what) {
  size_t offset, count;
  for (offset = from; offset < to; offset += count) {
    count = to - offset < PIECE ? to - offset : PIECE;
    if (memcmp(block->start + offset, zeros, count) == 0) continue;
    while (block->start[offset] == 0) offset++;
    fail(what, block, offset);
  }
}

static void check_all(const struct block *block, size_t to) {
  size_t offset, count;
  for (offset = 0; offset < to; offset += count) {
    count = to - offset < PIECE ? to - offset : PIECE;
    if (block->sparse) {
      size_t place = offset + 7;
      if (place < to && block->start[place] != expected(block, place)) {
        fail("content has changed", block, place);
      }
      if (memcmp(block->start + offset, zeros, count < 7 ? count : 7) == 0 &&
          (count <= 8 || memcmp(block->start + offset + 8, zeros, count - 8) == 0)) {
        continue;
      }
    } else if (memcmp(block->start + offset,
                      pattern + (block->phase + offset) % 256, count) == 0) {
      continue;
    }
    while (block->start[offset] == expected(block, offset)) offset++;
    fail("content has changed", block, offset);
  }
}

/* How many of its bytes a block is known to have. */
static size_t usable_size(const struct block *block) {
  return untold ? block->size : malloc_usable_size(block->start);
}

static void make(struct random *random, struct block *block) {
  size_t alignment = 16, size = any_size(random);
  void *start = NULL;
  int index;
  switch (next(random) & 15) {
    case 0:
      alignment = (size_t)16 << next(random) % 14;
      start = aligned_alloc(alignment, size);
      break;
    case 1:
      alignment = (size_t)8 << next(random) % 10;
      /* Tells by its value what the others tell by errno. */
      index = posix_memalign(&start, alignment, size);
      if (index != 0) start = NULL, errno = index;
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
    refused("stress: no block");
    return;
  }
  block->start = start;
  block->size = size;
  if ((uintptr_t)start % alignment) fail("misaligned", block, 0);
  size_t usable = usable_size(block);
  if (usable < size) fail("usable size too small", block, usable);
  check_zero(block, 0, usable, "a new block is not zero");
  block->phase = (unsigned char)next(random);
  block->sparse = size > 65536 && (next(random) & 3) != 0;
  write_all(block, 0);
}

static void check(struct block *block) {
  check_all(block, block->size);
  check_zero(block, block->size, usable_size(block),
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
    refused("stress: no larger block");
    check(block);
    return;
  }
  block->start = start;
  block->size = size;
  check_all(block, size < before ? size : before);
  check_zero(block, size < before ? size : before, usable_size(block),
             "what realloc added is not zero");
  write_all(block, before < size ? before : size);
}

static void run(struct random *random, struct block *mine, unsigned long count) {
  unsigned long operation;
  for (operation = 0; operation < count; operation++) {
    if (operation % 1000 == 0) check_heap(0);
    struct block *block = &mine[next(random) % SLOTS];
    unsigned choice = (unsigned)(next(random) & 31);
    if (!block->start) {
      make(random, block);
    } else if (choice < 3) {
      /* Often again at once: what was learnt of a block must hold. */
      do {
        resize(random, block);
      } while (next(random) & 1);
    } else if (choice < 10 && threads > 1) {
      /* Give it away, and free what was in that box. */
      struct block *gift = malloc(sizeof *gift);
      if (!gift) {
        refused("stress: no record");
        continue;
      }
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

/* A piece of a thread's work, which may be another thread's. */
struct piece {
  struct random *random;
  struct block *mine;
  unsigned long count;
};

static void *run_piece(void *argument) {
  struct piece *piece = argument;
  errno = 4711;
  run(piece->random, piece->mine, piece->count);
  if (!forks && errno != 4711) {
    fprintf(stderr, "stress: errno was changed to %d\n", errno);
    abort();
  }
  return NULL;
}

static void run_in_pieces(struct random *random, struct block *mine,
                          unsigned long count) {
  while (count > 0) {
    struct piece piece = {random, mine, churns && count > LIFE ? LIFE : count};
    pthread_t id;
    if (!churns || pthread_create(&id, &small_stack, run_piece, &piece) != 0) {
      run_piece(&piece);
    } else {
      pthread_join(id, NULL);
    }
    count -= piece.count;
  }
}

static void *work(void *argument) {
  unsigned long number = (unsigned long)argument;
  struct random random = {seed * 1000 + number};
  static struct block all[64][SLOTS];
  struct block *mine = all[number];
  int round;
  while (!atomic_load(&begun)) usleep(100);
  for (round = 0; round < 8; round++) {
    run_in_pieces(&random, mine, operations / 8);
    if (forks) {
      pid_t child = fork();
      if (child < 0) {
        perror("stress: fork");
        abort();
      }
      if (child == 0) {
        run(&random, mine, operations / 128 + 100);
        drop_all(mine);
        _exit(0);
      }
      wait_for(child);
    }
    if (limited) {
      void *volatile huge = malloc((size_t)1 << 30);
      if (huge) {
        fputs("stress: the limit is none\n", stderr);
        abort();
      }
      refused("stress: nothing huge");
    }
  }
  drop_all(mine);
  return NULL;
}

int main(int count, char **arguments) {
  pthread_t ids[64];
  int index;
  static const struct {
    const char *name;
    int *option;
  } options[] = {{"fork", &forks},     {"churn", &churns},    {"rare", &rare},
                 {"untold", &untold}, {"failing", &failing}, {"limit", &limited}};
  if (count < 4) {
    fputs("usage: stress SEED THREADS OPERATIONS [fork|churn|rare|untold|failing|limit]...\n", stderr);
    return 2;
  }
  for (index = 0; index < (int)sizeof pattern; index++) {
    pattern[index] = (unsigned char)(index * 7);
  }
  shortage_seed = seed = strtoul(arguments[1], NULL, 10);
  threads = atoi(arguments[2]);
  operations = strtoul(arguments[3], NULL, 10) / (unsigned long)threads;
  free(malloc(1)); /* the heap is there before anything fails */
  for (index = 4; index < count; index++) {
    unsigned option = 0, known = sizeof options / sizeof options[0];
    while (option < known && strcmp(options[option].name, arguments[index])) option++;
    if (option == known) {
      fprintf(stderr, "stress: there is no option %s\n", arguments[index]);
      return 2;
    }
    *options[option].option = 1;
  }
  pthread_attr_init(&small_stack);
  pthread_attr_setstacksize(&small_stack, 256 << 10);
  if (limited) set_limit();
  for (index = 0; index < threads; index++) {
    if (pthread_create(&ids[index], &small_stack, work, (void *)(uintptr_t)index)) {
      fputs("stress: a thread could not be made\n", stderr);
      return 1;
    }
  }
  atomic_store(&begun, 1);
  for (index = 0; index < threads; index++) pthread_join(ids[index], NULL);
  for (index = 0; index < BOXES; index++) {
    struct block *gift = boxes[index];
    if (gift) {
      drop(gift);
      free(gift);
    }
  }
  check_heap(1);
  if ((failing || limited) && refusals == 0) {
    fprintf(stderr, "stress: seed %lu: memory never ran out\n", seed);
    return 1;
  }
  return 0;
}
