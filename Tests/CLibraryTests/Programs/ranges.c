/* SPDX-License-Identifier: MIT */
/* tausage_range and tacommitted agree with what was written, and with each other. */
#include "check.h"

enum { PAGE = 4096, PAGES = 3000 };

static unsigned long seed = 12345;

static unsigned long number(unsigned long below) {
  seed = seed * 6364136223846793005UL + 1442695040888963407UL;
  return (seed >> 33) % below;
}

static void agrees(int fill, size_t capacity) {
  static unsigned char is_written[PAGES];
  unsigned char *block = tamalloc_fill((size_t)PAGES * PAGE - 10, fill);
  tamalloc_range_t ranges[700];
  tamalloc_usage_t usage;
  size_t index, other, position = 0, end = (size_t)PAGES * PAGE - 10, pages = 0;
  long count;
  CHECK(block != NULL);
  memset(is_written, 0, sizeof is_written);
  for (index = 0; index < 500; index++) {
    size_t first = number(PAGES), length = 1 + number(4);
    for (other = first; other < first + length && other < PAGES; other++) {
      is_written[other] = 1;
      block[other * PAGE + 5] = 77;
    }
  }
  /* Each page in a range was written, each between two was not, and no range touches the next. */
  do {
    count = tacommitted(block, position, end - position, ranges, capacity);
    CHECK(count >= 0 && (size_t)count <= capacity);
    for (index = 0; index < (size_t)count; index++) {
      size_t first = ranges[index].offset, last = first + ranges[index].length;
      CHECK(first >= position && first % PAGE == 0 && last <= end);
      CHECK(first > position || position == 0 || index == 0);
      for (; position < first; position += PAGE) CHECK(!is_written[position / PAGE]);
      for (; position < last; position += PAGE, pages++) CHECK(is_written[position / PAGE]);
      position = last;
    }
  } while ((size_t)count == capacity);
  for (; position < end; position += PAGE) CHECK(!is_written[position / PAGE]);
  CHECK(pages * PAGE == committed(block));

  for (index = 0; index < 200; index++) {
    size_t first = number(PAGES), length = number(PAGES - first), written = 0;
    for (other = first; other < first + length; other++) written += is_written[other];
    CHECK(tausage_range(block, first * PAGE, length * PAGE > 10 ? length * PAGE - 10 : 0,
                        &usage) == 0);
    CHECK(usage.reserved == length * PAGE && usage.committed == written * PAGE);
  }
  tafree(block);
}

int main(void) {
  tamalloc_range_t range;
  tamalloc_usage_t usage;
  char *small = tamalloc(1000), *block = tamalloc(5 * PAGE);
  size_t huge = (size_t)-1;
  errno = 77;
  agrees(0, 700);
  agrees(0, 7);
  if (!reading_commits(9)) agrees(9, 1);
  /* Part of a page is a part of it. */
  block[2 * PAGE] = 1;
  CHECK(tacommitted(block, 2 * PAGE + 10, 20, &range, 1) == 1);
  CHECK(range.offset == 2 * PAGE + 10 && range.length == 20);
  CHECK(tacommitted(block, 0, 2 * PAGE, &range, 1) == 0);
  CHECK(tacommitted(block, 0, 5 * PAGE, NULL, 0) == 0);
  CHECK(tacommitted(block, 5 * PAGE, 0, &range, 1) == 0);
  memset(small, 1, 1000);
  CHECK(tacommitted(small, 0, 1000, &range, 1) == 1);
  CHECK(range.offset == 0 && range.length == 1000);
  CHECK(tausage_range(small, 100, 50, &usage) == 0);
  CHECK(usage.reserved == 50 && usage.committed == 50);
  CHECK(errno == 77);
  CHECK_FAILS(tacommitted(block, 0, 5 * PAGE, NULL, 1), -1, EINVAL);
  CHECK_FAILS(tacommitted(block, 0, 5 * PAGE + 1, &range, 1), -1, EINVAL);
  CHECK_FAILS(tacommitted(block, huge, 2, &range, 1), -1, EINVAL);
  CHECK_FAILS(tacommitted(block, 1, huge, &range, 1), -1, EINVAL);
  CHECK_FAILS(tacommitted(NULL, 0, 0, &range, 1), -1, EINVAL);
  CHECK_FAILS(tausage_range(block, 0, 5 * PAGE + 1, &usage), -1, EINVAL);
  CHECK_FAILS(tausage_range(block, huge, huge, &usage), -1, EINVAL);
  CHECK_FAILS(tausage_range(block, 0, 1, NULL), -1, EINVAL);
  CHECK_FAILS(tausage_range(small, 1000, 2000, &usage), -1, EINVAL);
  tafree(small);
  tafree(block);
  CHECK_FAILS(tausage_range(block, 0, 1, &usage), -1, EINVAL);
  return 0;
}
