// SPDX-License-Identifier: GPL-2.0
/*
 * One new mapping: the steps of vm_mmap_pgoff(), with two more between taking
 * the mmap lock and releasing it, so that nobody sees the mapping before it is
 * complete: the choice of an aligned address, and the fill byte.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/security.h>
#include <linux/userfaultfd_k.h>
#include "kernel.h"
#include "fill.h"

#define PROTECTION	(PROT_READ | PROT_WRITE)

/*
 * A free address for the mapping, by looking for room that has space for it
 * behind any remainder.  Nothing is mapped yet and so nothing needs trimming.
 */
static unsigned long find_aligned(const struct tamalloc_mapping *mapping)
{
	unsigned long slack = mapping->alignment - PAGE_SIZE;
	unsigned long length, address;

	if (check_add_overflow(mapping->length, slack, &length))
		return -ENOMEM;

	address = get_unmapped_area(NULL, 0, length, 0,
				    MAP_PRIVATE | MAP_ANONYMOUS);
	if (IS_ERR_VALUE(address))
		return address;
	return ALIGN(address, mapping->alignment);
}

/* Maps and fills; the caller holds the mmap lock for writing. */
static unsigned long map_locked(const struct tamalloc_mapping *mapping,
				unsigned long *populate, struct list_head *uf)
{
	unsigned long flags = MAP_PRIVATE | MAP_ANONYMOUS | mapping->map_flags;
	unsigned long hint = 0;
	unsigned long address;
	int error;

	*populate = 0;
	/*
	 * A filled range that merged with its neighbours has to be split off
	 * again.  Should that fail for lack of vmas, so would the way back.
	 */
	if (mapping->fill && current->mm->map_count + 2 > sysctl_max_map_count)
		return -ENOMEM;
	if (mapping->alignment > PAGE_SIZE) {
		hint = find_aligned(mapping);
		if (IS_ERR_VALUE(hint))
			return hint;
		flags |= MAP_FIXED_NOREPLACE;
	}

	address = do_mmap(NULL, hint, mapping->length, PROTECTION, flags,
			  mapping->vm_flags, 0, populate, uf);
	if (IS_ERR_VALUE(address) || !mapping->fill)
		return address;

	error = tamalloc_set_fill(address, mapping->length, mapping->fill);
	if (error) {
		do_munmap(current->mm, address, mapping->length, uf);
		*populate = 0;
		return error;
	}
	return address;
}

long tamalloc_map(const struct tamalloc_mapping *mapping)
{
	struct mm_struct *mm = current->mm;
	unsigned long populate;
	unsigned long address;
	LIST_HEAD(uf);
	int error;

	error = security_mmap_file(NULL, PROTECTION, MAP_PRIVATE |
				   MAP_ANONYMOUS | mapping->map_flags);
	if (error)
		return error;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	address = map_locked(mapping, &populate, &uf);
	mmap_write_unlock(mm);
	userfaultfd_unmap_complete(mm, &uf);

	if (IS_ERR_VALUE(address))
		return address;

	/* Under mlockall(MCL_FUTURE) the kernel commits what it can, ... */
	if (populate)
		mm_populate(address, populate);

	/* ... but who asks for committed memory wants all of it or none. */
	if (mapping->prefault && __mm_populate(address, mapping->length, 0)) {
		vm_munmap(address, mapping->length);
		return -ENOMEM;
	}
	return address;
}
