/* SPDX-License-Identifier: MIT */
/* Memory goes back to the system once it has been idle, and no sooner is anything else needed. */
#include <time.h>

#include "check.h"

enum { COUNT = 100000 };

static unsigned char *small[COUNT], *large[24];

int main(void) {
  long before = status("RssAnon:"), live;
  size_t index, kept = 0;
  int waits;
  for (index = 0; index < COUNT; index++) {
    size_t size = 16 + index * 7919 % 2000;
    small[index] = malloc(size);
    memset(small[index], 1, size);
  }
  for (index = 0; index < 24; index++) {
    large[index] = malloc((index % 8 + 1) * MIB);
    memset(large[index], 1, (index % 8 + 1) * MIB);
  }
  CHECK(status("RssAnon:") - before > (long)(180 * MIB));
  for (index = 0; index < COUNT; index++) free(small[index]);
  for (index = 0; index < 24; index++) {
    if (index % 8 == 7) {
      kept += 8 * MIB;
    } else {
      free(large[index]);
    }
  }
  /* It comes by itself: there is no call of ours from here on. How long it takes is not the point. */
  for (waits = 0; waits < 600; waits++) {
    struct timespec pause = {0, 50000000};
    nanosleep(&pause, NULL);
    live = status("RssAnon:") - before;
    if (live < (long)(kept + kept / 10 + 4 * MIB)) return 0;
  }
  fprintf(stderr, "%ld bytes are resident, %zu are live\n", live, kept);
  return 1;
}
