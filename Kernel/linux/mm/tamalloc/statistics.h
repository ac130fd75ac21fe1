/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between the statistics in Swift and the kernel in C.
 *
 * Both compilers read this file, so neither side can drift from the other: the
 * kernel's for statistics.c, Swift's for the Statistics*.swift files, where
 * "@c @implementation" is refused unless it matches the prototype here.
 *
 * What is a macro, an inline function or a private structure of the kernel is
 * behind a function with the prefix tamalloc_statistics_.  User addresses
 * cross as plain numbers: nothing on the Swift side can follow one by mistake.
 */
#ifndef _MM_TAMALLOC_STATISTICS_H
#define _MM_TAMALLOC_STATISTICS_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#endif
#include <linux/tamalloc.h>

struct task_struct;
struct mm_struct;
struct xarray;

/* One address space, in pages but for the last. */
struct tamalloc_statistics_pages {
	unsigned long reserved;
	unsigned long anonymous;
	unsigned long file;
	unsigned long shared;
	unsigned long swap;
	unsigned long page_table_bytes;
};

/* The machine, in pages. */
struct tamalloc_statistics_machine {
	unsigned long ram;
	unsigned long swap;
	unsigned long commit_limit;
	unsigned long committed_as;
};

/* Processes.  What find_ and next_ return is a reference: put_ it. */
struct task_struct *tamalloc_statistics_find_process(int pid);
struct task_struct *tamalloc_statistics_next_process(int *pid);
void tamalloc_statistics_put_process(struct task_struct *process);
bool tamalloc_statistics_may_read(struct task_struct *process, bool audited);
unsigned long long tamalloc_statistics_birth(struct task_struct *process);
unsigned long long tamalloc_statistics_now(void);

/* The OOM killer's view. */
unsigned long tamalloc_statistics_oom_pages(void);
long oom_badness(struct task_struct *process, unsigned long totalpages);

/* Address spaces.  What get_ returns is a reference: mmput() it. */
struct mm_struct *tamalloc_statistics_get_mm(struct task_struct *process);
void tamalloc_statistics_count_pages(struct mm_struct *mm,
				     struct tamalloc_statistics_pages *pages);
bool tamalloc_statistics_is_shared(struct mm_struct *mm,
				   struct task_struct *process,
				   unsigned long long began);
bool tamalloc_statistics_is_remembered(struct xarray *seen,
				       struct mm_struct *mm);
int tamalloc_statistics_remember(struct xarray *seen, struct mm_struct *mm);
void mmput(struct mm_struct *mm);

/* Both of a process; false if it has no address space. */
bool tamalloc_statistics_describe(struct task_struct *process,
				  struct tamalloc_process_statistics *row,
				  struct tamalloc_statistics_pages *pages);

void tamalloc_statistics_read_machine(struct tamalloc_statistics_machine *machine);

/* The caller: its memory (0 or a negative error), and whether to go on. */
int tamalloc_statistics_copy_query(struct tamalloc_process_query *query,
				   unsigned long from, unsigned long size);
int tamalloc_statistics_copy_out(unsigned long to, const void *from,
				 unsigned long size);
int tamalloc_statistics_clear(unsigned long to, unsigned long size);
bool tamalloc_statistics_pause(void);

/* In Swift. */
long tamalloc_swift_process_statistics(unsigned long query,
				       unsigned long query_size,
				       unsigned long entries,
				       unsigned long entry_size,
				       unsigned int count);
long tamalloc_swift_total_statistics(unsigned long totals,
				     unsigned long totals_size,
				     struct xarray *seen);
void tamalloc_swift_check_statistics(void);

/* Nobody defines this one. */
void tamalloc_statistics_layouts_differ(void);

#endif /* _MM_TAMALLOC_STATISTICS_H */
