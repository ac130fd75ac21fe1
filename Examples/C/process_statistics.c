/* SPDX-License-Identifier: MIT */
/*
 * System call 555, tamalloc_process_statistics: what one process has reserved and committed, or each.
 *
 *   cc -Wall -Wextra -Werror -I Kernel/linux/include/uapi Examples/C/process_statistics.c -o process_statistics
 *   ./process_statistics          all processes that the caller may see
 *   ./process_statistics PID      one
 *   ./process_statistics self     itself, compared with /proc/self/status
 */
#define _GNU_SOURCE
#include <linux/tamalloc.h>
#include <sys/syscall.h>

#include "measured.h"

enum { batch = 64 };

static int read_entries(struct tamalloc_process_query *query,
                        struct tamalloc_process_statistics *entries) {
  int count = (int)syscall(TAMALLOC_SYSCALL_PROCESS_STATISTICS, query, sizeof *query, entries,
                           sizeof *entries, batch);
  if (count < 0) failed("tamalloc_process_statistics (555)");
  return count;
}

static void show(const struct tamalloc_process_statistics *entry) {
  printf("%7d %12llu %13llu %4.1f %5d %s\n", entry->pid, entry->reserved_bytes >> 10,
         entry->committed_bytes >> 10, entry->committed_permille / 10.0, entry->oom_score,
         entry->name);
}

int main(int count, char **words) {
  struct tamalloc_process_query query = {0};
  struct tamalloc_process_statistics entries[batch];
  int seen = 0, is_self = count > 1 && strcmp(words[1], "self") == 0, found;
  if (count > 1) {
    query.pid = is_self ? (int)getpid() : atoi(words[1]);
    if (query.pid <= 0) {
      fprintf(stderr, "usage: %s [PID|self]\n", words[0]);
      return 2;
    }
  }
  /* What is read first touches memory; so it is read before it is compared. */
  long reserved = figure("/proc/self/status", "VmSize:");
  do {
    found = read_entries(&query, entries);
    if (seen == 0) printf("    PID reserved/KiB committed/KiB    %% score name\n");
    for (int index = 0; index < found; index++) show(&entries[index]);
    seen += found;
  } while (query.pid == 0 && query.cursor != 0);
  if (seen == 0) return 1;
  if (is_self && (long)(entries[0].reserved_bytes >> 10) != reserved) {
    fprintf(stderr, "/proc says that %ld KiB are reserved\n", reserved);
    return 1;
  }
  return 0;
}
