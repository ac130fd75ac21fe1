/* SPDX-License-Identifier: MIT */
/* What a program may do, the hardened mode lets it do: with blocks of no bytes and with large ones, from any thread
 * and in a fork's child, within limits, and by tamalloc's functions as well as malloc's. */
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"

enum { MANY = 200000 };

static volatile size_t one = 1;
static void *blocks[MANY];

static int compare(const void *first, const void *second) {
  const char *left = *(char *const *)first, *right = *(char *const *)second;
  return left < right ? -1 : left > right;
}

static void *free_half(void *start) {
  void **block = start;
  int index;
  for (index = 0; index < MANY / 2; index++) free(block[index]);
  return NULL;
}

/* More than one region holds; freed by two threads. */
static void no_bytes_by_threads(void) {
  pthread_t threads[2];
  int index;
  for (index = 0; index < MANY; index++) {
    blocks[index] = index % 2 ? malloc(one - 1) : calloc(index % 4, one - 1);
    CHECK(blocks[index] != NULL && (size_t)blocks[index] % 16 == 0);
    CHECK(malloc_usable_size(blocks[index]) == 0);
  }
  qsort(blocks, MANY, sizeof *blocks, compare);
  for (index = 1; index < MANY; index++) CHECK(blocks[index] != blocks[index - 1]);
  for (index = 0; index < 2; index++)
    CHECK(pthread_create(&threads[index], NULL, free_half, blocks + index * (MANY / 2)) == 0);
  for (index = 0; index < 2; index++) CHECK(pthread_join(threads[index], NULL) == 0);
}

static void no_bytes_grow_and_shrink(void) {
  size_t alignment;
  char *block = malloc(one - 1), *mine;
  int index;
  block = realloc(block, 100);
  CHECK(block != NULL && malloc_usable_size(block) == 100);
  for (index = 0; index < 100; index++) CHECK(block[index] == 0);
  CHECK(realloc(block, one - 1) == NULL); /* as glibc: it is free */
  CHECK(realloc(malloc(one - 1), one - 1) == NULL);
  block = reallocarray(NULL, 0, 8);
  CHECK(block != NULL);
  mine = tarealloc(block, 10);
  CHECK(mine != NULL && mine[9] == 0);
  tafree(mine);
  mine = tarealloc(malloc(one - 1), 100000);
  CHECK(mine != NULL && mine[99999] == 0);
  free(mine);
  tafree(malloc(one - 1));
  for (alignment = 16; alignment <= 1 << 21; alignment *= 2) {
    block = aligned_alloc(alignment, one - 1);
    CHECK(block != NULL && (size_t)block % alignment == 0);
    free(block);
  }
}

/* Addresses wait, memory doesn't: far more than a process may have goes through. */
static void large_blocks_come_and_go(void) {
  size_t index, size;
  for (index = 0; index < (size_t)rounds(20000); index++) {
    size = 65537 + index * 977 % 4000000;
    char *block = malloc(size), *grown;
    CHECK(block != NULL && malloc_usable_size(block) == size);
    CHECK(block[0] == 0 && block[size - 1] == 0);
    block[0] = block[size - 1] = 1;
    if (index % 16 == 0) {
      grown = realloc(block, 2 * size);
      CHECK(grown != NULL && grown[size - 1] == 1 && grown[2 * size - 1] == 0);
      block = grown;
    }
    free(block);
  }
  for (index = 0; index < 20; index++) {
    char *block = malloc(GIB);
    CHECK(block != NULL);
    block[GIB - 1] = 1;
    free(block);
  }
}

static size_t mappings(void) {
  FILE *file = fopen("/proc/self/maps", "r");
  size_t count = 0;
  int byte;
  CHECK(file != NULL);
  while ((byte = getc(file)) != EOF) count += byte == '\n';
  fclose(file);
  return count;
}

