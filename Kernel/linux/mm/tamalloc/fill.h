/* SPDX-License-Identifier: GPL-2.0 */
/* The two verbs of fill.c that the rest of this folder needs. */
#ifndef _MM_TAMALLOC_FILL_H
#define _MM_TAMALLOC_FILL_H

#include <linux/vma_fill.h>

#ifdef CONFIG_TAMALLOC_FILL
int tamalloc_set_fill(unsigned long start, unsigned long length, u8 fill);
#else
static inline int tamalloc_set_fill(unsigned long start, unsigned long length,
				    u8 fill)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* _MM_TAMALLOC_FILL_H */
