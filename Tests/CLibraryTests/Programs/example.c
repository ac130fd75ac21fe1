/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <tamalloc.h>

int main(void) {
  /* A table of 2^33 counters: 64 GiB, more than the machine may have. */
  size_t size = (size_t)1 << 36;
  unsigned long *counters = tamalloc(size);
  if (counters == NULL) {
    perror("tamalloc");
    return 1;
  }

  /* Every counter is 0. Only the pages of those that are written are committed. */
  counters[5] += 1;
  counters[4000000000] += 1;

  tamalloc_usage_t usage;
  if (tausage(counters, &usage) != 0) {
    perror("tausage");
    return 1;
  }
  printf("%lu %lu %lu\n", counters[5], counters[6], counters[4000000000]);
  printf("%zu bytes reserved, %zu committed\n", usage.reserved,
         usage.committed);

  /* The same with every byte 0xff: no loop, no memset. */
  unsigned char *bits = tamalloc_fill(size / 64, 0xff);
  if (bits == NULL) {
    perror("tamalloc_fill");
    return 1;
  }
  printf("%d\n", bits[1000000000]);

  tafree(bits);
  tafree(counters);
  return 0;
}
