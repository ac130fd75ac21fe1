/* SPDX-License-Identifier: MIT */
/* A wrong pointer ends the program with a message that names it. */
#include <signal.h>
#include <sys/wait.h>

#include "check.h"

enum verb { FREE, RESIZE };

/* Runs the verb in a child, which must be aborted and say what is expected. */
static void is_reported(enum verb verb, void *pointer, const char *expected) {
  char said[512] = "", place[32];
  ssize_t length;
  int channel[2], outcome;
  pid_t child;
  CHECK(pipe(channel) == 0);
  child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    dup2(channel[1], 2);
    if (verb == FREE) {
      tafree(pointer);
    } else {
      tarealloc(pointer, 1);
    }
    _exit(0);
  }
  close(channel[1]);
  length = read(channel[0], said, sizeof said - 1);
  close(channel[0]);
  CHECK(waitpid(child, &outcome, 0) == child);
  CHECK(WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGABRT);
  CHECK(length > 0 && said[length - 1] == '\n');
  sprintf(place, "(%p): ", pointer);
  if (!strstr(said, place) || !strstr(said, expected) ||
      strncmp(said, "tamalloc: ta", 12) != 0) {
    fprintf(stderr, "expected '%s%s', but it said: %s", place, expected, said);
    exit(1);
  }
}

int main(void) {
  int local = 0;
  char *block = tamalloc(10000), *freed = tamalloc(GIB), *moved, *wall, *small;
  static int global[100];
  void *foreign = &global[50];
  CHECK(block != NULL && freed != NULL);

  is_reported(FREE, &local, "no block begins there\n");
  is_reported(FREE, foreign, "no block begins there\n");
  is_reported(FREE, (void *)1, "no block begins there\n");
  is_reported(FREE, (void *)4096, "no block begins there\n");
  is_reported(FREE, (void *)-1, "no block begins there\n");
  is_reported(RESIZE, foreign, "no block begins there\n");

  is_reported(FREE, block + 1, "it is 1 bytes into the block of 10000 bytes at");
  is_reported(FREE, block + 4096, "it is 4096 bytes into the block of 10000");
  is_reported(RESIZE, block + 12287, "it is 12287 bytes into the block");

  tafree(freed);
  is_reported(FREE, freed, "was freed before\n");
  is_reported(RESIZE, freed, "was freed before\n");

  /* A block that moved is not where it was. */
  moved = tamalloc(4096);
  wall = tamalloc(4096);
  freed = moved;
  moved = tarealloc(moved, GIB);
  CHECK(wall != NULL && moved != NULL);
  if (moved != freed) {
    is_reported(FREE, freed, "was freed before\n");
  }

  /* Of a small block, too, the message names the function that was called. */
  small = tamalloc(100);
  CHECK(small != NULL);
  is_reported(FREE, small + 8, "it is 8 bytes into the block of 112 bytes at");
  is_reported(FREE, small + 16, "it is 16 bytes into the block of 112 bytes");
  is_reported(RESIZE, small + 16, "it is 16 bytes into the block of 112 bytes");
  tafree(small);
  is_reported(FREE, small, "was freed before\n");

  /* The library is as useful to this process as before. */
  tafree(moved);
  tafree(wall);
  tafree(block);
  return 0;
}
