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

/* The zero at a string's end, one byte too far, where rounding up has left some bytes. */
static void string_overflow(void) {
  char text[14] = "thirteen char", *volatile block = malloc(13);
  strcpy(block, text);
  free(block);
}

static void string_overflow_before_realloc(void) {
  bytes block = malloc(1001);
  block[1000 + one] = 0;
  block = realloc((void *)block, 2000);
}

static void large_string_overflow(void) {
  bytes block = malloc(1000000);
  block[1000000 - 1 + one] = 0;
  free((void *)block);
}

static void large_string_overflow_before_realloc(void) {
  bytes block = malloc(1000000);
  block[1000000 + 99 * one] = 0;
  block = realloc((void *)block, 2000000);
}

static void empty_read(void) {
  bytes block = malloc(one - 1);
  (void)block[0];
}

static void empty_write(void) {
  bytes block = malloc(one - 1);
  block[0] = 0;
}

static void empty_write_before(void) {
  bytes block = calloc(one - 1, 8);
  block[-(ptrdiff_t)one] = 0;
}

static void empty_aligned_write(void) {
  bytes block = aligned_alloc(4096, one - 1);
  block[0] = 0;
}

static void empty_double_free(void) {
  void *volatile block = malloc(one - 1), *volatile other;
  free(block);
  other = malloc(one - 1);
  free(block);
  (void)other;
}

static void empty_inner_free(void) {
  char *volatile block = malloc(one - 1);
  free(block + 8);
}

static void empty_foreign_free(void) {
  char *volatile block = malloc(one - 1);
  free(block + 32768 * 16);
}

static void empty_freed_realloc(void) {
  void *volatile block = malloc(one - 1);
  free(block);
  block = realloc(block, 10);
}

static volatile size_t usable;

static void usable_size_of_stack(void) {
  char local[64], *volatile block = local;
  usable = malloc_usable_size(block);
}

static void usable_size_inside(void) {
  char *volatile block = malloc(100);
  usable = malloc_usable_size(block + 16);
}

static void usable_size_of_freed(void) {
  void *volatile block = malloc(100);
  free(block);
  usable = malloc_usable_size(block);
}

static void usable_size_of_large_freed(void) {
  void *volatile block = malloc(1000000);
  free(block);
  usable = malloc_usable_size(block);
}

static void usable_size_of_empty_freed(void) {
  void *volatile block = malloc(one - 1);
  free(block);
  usable = malloc_usable_size(block);
}

/* A large block that others of the same size have followed. */
static volatile char *large_freed(size_t size) {
  bytes block = malloc(size), other;
  int index;
  block[0] = 1;
  free((void *)block);
  for (index = 0; index < 100; index++) {
    other = malloc(size);
    CHECK(other != block);
    if (index % 2) free((void *)other);
  }
  return block;
}

static void large_write_after_free(void) { large_freed(1048576)[100] = 1; }
static void large_read_after_free(void) { (void)*large_freed(70000); }
static void large_second_free(void) { free((void *)large_freed(100000)); }

static void large_resized_write(void) {
  bytes block = malloc(1048576), moved = realloc((void *)block, 2097152), other = malloc(1048576);
  CHECK(moved != NULL && other != NULL);
  block[0] = 1;
}

/* Reads of a freed block see nothing of what it held: neither at once nor later. */
static void freed_blocks_hold_nothing_old(void) {
  static const size_t sizes[] = {8, 24, 100, 1000, 5000, 60000};
  size_t kind, offset, found = 0;
  int index;
  for (kind = 0; kind < sizeof sizes / sizeof *sizes; kind++) {
    bytes block = malloc(sizes[kind]);
    memset((void *)block, 0x5a, sizes[kind]);
    free((void *)block);
    for (index = 0; index < 2; index++) {
      for (offset = 0; offset + 1 < sizes[kind]; offset++)
        found += block[offset] == 0x5a && block[offset + 1] == 0x5a;
      for (offset = 0; offset < 600; offset++) free(malloc(sizes[kind]));
    }
  }
  CHECK(found == 0);
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

static void write_after_tarealloc(void) {
  bytes block = malloc(1000000);
  block = tarealloc((void *)block, 100000);
  CHECK(block != NULL);
  free((void *)block);
  block[0] = 1;
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
  is_found("string overflow", string_overflow, SIGABRT, "behind the end");
  is_found("string overflow, realloc", string_overflow_before_realloc, SIGABRT, "realloc(0x");
  is_found("large string overflow", large_string_overflow, SIGABRT, "behind the end");
  is_found("the same, realloc", large_string_overflow_before_realloc, SIGABRT, "behind the end");
  is_found("read of no bytes", empty_read, SIGSEGV, "");
  is_found("write to no bytes", empty_write, SIGSEGV, "");
  is_found("write before no bytes", empty_write_before, SIGSEGV, "");
  is_found("write to no aligned bytes", empty_aligned_write, SIGSEGV, "");
  is_found("double free of no bytes", empty_double_free, SIGABRT, "was freed before");
  is_found("free inside no bytes", empty_inner_free, SIGABRT, "8 bytes into the block of 0");
  is_found("free among no bytes", empty_foreign_free, SIGABRT, "no block begins there");
  is_found("realloc of freed no bytes", empty_freed_realloc, SIGABRT, "realloc(0x");
  is_found("usable size of the stack", usable_size_of_stack, SIGABRT, "malloc_usable_size(0x");
  is_found("usable size inside", usable_size_inside, SIGABRT, "it is 16 bytes into");
  is_found("usable size, freed", usable_size_of_freed, SIGABRT, "was freed before");
  is_found("usable size, large", usable_size_of_large_freed, SIGABRT, "was freed before");
  is_found("usable size, empty", usable_size_of_empty_freed, SIGABRT, "was freed before");
  is_found("large write after free", large_write_after_free, SIGSEGV, "");
  is_found("large read after free", large_read_after_free, SIGSEGV, "");
  is_found("large free, followed", large_second_free, SIGABRT, "was freed before");
  is_found("write to where it was", large_resized_write, SIGSEGV, "");
  is_found("write after tarealloc", write_after_tarealloc, SIGSEGV, "");
  freed_blocks_hold_nothing_old();
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
