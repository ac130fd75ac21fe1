// SPDX-License-Identifier: GPL-2.0
/*
 * Giving a mapping its fill byte, and a page the content that the byte stands
 * for.  What a fill byte is: see <linux/vma_fill.h>.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include "../vma_internal.h"
#include "../vma.h"
#include "fill.h"

/*
 * Sets every byte of a folio that nobody else can see yet.  The counterpart of
 * folio_zero_user() for a filled vma; may sleep.
 */
void folio_fill_user(struct folio *folio, u8 fill)
{
	long pages = folio_nr_pages(folio);

	for (long i = 0; i < pages; i++) {
		cond_resched();
		memset_page(folio_page(folio, i), 0, fill, PAGE_SIZE);
	}
}

/*
 * Gives a range that was mapped a moment ago, under the mmap lock that the
 * caller still holds for writing, its fill byte.
 *
 * mmap_region() knows nothing of fill bytes and may have merged the new range
 * with a neighbour; vma_modify_fill() then splits it off again, or merges it
 * with a neighbour of the same byte.
 */
int tamalloc_set_fill(unsigned long start, unsigned long length, u8 fill)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma, *prev;
	struct vma_iterator vmi;

	mmap_assert_write_locked(mm);

	vma = find_vma_prev(mm, start, &prev);
	if (WARN_ON_ONCE(!vma || vma->vm_start > start ||
			 vma->vm_end < start + length ||
			 !vma_is_anonymous(vma)))
		return -EINVAL;
	if (vma->vm_start < start)
		prev = vma;

	vma_iter_init(&vmi, mm, start);
	vma = vma_modify_fill(&vmi, prev, vma, start, start + length, fill);
	if (IS_ERR(vma))
		return PTR_ERR(vma);

	vma_start_write(vma);
	vma->vm_fill = fill;
	return 0;
}
