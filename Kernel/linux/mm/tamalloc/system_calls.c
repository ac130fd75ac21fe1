// SPDX-License-Identifier: GPL-2.0
/*
 * The entries of the system calls that reserve memory.  SYSCALL_DEFINE is a
 * macro, copy_struct_from_user() an inline function: this is as little C as
 * they force.  What the calls do is in SystemCalls.swift.
 */
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include "kernel.h"

static_assert(sizeof(struct tamalloc_options) == TAMALLOC_OPTIONS_SIZE_VER0);
static_assert(__NR_tamalloc == TAMALLOC_SYSCALL);
static_assert(__NR_tamalloc_extended == TAMALLOC_SYSCALL_EXTENDED);

SYSCALL_DEFINE1(tamalloc, size_t, size)
{
	return tamalloc_reserve(size);
}

SYSCALL_DEFINE2(tamalloc_extended,
		const struct tamalloc_options __user *, options,
		size_t, options_size)
{
	struct tamalloc_options copy;
	int error;

	if (options_size < TAMALLOC_OPTIONS_SIZE_VER0)
		return -EINVAL;
	if (options_size > PAGE_SIZE)
		return -E2BIG;

	error = copy_struct_from_user(&copy, sizeof(copy), options,
				      options_size);
	if (error)
		return error;

	return tamalloc_reserve_extended(&copy);
}
