/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmeasure.h"

/* 1 % of the pages, evenly spread. */
enum { report_step = 100 * 4096 };

struct report report_begin(size_t size, unsigned char fill) {
  struct report report;
  memset(&report, 0, sizeof report);
  report.size = size;
  report.fill = fill;
  report.touched = (unsigned char)(fill + 1);
  cmeasure_resident(); /* what the first reading of /proc itself takes */
  report.resident_before = cmeasure_resident();
  report.faults_before = cmeasure_minor_faults();
  report.began = cmeasure_nanoseconds();
  return report;
}

void report_allocated(struct report *report, void *memory) {
  report->nanoseconds = cmeasure_nanoseconds() - report->began;
  report->faults = cmeasure_minor_faults() - report->faults_before;
  if (!memory) {
    fputs("no memory\n", stderr);
    exit(1);
  }
  report->resident = cmeasure_resident() - report->resident_before;
}

void report_touched(struct report *report, void *memory) {
  cmeasure_touch(memory, report->size, report_step, report->touched);
  report->resident_touched = cmeasure_resident() - report->resident_before;
}

int report_print(struct report *report, void *memory) {
  int right = cmeasure_verify(memory, report->size, report_step, report->fill,
                              report->touched);
  printf("%lld\t%ld\t%ld\t%ld\t%s\n", (long long)report->nanoseconds,
         report->faults, report->resident, report->resident_touched,
         right ? "right" : "wrong");
  return right ? 0 : 1;
}
