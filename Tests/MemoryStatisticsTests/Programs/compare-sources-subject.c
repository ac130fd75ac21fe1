/* SPDX-License-Identifier: MIT */
/*
 * What a shell cannot do for compare-sources inside the machine:
 *
 *   swapped          a process 8 MiB of whose memory were swapped out
 *   vfork            a process inside vfork(), whose child shares its memory
 *   nobody COMMAND   COMMAND without privileges
 *   terminal COMMAND COMMAND at a terminal of 24 lines and 100 columns; what it
 *                    writes there goes to the standard output
 *
 * The first two say "ready" and stay.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { page = 4096, swapped_size = 8 << 20, nobody = 65534 };

static void check(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(125);
}

static void stay(void) {
  for (;;) pause();
}

static void swap_out(void) {
  char *memory = mmap(NULL, swapped_size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  check(memory != MAP_FAILED, "mmap");
  madvise(memory, swapped_size, MADV_NOHUGEPAGE);
  /* Pages that differ: nobody can hold them by a common one. */
  for (int offset = 0; offset < swapped_size; offset += page)
    memcpy(memory + offset, &offset, sizeof offset);
  check(madvise(memory, swapped_size, MADV_PAGEOUT) == 0, "madvise");
  puts("ready");
  stay();
}

static void stay_in_vfork(void) {
  if (vfork() == 0) {
    static const char line[] = "ready\n";
    if (write(STDOUT_FILENO, line, sizeof line - 1) < 0) _exit(1);
    stay();
  }
}

static void run(char **command) {
  execvp(command[0], command);
  check(0, command[0]);
}

static int run_at_terminal(char **command) {
  struct winsize size = {.ws_row = 24, .ws_col = 100};
  int terminal, status;
  pid_t child = forkpty(&terminal, NULL, NULL, &size);
  check(child >= 0, "forkpty");
  if (child == 0) {
    setenv("TERM", "xterm-256color", 1);
    run(command);
  }
  char buffer[4096];
  ssize_t length;
  /* The last reader's end of a terminal whose other side is gone is EIO. */
  while ((length = read(terminal, buffer, sizeof buffer)) > 0)
    check(fwrite(buffer, 1, length, stdout) == (size_t)length, "write");
  check(waitpid(child, &status, 0) == child, "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int count, char **arguments) {
  const char *what = count > 1 ? arguments[1] : "";
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (!strcmp(what, "swapped")) swap_out();
  if (!strcmp(what, "vfork")) stay_in_vfork();
  if (!strcmp(what, "nobody") && count > 2) {
    check(setgroups(0, NULL) == 0, "setgroups");
    check(setresgid(nobody, nobody, nobody) == 0, "setresgid");
    check(setresuid(nobody, nobody, nobody) == 0, "setresuid");
    run(arguments + 2);
  }
  if (!strcmp(what, "terminal") && count > 2) return run_at_terminal(arguments + 2);
  fprintf(stderr, "compare-sources-subject: unknown argument: %s\n", what);
  return 2;
}
