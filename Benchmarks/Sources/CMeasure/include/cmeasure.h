/* SPDX-License-Identifier: MIT */
/*
 * The yardstick, the same for all that is compared: the clock, page faults,
 * what /proc says of this process, and the bare mmap that is the peer of
 * lazily zeroed memory. Nothing here allocates between two readings.
 */
#ifndef CMEASURE_H
#define CMEASURE_H

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of the monotonic clock. */
int64_t cmeasure_nanoseconds(void);

/* Nanoseconds that this thread has run: those in which others ran are not in it. */
int64_t cmeasure_processor_nanoseconds(void);

/* Page faults of this process that needed no disk. */
long cmeasure_minor_faults(void);

/* Bytes in the line "label   N kB" of one of /proc's files, or -1. */
long cmeasure_proc(const char *path, const char *label);

/* Resident bytes, counted page by page (statm's sum lags behind by up to some
 * hundred pages). */
long cmeasure_resident(void);

/* Bytes of the files in memory that this process holds open: of a fill's tile,
 * where there is one. */
long cmeasure_memory_files(void);

/* Bare lazily zeroed memory; NULL on failure. */
void *cmeasure_map(size_t size);

/* The same, committed page by page whatever the system's setting for
 * transparent huge pages is. */
void *cmeasure_map_pages(size_t size);

void cmeasure_unmap(void *start, size_t size);

/* One write to the first byte of every step-th stretch of bytes. */
void cmeasure_touch(void *start, size_t size, size_t step,
                    unsigned char byte);

/* Whether each byte is `byte`, except the first of every step-th stretch,
 * which is `touched`. */
int cmeasure_verify(const void *start, size_t size, size_t step,
                    unsigned char byte, unsigned char touched);

#endif /* CMEASURE_H */
