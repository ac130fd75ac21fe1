/* SPDX-License-Identifier: MIT */
/*
 * tamalloc: memory that reads as zero, or as any value, and costs nothing until
 * it is touched.
 *
 *     char *table = tamalloc(1UL << 36);        64 GiB reserved, none committed
 *     table[40000000000] = 1;                   commits one page
 *     tafree(table);
 *
 * Terms.  A block is what these functions return.  Its bytes are reserved at
 * once (address space), and committed (page frames) page by page: at the first
 * write, or at the first read of a page in a way that costs no page frame.
 * Until a byte is written it reads as the block's fill.
 *
 * Names.  What makes a block is called tamalloc or tamalloc_something, what is
 * done to a block is ta and a verb; types end in _t.
 *
 * Errors.  A function that fails says so by its result and sets errno; the
 * memory is then as it was.  A function that succeeds leaves errno alone.
 *
 * Wrong pointers.  tafree and tarealloc of a pointer that no block begins at
 * (never returned by tamalloc, freed before, or into the middle of a block)
 * write one line to standard error, which names the pointer and what is known
 * of it, and call abort.  All others fail with EINVAL.  Of a small block, that it was freed before is noticed only if it was the last of
 * its size, or with TAMALLOC_HARDENED=1 in the environment.
 *
 * Threads and forks.  Every function may be called by any number of threads at
 * once, without a lock; that two threads don't free or resize the same block
 * at once is the program's duty.  The child of a fork has private copies of
 * all blocks and may call every function at once, whatever the other threads
 * of its parent were doing.
 *
 * C++.  tamalloc.hpp has containers, allocators and memory resources.  Its
 * namespace is called tamalloc, and so where it is included first, this header
 * leaves the function of that name out: tamalloc_fill(size, 0) is the same.
 *
 * malloc.  The library brings a malloc of its own, all of it (calloc, realloc,
 * free, aligned_alloc, malloc_usable_size, ...), which a program gets that is
 * linked with it, or runs with it in LD_PRELOAD.  Every block of it is zero, as
 * far as malloc_usable_size tells.  It is one heap: free, realloc, tafree and
 * tarealloc take blocks of either.
 *
 * Link with -ltamalloc, or ask pkg-config for tamalloc.
 */
#ifndef TAMALLOC_H
#define TAMALLOC_H

#include <stddef.h>

#define TAMALLOC_VERSION_MAJOR 0
#define TAMALLOC_VERSION_MINOR 1
#define TAMALLOC_VERSION_PATCH 0
#define TAMALLOC_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Reserves size bytes that read as zero.  From 4096 bytes on a block is whole
 * pages of its own, and begins at one.  A smaller one shares its pages with
 * others, begins at a multiple of 16, and is rounded up to the next size of
 * small blocks.
 *
 * Returns NULL with EINVAL where size is 0, ENOMEM where a limit of the
 * process or the system is met.
 */
#ifndef TAMALLOC_HPP
void *tamalloc(size_t size);
#endif

/*
 * The same, but the bytes read as byte, converted to unsigned char as memset
 * does; a block with another fill than zero is whole pages.  Costs time in proportion to the square root of size, and one file
 * descriptor while the block lives.
 */
void *tamalloc_fill(size_t size, int byte);

/*
 * The same, but the bytes read as the length bytes at pattern, over and over,
 * from the block's first byte on:
 *
 *     double one = 1;
 *     double *ones = tamalloc_pattern(1000000000 * sizeof one, &one, sizeof one);
 *
 * length is 1 to 4096 and need not divide the page, nor size.  Returns NULL with
 * EINVAL where it is not, or pattern is null.
 */
void *tamalloc_pattern(size_t size, const void *pattern, size_t length);

/*
 * The same as tamalloc, but the block begins at a multiple of alignment: a
 * power of two up to 1 GiB, else EINVAL.  size need not be a multiple of it.
 */
void *tamalloc_aligned(size_t alignment, size_t size);

/*
 * Resizes a block: in its place where there is room, else it moves, and of
 * whole pages none is copied.  Contents stay up to the smaller of both sizes; what is new reads
 * as the block's fill and is not committed; the alignment stays.  A null
 * pointer makes it tamalloc.
 *
 * Returns NULL with EINVAL where size is 0, ENOMEM where a limit is met; the
 * block is then untouched where it was.
 */
void *tarealloc(void *block, size_t size);

/* Gives a block back.  A null pointer is fine, and nothing happens. */
void tafree(void *block);

/*
 * Makes length bytes of a block, from offset on, read as its fill again, and
 * gives back the pages that lie wholly inside.
 *
 * Returns 0, or -1 with EINVAL where the bytes are not inside the block, or
 * block is none.
 */
int tadiscard(void *block, size_t offset, size_t length);

/*
 * Makes all bytes of a block read as its fill again, as tadiscard does, but
 * overwrites committed pages in place, so that the next writes meet no page
 * fault: up to keep_resident bytes, from the block's beginning on, stay
 * committed.  What is committed behind them, and what is in swap, is given back;
 * pages that nobody wrote are not looked at.
 *
 * Returns 0, or -1 with EINVAL where block is none.
 */
int tareset(void *block, size_t keep_resident);

/*
 * The same for count blocks, of which each keeps up to keep_resident bytes; two
 * microseconds a block less.
 *
 * Returns how many were reset: fewer than count, with errno set as by tareset,
 * if the next one could not be.
 */
size_t tareset_all(void *const *blocks, size_t count, size_t keep_resident);

/* What a block holds, in bytes. */
struct tamalloc_usage {
  size_t reserved;  /* address space: whole pages */
  size_t committed; /* in page frames of its own */
  size_t swapped;   /* in swap */
};
typedef struct tamalloc_usage tamalloc_usage_t;

/*
 * Tells what a block holds now, exactly: pages that read as the fill and have
 * no page frame of their own are not committed.  Of a small block those bytes
 * are committed that lie in committed pages.
 *
 * Returns 0, or -1 with EINVAL where block is none or usage is null, or with
 * the reason for which /proc/self/pagemap can't be read.
 */
int tausage(const void *block, tamalloc_usage_t *usage);

/*
 * The same for the pages that length bytes, from offset on, lie in: they may be
 * more bytes than length.  -1 with EINVAL where the bytes are not inside the
 * block, too.
 */
int tausage_range(const void *block, size_t offset, size_t length,
                  tamalloc_usage_t *usage);

/* The older name of tausage. */
int tamalloc_usage(const void *block, struct tamalloc_usage *usage);

/* A stretch of a block, in bytes. */
typedef struct tamalloc_range {
  size_t offset; /* from the block's beginning */
  size_t length;
} tamalloc_range_t;

/*
 * Lists which of length bytes of a block, from offset on, hold anything, that
 * is, lie in pages that are committed or swapped: up to capacity stretches, in
 * ascending order, none next to another.  All other bytes read as the fill.
 *
 * Returns how many were stored at ranges.  If that is capacity there may be
 * more, from the end of the last one on.  -1 with errno set as by
 * tausage_range, or EINVAL where ranges is null and capacity is not 0.
 */
long tacommitted(const void *block, size_t offset, size_t length,
                 tamalloc_range_t *ranges, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif /* TAMALLOC_H */
