/* SPDX-License-Identifier: MIT */
/* In the hardened mode each kind of misuse ends the program, and says what it was. */
#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>

#include "check.h"

static volatile size_t one = 1; /* what the compiler can't foresee, it doesn't warn of */

static void double_free(void) {
  char *block = malloc(100), *volatile same = block;
  free(block);
  free(same);
}

static void foreign_free(void) {
  char *volatile block = malloc(100);
  free(block + 16 * one);
}

static void overflow(void) {
  char *volatile block = malloc(100);
  block[99 + one] = 1;
  free(block);
}

static void large_overflow(void) {
  char *volatile block = malloc(1000000);
  block[1000000 - 1 + one] = 1;
  free(block);
}

static void far_overflow(void) {
  char *volatile block = malloc(1048576);
  block[1048576 - 1 + one] = 1;
}

static void underflow(void) {
  char *volatile block = malloc(1048576);
  block[-(ptrdiff_t)one] = 1;
}

static void use_after_free(void) {
  char *volatile block = malloc(100);
  int index;
  free(block);
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
