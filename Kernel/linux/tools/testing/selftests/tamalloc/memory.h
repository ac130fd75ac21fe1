/* SPDX-License-Identifier: GPL-2.0 */
/* The system calls, and questions to /proc, as the tests need them. */
#ifndef TAMALLOC_MEMORY_H
#define TAMALLOC_MEMORY_H

#include "harness.h"
#include "../../../../include/uapi/linux/tamalloc.h"

#define PAGE	((size_t)4096)
#define KIB	((size_t)1024)
#define MIB	(1024 * KIB)
#define GIB	(1024 * MIB)
#define TIB	(1024 * GIB)
#define HUGE	(2 * MIB)

/* 554 and 557; MAP_FAILED and errno in the manner of mmap. */
void *tamalloc(size_t size);
void *tamalloc_extended(const struct tamalloc_options *options, size_t size);

/* 557 with these three and nothing else. */
void *tamalloc_filled(size_t size, uint8_t fill, uint64_t flags);

/* Does every byte of the range read as that? */
bool all_bytes(const void *start, size_t size, uint8_t byte);
void check_bytes(const void *start, size_t size, uint8_t byte);

/* A value of /proc/self/status in KiB, for example "VmRSS". */
long status_kib(const char *name);
/* A value of /proc/self/smaps for the vma that holds the address, in KiB. */
long smaps_kib(const void *address, const char *name);
/* The bounds of that vma. */
void vma_bounds(const void *address, uintptr_t *start, uintptr_t *end);
bool has_vm_flag(const void *address, const char *flag);
/* Page faults of this process so far. */
long page_faults(void);
/* Pages of the range that are present or swapped, by /proc/self/pagemap. */
size_t present_pages(const void *start, size_t size);
size_t swapped_pages(const void *start, size_t size);

/* Reads or writes a file as one string; the test fails if it cannot. */
void write_file(const char *path, const char *text);
bool try_write_file(const char *path, const char *text);
void read_file(const char *path, char *text, size_t size);

#endif /* TAMALLOC_MEMORY_H */
