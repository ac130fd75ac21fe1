/* SPDX-License-Identifier: MIT */
/*
 * System call 556, tamalloc_total_statistics: all processes together, and the machine.
 *
 *   cc -Wall -Wextra -Werror -I Kernel/linux/include/uapi Examples/C/total_statistics.c -o total_statistics
 */
#define _GNU_SOURCE
#include <linux/tamalloc.h>
#include <sys/syscall.h>

#include "measured.h"

int main(void) {
  struct tamalloc_total_statistics totals;
  if (syscall(TAMALLOC_SYSCALL_TOTAL_STATISTICS, &totals, sizeof totals) != 0)
    failed("tamalloc_total_statistics (556)");
  printf("%llu processes with %llu address spaces\n", totals.processes, totals.address_spaces);
  printf("reserved      %12llu KiB\n", totals.reserved_bytes >> 10);
  printf("committed     %12llu KiB\n", totals.committed_bytes >> 10);
  printf("swapped       %12llu KiB\n", totals.swapped_bytes >> 10);
  printf("the machine:  %12llu KiB of RAM, %llu of swap\n", totals.ram_bytes >> 10,
         totals.swap_total_bytes >> 10);
  printf("commit limit  %12llu KiB, %llu of it taken\n", totals.commit_limit_bytes >> 10,
         totals.committed_as_bytes >> 10);
  if ((long)(totals.ram_bytes >> 10) != figure("/proc/meminfo", "MemTotal:")) {
    fprintf(stderr, "/proc/meminfo has another size of RAM\n");
    return 1;
  }
  return 0;
}
