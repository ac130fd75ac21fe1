/* SPDX-License-Identifier: MIT */
/*
 * kinds - 60 MiB of blocks, all of one size at a time, that go before those of another size come. Prints the
 * most that was resident, in KiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MIB = 1 << 20 };

int main(void) {
  static const size_t sizes[] = {100, 300000, 5000, 2000000, 40000, 20000000, 1000, 150000};
  char line[200];
  FILE *status;
  for (int round = 0; round < 24; round++) {
    size_t size = sizes[round % 8], count = 60 * MIB / size;
    unsigned char **blocks = malloc(count * sizeof *blocks);
    for (size_t i = 0; i < count; i++) {
      blocks[i] = malloc(size);
      if (blocks[i] == NULL) return 1;
      memset(blocks[i], 1, size);
    }
    for (size_t i = 0; i < count; i++) free(blocks[i]);
    free(blocks);
  }
  status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status)) {
    long peak;
    if (sscanf(line, "VmHWM: %ld", &peak) == 1) printf("%ld\n", peak);
  }
  return 0;
}
