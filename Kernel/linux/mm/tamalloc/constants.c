// SPDX-License-Identifier: GPL-2.0
/*
 * Constants of the kernel for Swift.  Compiled to assembly only; Kbuild picks
 * the values out of it and writes constants.h, as it does for asm-offsets.h.
 * So no number of the kernel is ever typed a second time.
 */
#include <linux/kbuild.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/types.h>
#include "kernel.h"

int main(void)
{
	DEFINE(KERNEL_PAGE_SIZE, PAGE_SIZE);

	DEFINE(KERNEL_MAP_NORESERVE, MAP_NORESERVE);
	DEFINE(KERNEL_VM_NOHUGEPAGE, VM_NOHUGEPAGE);

	DEFINE(KERNEL_EINVAL, EINVAL);
	DEFINE(KERNEL_ENOMEM, ENOMEM);
	DEFINE(KERNEL_EOPNOTSUPP, EOPNOTSUPP);

	/* For the statistics. */
	DEFINE(KERNEL_PAGE_SHIFT, PAGE_SHIFT);
	DEFINE(KERNEL_EPERM, EPERM);
	DEFINE(KERNEL_ESRCH, ESRCH);
	DEFINE(KERNEL_EINTR, EINTR);
	DEFINE(KERNEL_E2BIG, E2BIG);
	DEFINE(KERNEL_QUERY_CURSOR,
	       offsetof(struct tamalloc_process_query, cursor));

	DEFINE(KERNEL_HAS_FILL, IS_ENABLED(CONFIG_TAMALLOC_FILL));

	/* So that Swift can compare how it sees the layout with how C does. */
	DEFINE(KERNEL_OPTIONS_SIZE, sizeof(struct tamalloc_options));
	DEFINE(KERNEL_MAPPING_SIZE, sizeof(struct tamalloc_mapping));
	return 0;
}
