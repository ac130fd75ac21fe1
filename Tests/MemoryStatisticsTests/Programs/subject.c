/* SPDX-License-Identifier: MIT */
/*
 * A process whose memory is known. It prints a line when it is ready, does what
 * its first argument says at each line that it reads, prints another, and ends
 * with its standard input.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { mebibyte = 1 << 20 };

static int waiting(void *nothing) {
  (void)nothing;
  for (;;) pause();
  return 0;
}

static void *thread(void *nothing) {
  waiting(nothing);
  return NULL;
}

/* Goes on when the first thread has ended, and ends with the program's input. */
static void *remaining(void *memory) {
  char line[256];
  int has_ended = 0;
  memset(memory, 1, 64 * mebibyte);
  while (!has_ended) {
    FILE *status = fopen("/proc/self/status", "r");
    if (!status) exit(3);
    while (fgets(line, sizeof line, status))
      if (!strncmp(line, "State:\tZ", 8)) has_ended = 1;
    fclose(status);
    usleep(1000);
  }
  puts("done");
  while (fgets(line, sizeof line, stdin)) continue;
  exit(0);
}

static int named(void *name) {
  prctl(PR_SET_NAME, name);
  return waiting(NULL);
}

static char *map(size_t size, int flags, int file) {
  char *start = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, file, 0);
  if (start == MAP_FAILED) exit(3);
  return start;
}

int main(int count, char **arguments) {
  const char *what = count > 1 ? arguments[1] : "";
  char line[8];
  pthread_t threads[8];
  /* Static, as vfork returns twice. */
  static pid_t child, *orphans;
  static int orphan_count;
  static char stack[65536] __attribute__((aligned(16)));

  /* No buffer comes from the heap later, which would count as a gain. */
  static char buffer[4096];
  setvbuf(stdin, buffer, _IOFBF, sizeof buffer);
  setbuf(stdout, NULL);
  signal(SIGCHLD, SIG_DFL);
  puts("ready");
  while (fgets(line, sizeof line, stdin)) {
    if (!strcmp(what, "anonymous")) {
      char *start = map(1024UL * mebibyte, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
      madvise(start, 1024UL * mebibyte, MADV_NOHUGEPAGE);
      memset(start, 1, 10 * mebibyte);
    } else if (!strcmp(what, "file")) {
      char name[] = "/var/tmp/tamalloc-subject-XXXXXX";
      int file = mkstemp(name);
      unlink(name);
      if (ftruncate(file, 8 * mebibyte)) exit(3);
      char *start = map(8 * mebibyte, MAP_SHARED, file);
      for (int page = 0; page < 8 * mebibyte; page += 4096) start[page] = 1;
    } else if (!strcmp(what, "shared")) {
      char *start = map(8 * mebibyte, MAP_SHARED | MAP_ANONYMOUS, -1);
      memset(start, 1, 8 * mebibyte);
    } else if (!strcmp(what, "threads")) {
      for (int index = 0; index < 8; index++)
        if (pthread_create(&threads[index], NULL, thread, NULL)) exit(3);
    } else if (!strcmp(what, "exited-leader")) {
      char *start = map(64 * mebibyte, MAP_PRIVATE | MAP_ANONYMOUS, -1);
      if (pthread_create(&threads[0], NULL, remaining, start)) exit(3);
      pthread_exit(NULL);
    } else if (!strcmp(what, "hugetlb")) {
      memset(map(4 * mebibyte, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1), 1, 4 * mebibyte);
    } else if (!strcmp(what, "locked")) {
      char *start = map(2 * mebibyte, MAP_PRIVATE | MAP_ANONYMOUS, -1);
      if (mlock(start, mebibyte)) exit(3);
      memset(start, 1, 2 * mebibyte);
      munmap(start + mebibyte, mebibyte);
    } else if (!strcmp(what, "names")) {
      /* Eight that share their memory under three names; they end with their parent. */
      static char *names[] = {"sharedA", "sharedB", "sharedC"};
      static char stacks[8][16384] __attribute__((aligned(16)));
      orphans = (pid_t *)map(4096, MAP_SHARED | MAP_ANONYMOUS, -1);
      memset(map(32 * mebibyte, MAP_PRIVATE | MAP_ANONYMOUS, -1), 1, 32 * mebibyte);
      for (; orphan_count < 8; orphan_count++) {
        orphans[orphan_count] =
            clone(named, stacks[orphan_count] + sizeof stacks[0], CLONE_VM | SIGCHLD,
                  names[orphan_count < 2 ? orphan_count : 2]);
        printf("%d ", orphans[orphan_count]);
      }
    } else if (!strcmp(what, "clone")) {
      child = clone(waiting, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
      printf("%d ", child);
    } else if (!strcmp(what, "orphans")) {
      /* Their parent ends at once, and they go on in its memory under whoever takes them. */
      orphan_count = atoi(arguments[2]);
      orphans = (pid_t *)map(4096, MAP_SHARED | MAP_ANONYMOUS, -1);
      child = fork();
      if (child == 0) {
        static char stacks[16][16384] __attribute__((aligned(16)));
        for (int index = 0; index < orphan_count; index++)
          orphans[index] = clone(
              waiting, stacks[index] + sizeof stacks[index], CLONE_VM | SIGCHLD, NULL);
        _exit(0);
      }
      waitpid(child, NULL, 0);
      child = 0;
      for (int index = 0; index < orphan_count; index++) printf("%d ", orphans[index]);
    } else if (!strcmp(what, "vfork")) {
      /* It speaks and waits in its parent's memory; the parent goes on when it has ended. */
      child = vfork();
      if (child == 0) {
        printf("%d done\n", getpid());
        while (fgets(line, sizeof line, stdin)) continue;
        _exit(0);
      }
      break;
    } else if (!strcmp(what, "crowd")) {
      /* All have one name, and end with their parent: none is left behind. */
      prctl(PR_SET_NAME, arguments[3]);
      for (int number = atoi(arguments[2]); number > 0; number--) {
        child = fork();
        if (child < 0) exit(3);
        if (child == 0) {
          prctl(PR_SET_PDEATHSIG, SIGKILL);
          waiting(NULL);
        }
      }
      child = 0;
    } else if (!strcmp(what, "zombie")) {
      child = fork();
      if (child == 0) _exit(0);
      siginfo_t end;
      waitid(P_PID, child, &end, WEXITED | WNOWAIT);
      printf("%d ", child);
    } else if (!strcmp(what, "name")) {
      prctl(PR_SET_NAME, arguments[2]);
    }
    puts("done");
  }
  if (child > 0) kill(child, SIGKILL);
  for (int index = 0; index < orphan_count; index++) kill(orphans[index], SIGKILL);
  return 0;
}
