/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fill byte of an anonymous mapping.
 *
 * Terms.  A page of an anonymous mapping is a "hole" while it has no content
 * of its own: its page table entry is none.  A hole reads as zero; in a
 * "filled" vma it reads as the fill byte of the vma instead.  A page that
 * happens to hold the byte is not a hole, and the zero page mapped into a
 * filled vma is not one either: it is a page whose content is zero (KSM, the
 * splitting of a huge page and UFFDIO_ZEROPAGE put it there).
 *
 * Invariant.  Wherever the kernel turns a hole into content - the first touch,
 * the collapse into a huge page, a core dump - it asks vma_fill() what the
 * content is.  Where it cannot give that content, it refuses the filled vma.
 *
 * Locks.  The byte is written once, before the vma has pages, under the mmap
 * lock and the vma lock, both held for writing.  Either lock held for reading
 * is enough to read it.
 *
 * Two vmas with different bytes never merge; a vma made from another by
 * splitting, fork or mremap inherits the byte.
 */
#ifndef _LINUX_VMA_FILL_H
#define _LINUX_VMA_FILL_H

#include <linux/mm_types.h>

#ifdef CONFIG_TAMALLOC_FILL

/* What each byte of a hole in @vma reads as. */
static inline u8 vma_fill(const struct vm_area_struct *vma)
{
	return vma->vm_fill;
}

void folio_fill_user(struct folio *folio, u8 fill);

#else

static inline u8 vma_fill(const struct vm_area_struct *vma)
{
	return 0;
}

static inline void folio_fill_user(struct folio *folio, u8 fill)
{
}

#endif /* CONFIG_TAMALLOC_FILL */

/* Do holes in @vma read as something other than zero? */
static inline bool vma_is_filled(const struct vm_area_struct *vma)
{
	return unlikely(vma_fill(vma) != 0);
}

#endif /* _LINUX_VMA_FILL_H */
