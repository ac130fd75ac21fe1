/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * Lazily committed memory and memory statistics: the one description of the
 * system calls that the kernel, the C library and the Swift library share.
 *
 * Terms.  "Reserved" is address space (VmSize); "committed" is what has page
 * frames of its own behind it (VmRSS).  All sizes are in bytes.
 *
 * Extension.  Every structure travels with its size.  A newer caller on an
 * older kernel is refused with E2BIG if it sets a field that the kernel does
 * not know; an older caller gets the prefix that it knows.
 */
#ifndef _UAPI_LINUX_TAMALLOC_H
#define _UAPI_LINUX_TAMALLOC_H

#include <linux/types.h>

#define TAMALLOC_SYSCALL			554
#define TAMALLOC_SYSCALL_PROCESS_STATISTICS	555
#define TAMALLOC_SYSCALL_TOTAL_STATISTICS	556
#define TAMALLOC_SYSCALL_EXTENDED		557

/* void *tamalloc(size_t size)   [554] */

/* Flags of struct tamalloc_options. */
#define TAMALLOC_HUGE_PAGES	(1ULL << 0)	/* allow transparent huge pages */
#define TAMALLOC_PREFAULT	(1ULL << 1)	/* commit every page at once */
#define TAMALLOC_ACCOUNT	(1ULL << 2)	/* count against the commit limit */

/*
 * void *tamalloc_extended(const struct tamalloc_options *options,
 *			   size_t options_size)   [557]
 */
struct tamalloc_options {
	__u64 size;		/* bytes, rounded up to whole pages; not 0 */
	__u64 alignment;	/* bytes, a power of two; 0 means one page */
	__u64 flags;		/* TAMALLOC_*; an unknown bit is EINVAL */
	__u64 fill;		/* 0 to 255: what each byte reads as at first */
};

#define TAMALLOC_OPTIONS_SIZE_VER0	32

/* What to report, and where the listing stands. */
struct tamalloc_process_query {
	__s32 pid;		/* one process, or 0 for all that are visible */
	__u32 flags;		/* must be 0 */
	__s32 cursor;		/* in: 0 to begin; out: where to continue, 0 at the end */
	__u32 reserved;		/* must be 0 */
};

#define TAMALLOC_PROCESS_QUERY_SIZE_VER0	16

/* Flags of struct tamalloc_process_statistics. */
#define TAMALLOC_PROCESS_NO_MEMORY	(1U << 0)	/* kernel thread or dead: no mm */

/*
 * int tamalloc_process_statistics(struct tamalloc_process_query *query,
 *				   size_t query_size,
 *				   struct tamalloc_process_statistics *entries,
 *				   size_t entry_size, unsigned int count)   [555]
 * returns how many entries were written.
 */
struct tamalloc_process_statistics {
	__s32 pid;			/* in the caller's pid namespace */
	__s32 parent_pid;
	__u32 uid;			/* real uid in the caller's user namespace */
	__u32 flags;
	__s32 oom_score;		/* as /proc/PID/oom_score */
	__s32 oom_score_adj;
	__s64 badness;			/* pages, unrounded; INT64_MIN: never killed */
	__u64 reserved_bytes;		/* VmSize */
	__u64 committed_bytes;		/* VmRSS = anonymous + file + shared */
	__u64 anonymous_bytes;		/* RssAnon */
	__u64 file_bytes;		/* RssFile */
	__u64 shared_bytes;		/* RssShmem */
	__u64 swap_bytes;		/* VmSwap */
	__u64 page_table_bytes;		/* VmPTE */
	__u32 committed_permille;	/* committed * 1000 / reserved */
	__u32 reserved;			/* 0 */
	char name[64];			/* as /proc/PID/comm; NUL-terminated and -padded */
};

#define TAMALLOC_PROCESS_STATISTICS_SIZE_VER0	160

/*
 * int tamalloc_total_statistics(struct tamalloc_total_statistics *totals,
 *				 size_t totals_size)   [556]
 */
struct tamalloc_total_statistics {
	__u64 processes;		/* counted: those visible to the caller */
	__u64 address_spaces;		/* distinct mms among them */
	__u64 reserved_bytes;		/* each mm once, summed in pages */
	__u64 committed_bytes;
	__u64 swapped_bytes;
	__u64 ram_bytes;		/* MemTotal */
	__u64 swap_total_bytes;		/* SwapTotal */
	__u64 commit_limit_bytes;	/* CommitLimit */
	__u64 committed_as_bytes;	/* Committed_AS */
};

#define TAMALLOC_TOTAL_STATISTICS_SIZE_VER0	72

#endif /* _UAPI_LINUX_TAMALLOC_H */
