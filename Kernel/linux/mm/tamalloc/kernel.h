/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the Swift code of this folder sees of the kernel: all of it.
 *
 * The kernel's own headers are written for the compiler of the kernel, and
 * Swift reads only plain declarations.  So this header declares, and C files of
 * this folder define, functions over plain integers that wrap what is an inline
 * function or a macro; constants.h is generated from the true headers.
 *
 * An int or a long that may be negative is an error number, as anywhere else
 * in the kernel.  An address of user space is an unsigned long here: Swift
 * must not be able to follow it.
 */
#ifndef _MM_TAMALLOC_KERNEL_H
#define _MM_TAMALLOC_KERNEL_H

#include <linux/tamalloc.h>
#ifdef __swift__
#include "constants.h"
#endif

/* No pointer here is ever null: Swift need not ask, and so cannot trap. */
#ifdef __swift__
#pragma clang assume_nonnull begin
#endif

/*
 * From Swift to C: mapping.c
 */

/* A mapping to make; see tamalloc_map(). */
struct tamalloc_mapping {
	unsigned long length;		/* bytes, whole pages, not 0 */
	unsigned long alignment;	/* bytes, a power of two, >= a page */
	unsigned long map_flags;	/* MAP_*, over private and anonymous */
	unsigned long vm_flags;		/* VM_*, over what MAP_* give */
	unsigned char fill;
	bool prefault;
};

/*
 * Makes the mapping in the address space of the caller, readable and writable.
 * Takes and releases the mmap lock, asks the security modules, and obeys
 * RLIMIT_AS, the commit limit and mlockall().  Returns its address or a
 * negative error number.
 */
long tamalloc_map(const struct tamalloc_mapping *mapping);

/*
 * From C to Swift: the system calls.  The linker keeps what is called
 * tamalloc_*, see merge.lds.
 */

long tamalloc_reserve(unsigned long size);
long tamalloc_reserve_extended(const struct tamalloc_options *options);

/* Layout.swift; the second is declared and never defined. */
void tamalloc_check_layouts(void);
void tamalloc_layouts_differ(void);

#ifdef __swift__
#pragma clang assume_nonnull end
#endif

#include "statistics.h"

#endif /* _MM_TAMALLOC_KERNEL_H */
