/* SPDX-License-Identifier: MIT */
/*
 * The course that each peer runs: take memory; write to every hundredth page;
 * read it all. What is printed, in one line parted by tabs: nanoseconds to get
 * the memory, minor faults of that, resident bytes gained by it, resident
 * bytes gained after the touches, "right" or "wrong".
 */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

struct report {
  size_t size;
  unsigned char fill, touched;
  long resident_before, faults_before;
  int64_t began, nanoseconds;
  long faults, resident, resident_touched;
};

struct report report_begin(size_t size, unsigned char fill);
void report_allocated(struct report *report, void *memory);
void report_touched(struct report *report, void *memory);
int report_print(struct report *report, void *memory);

#endif /* REPORT_H */