/* Half of what Linux allows by default, whatever lives or waits. */
static void mappings_keep_their_limit(void) {
  static char *large[30000];
  int index;
  for (index = 0; index < 30000; index++) {
    large[index] = malloc(70000);
    CHECK(large[index] != NULL);
  }
  for (index = 0; index < 30000; index += 2) free(large[index]);
  CHECK(mappings() < 65530 / 2);
  for (index = 1; index < 30000; index += 2) free(large[index]);
  CHECK(mappings() < 3000);
}

static void tamalloc_of_large_blocks(void) {
  struct tamalloc_usage usage;
  char *block = malloc(1000000), *other = tamalloc(10000), *moved;
  CHECK(block != NULL && other != NULL);
  memset(block, 1, 1000000);
  CHECK(tamalloc_usage(block, &usage) == 0 && usage.committed >= 1000000);
  CHECK(tadiscard(block, 4096, 1000000 - 4096) == 0);
  CHECK(block[4095] == 1 && block[4096] == 0 && block[999999] == 0);
  moved = tarealloc(block, 3000000);
  CHECK(moved != NULL && moved[4095] == 1 && moved[4096] == 0 && moved[2999999] == 0);
  tafree(moved);
  block = malloc(1000000);
  CHECK(tadiscard(block, 0, 1000000) == 0);
  free(block);
  other = realloc(other, 2000000);
  CHECK(other != NULL && other[1999999] == 0);
  tafree(other);
  block = malloc(one - 1);
  CHECK(tamalloc_usage(block, &usage) == 0 && usage.reserved == 0);
  CHECK(tadiscard(block, 0, 0) == 0);
  CHECK(tadiscard(block, 0, 1) == -1 && errno == EINVAL);
  free(block);
}

/* What lies beside a block that tarealloc has moved is not the block's. */
static void neighbours_stay(void) {
  unsigned char state;
  char *block = tarealloc(malloc(1000000), 8000000), *page;
  CHECK(block != NULL);
  page = mmap(block - 4096, 4096, PROT_READ,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  CHECK(page != MAP_FAILED || errno == EEXIST); /* either way something is there now */
  free(block);
  CHECK(mincore(block - 4096, 4096, &state) == 0);
}

static void child_frees_what_the_parent_made(void) {
  void *empty = malloc(one - 1), *large = malloc(1000000), *freed = malloc(1000000);
  int outcome;
  pid_t child;
  free(freed);
  child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    free(empty);
    free(large);
    no_bytes_grow_and_shrink();
    tamalloc_of_large_blocks();
    _exit(0);
  }
  CHECK(waitpid(child, &outcome, 0) == child && outcome == 0);
  free(empty);
  free(large);
}

/* What waits gives way to what is needed. */
static void a_limit_of_address_space(void) {
  struct rlimit limit = {1 * GIB, 1 * GIB};
  int outcome, index;
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    for (index = 0; index < 200; index++) {
      char *block = malloc(100 << 20);
      CHECK(block != NULL);
      block[0] = 1;
      free(block);
    }
    for (index = 0; index < 3; index++) {
      char *block = malloc(700 << 20);
      CHECK(block != NULL);
      free(block);
    }
    _exit(0);
  }
  CHECK(waitpid(child, &outcome, 0) == child && outcome == 0);
}

int main(void) {
  char *self[] = {"hardened-legal", NULL};
  if (getenv("TAMALLOC_HARDENED") == NULL) {
    CHECK(setenv("TAMALLOC_HARDENED", "1", 1) == 0);
    execv("/proc/self/exe", self);
    CHECK(!"execv has returned");
  }
  no_bytes_grow_and_shrink();
  no_bytes_by_threads();
  no_bytes_by_threads();
  tamalloc_of_large_blocks();
  neighbours_stay();
  large_blocks_come_and_go();
  child_frees_what_the_parent_made();
  a_limit_of_address_space();
  mappings_keep_their_limit();
  CHECK(malloc_usable_size(NULL) == 0);
  return 0;
}
