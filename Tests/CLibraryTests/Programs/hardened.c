/* SPDX-License-Identifier: MIT */
/* In the hardened mode each kind of misuse ends the program, and says what it was. */
#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>

#include "check.h"

static volatile size_t one = 1; /* what the compiler can't foresee, it doesn't warn of */

/* Or else it would leave out what is written to a block that nobody reads. */
typedef volatile char *volatile bytes;

static void double_free(void) {
  char *block = malloc(100), *volatile same = block;
  free(block);
  free(same);
}

static void foreign_free(void) {
  char *volatile block = malloc(100);
  free(block + 16 * one);
}

static void stack_free(void) {
  char local[64], *volatile block = local;
  free(block + 16 * one - 16);
}

static void large_double_free(void) {
  char *block = malloc(1000000), *volatile same = block;
  free(block);
  free(same);
}

static void large_foreign_free(void) {
  char *volatile block = malloc(1000000);
  free(block + 4096 * one);
}

static void freed_realloc(void) {
  char *block = malloc(100), *volatile same = block;
  free(block);
  same = realloc(same, 1000);
}

static void foreign_realloc(void) {
  char *volatile block = malloc(100);
  block = realloc(block + 16 * one, 1000);
}

static void overflow(void) {
  bytes block = malloc(100);
  block[99 + one] = 1;
  free((void *)block);
}

static void overflown_realloc(void) {
  bytes block = malloc(100);
  block[99 + one] = 1;
  block = realloc((void *)block, 200);
}

static void large_overflow(void) {
  bytes block = malloc(1000000);
  block[1000000 - 1 + one] = 1;
  free((void *)block);
}

static void far_overflow(void) {
  bytes block = malloc(1048576);
  block[1048576 - 1 + one] = 1;
}

static void underflow(void) {
  bytes block = malloc(1048576);
  block[-(ptrdiff_t)one] = 1;
}

/* A span of small blocks is 64 KiB at most, and ends in a page that is nobody's. */
static void long_overflow(void) {
  bytes block = malloc(1000);
  size_t offset;
  for (offset = 0; offset < 65536; offset += 512) block[offset] = 1;
}

static void long_underflow(void) {
  bytes block = malloc(1000);
  size_t offset;
  for (offset = 0; offset < 65536; offset += 512) block[-(ptrdiff_t)offset] = 1;
}

/* A block that has left quarantine, and waits on a free list. */
static volatile char *listed(void) {
  void *volatile others[600];
  bytes block = malloc(100);
  int index;
  for (index = 0; index < 600; index++) others[index] = malloc(100);
  free((void *)block);
  for (index = 0; index < 600; index++) free(others[index]);
  return block;
}

static void write_to_listed(size_t offset) {
  bytes block = listed();
  int index;
  block[offset] = (char)(block[offset] + 1);
  for (index = 0; index < 2000; index++) {
    void *volatile other = malloc(100);
    (void)other;
  }
}

static void forged_link(void) { write_to_listed(0); }
static void listed_write(void) { write_to_listed(60); }
static void listed_end_write(void) { write_to_listed(111); }

/* What a link of a free list reads as is no address of the heap. */
static void links_are_encoded(void) {
  bytes block = listed();
  char *volatile near = malloc(100);
  size_t link;
  memcpy(&link, (const void *)block, sizeof link);
  CHECK(link != 0 && link >> 32 != (size_t)near >> 32);
}

static void use_after_free(void) {
  bytes block = malloc(100);
  int index;
  free((void *)block);
  block[50] = 1;
  for (index = 0; index < 1000; index++) {
    char *volatile other = malloc(100);
    free(other);
  }
}

static void is_found(const char *name, void (*misuse)(void), int number,
                     const char *expected) {
  char said[512] = "";
  int channel[2], outcome;
  pid_t child;
  CHECK(pipe(channel) == 0);
  child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    dup2(channel[1], 2);
    misuse();
    _exit(0);
  }
  close(channel[1]);
  CHECK(read(channel[0], said, sizeof said - 1) >= 0);
  close(channel[0]);
  CHECK(waitpid(child, &outcome, 0) == child);
  if (!WIFSIGNALED(outcome) || WTERMSIG(outcome) != number || !strstr(said, expected)) {
    fprintf(stderr, "%s: ended with %x and said '%s'\n", name, (unsigned)outcome, said);
    exit(1);
  }
}

static void small_double_tafree(void) {
  void *volatile block = tamalloc(100);
  tafree(block);
  tafree(block);
}

/* What the header promises is an error is one. */
static void wrong_pointers_are_refused(void) {
  struct tamalloc_usage usage;
  char *block = tamalloc(100);
  CHECK(block != NULL);
  errno = 0;
  CHECK(tadiscard(block + 8, 0, 1) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(tamalloc_usage(block + 8, &usage) == -1 && errno == EINVAL);
  CHECK(tadiscard(block, 0, 100) == 0 && tamalloc_usage(block, &usage) == 0);
  tafree(block);
  CHECK(tadiscard(block, 0, 1) == -1 && errno == EINVAL);
}

int main(void) {
  char *blocks[64];
  char *self[] = {"hardened", NULL};
  int index, descents = 0;
  if (getenv("TAMALLOC_HARDENED") == NULL) {
    CHECK(setenv("TAMALLOC_HARDENED", "1", 1) == 0);
    execv("/proc/self/exe", self);
    CHECK(!"execv has returned");
  }
  is_found("double free", double_free, SIGABRT, "was freed before");
  is_found("foreign free", foreign_free, SIGABRT, "it is 16 bytes into the block");
  is_found("overflow", overflow, SIGABRT, "behind the end");
  is_found("large overflow", large_overflow, SIGABRT, "behind the end");
  is_found("use after free", use_after_free, SIGABRT, "after it was freed");
  is_found("free of the stack", stack_free, SIGABRT, "no block begins there");
  is_found("large double free", large_double_free, SIGABRT, "was freed before");
  is_found("large foreign free", large_foreign_free, SIGABRT, "4096 bytes into the block");
  is_found("realloc of a freed block", freed_realloc, SIGABRT, "realloc(0x");
  is_found("realloc of no block", foreign_realloc, SIGABRT, "realloc(0x");
  is_found("overflow before realloc", overflown_realloc, SIGABRT, "behind the end");
  is_found("forged link", forged_link, SIGABRT, "after it was freed");
  is_found("write to a listed block", listed_write, SIGABRT, "after it was freed");
  is_found("write to its end", listed_end_write, SIGABRT, "after it was freed");
  is_found("overflow out of the span", long_overflow, SIGSEGV, "");
  is_found("underflow out of the span", long_underflow, SIGSEGV, "");
  links_are_encoded();
  is_found("double tafree", small_double_tafree, SIGABRT, "tafree(0x");
  wrong_pointers_are_refused();
  is_found("overflow into the guard", far_overflow, SIGSEGV, "");
  is_found("underflow into the guard", underflow, SIGSEGV, "");

  /* Blocks do not follow each other in order, and are as large as was asked for. */
  for (index = 0; index < 64; index++) {
    blocks[index] = malloc(48);
    CHECK(malloc_usable_size(blocks[index]) == 48);
    if (index > 0 && blocks[index] < blocks[index - 1]) descents++;
  }
  CHECK(descents > 5);
  for (index = 0; index < 64; index++) free(blocks[index]);
  return 0;
}
