// SPDX-License-Identifier: GPL-2.0
/*
 * The C side of the memory statistics: the system calls' doors, and one
 * function for each macro or inline function that the Swift side needs.  What
 * is decided is decided in Swift.
 *
 * Locks.  RCU is held to look a process up, its alloc_lock to take its mm;
 * both are dropped before a function here returns.  Between two calls the
 * Swift side holds references only, so it may sleep anywhere.
 */
#include <linux/build_bug.h>
#include <linux/cred.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/oom.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/swap.h>
#include <linux/syscalls.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "statistics.h"

/* The ABI: no holes, and the sizes that the header promises for version 0. */
static_assert(sizeof(struct tamalloc_process_query) ==
	      TAMALLOC_PROCESS_QUERY_SIZE_VER0);
static_assert(sizeof(struct tamalloc_process_statistics) ==
	      TAMALLOC_PROCESS_STATISTICS_SIZE_VER0);
static_assert(sizeof(struct tamalloc_process_statistics) ==
	      8 * sizeof(__u32) + 8 * sizeof(__u64) + 64);
static_assert(offsetof(struct tamalloc_process_statistics, badness) == 24);
static_assert(offsetof(struct tamalloc_process_statistics, name) == 96);
static_assert(sizeof_field(struct tamalloc_process_statistics, name) >=
	      TASK_COMM_LEN);
static_assert(sizeof(struct tamalloc_total_statistics) ==
	      TAMALLOC_TOTAL_STATISTICS_SIZE_VER0);
static_assert(sizeof(struct tamalloc_total_statistics) == 9 * sizeof(__u64));

/* --- Processes ---------------------------------------------------------- */

/* The thread group whose leader has this pid in the caller's namespace. */
struct task_struct *tamalloc_statistics_find_process(int pid)
{
	struct task_struct *process;

	rcu_read_lock();
	process = pid_task(find_vpid(pid), PIDTYPE_TGID);
	if (process)
		get_task_struct(process);
	rcu_read_unlock();
	return process;
}

/* The first thread group at or after *pid, as readdir of /proc finds it. */
struct task_struct *tamalloc_statistics_next_process(int *pid)
{
	struct pid_namespace *namespace = task_active_pid_ns(current);
	struct task_struct *process = NULL;
	struct pid *found;

	rcu_read_lock();
	while ((found = find_ge_pid(*pid, namespace))) {
		*pid = pid_nr_ns(found, namespace);
		process = pid_task(found, PIDTYPE_TGID);
		if (process) {
			get_task_struct(process);
			break;
		}
		++*pid;
	}
	rcu_read_unlock();
	return process;
}

void tamalloc_statistics_put_process(struct task_struct *process)
{
	put_task_struct(process);
}

/* A listing asks of everybody, so it leaves no audit trail of refusals. */
bool tamalloc_statistics_may_read(struct task_struct *process, bool audited)
{
	unsigned int mode = PTRACE_MODE_READ_REALCREDS;

	if (!audited)
		mode |= PTRACE_MODE_NOAUDIT;
	return ptrace_may_access(process, mode);
}

/* When it was born and what time it is, on one clock, in nanoseconds. */
unsigned long long tamalloc_statistics_birth(struct task_struct *process)
{
	return READ_ONCE(process->start_time);
}

unsigned long long tamalloc_statistics_now(void)
{
	return ktime_get_ns();
}

/* The pages that /proc/PID/oom_score measures badness by. */
unsigned long tamalloc_statistics_oom_pages(void)
{
	return totalram_pages() + total_swap_pages;
}

/* --- Address spaces ----------------------------------------------------- */

/*
 * The mm of the process: that of any of its threads, for a leader that has
 * exited leaves its threads, and their memory, behind.  oom_badness() sees
 * them in the same way.  A kernel thread has none, even while it borrows one.
 */
struct mm_struct *tamalloc_statistics_get_mm(struct task_struct *process)
{
	struct task_struct *thread;
	struct mm_struct *mm;

	if (process->flags & PF_KTHREAD)
		return NULL;
	thread = find_lock_task_mm(process);
	if (!thread)
		return NULL;
	__acquire(&thread->alloc_lock);	/* it did; sparse is not told */
	mm = thread->mm;
	mmget(mm);
	task_unlock(thread);
	return mm;
}

/*
 * percpu_counter_sum() of all counters of @mm at once: interrupts are disabled,
 * and the processors visited, once and not four times.  No other function of
 * ours costs as much, so this is a tenth of the whole call.
 */
static void sum_counters(struct mm_struct *mm, long sums[NR_MM_COUNTERS])
{
#ifdef CONFIG_SMP
	struct percpu_counter *counters = mm->rss_stat;
	unsigned long flags;
	int cpu, i;

	local_irq_save(flags);
	for (i = 0; i < NR_MM_COUNTERS; i++) {
		raw_spin_lock_nested(&counters[i].lock, i);
		/* sparse cannot count the locks of a loop */
		__release(&counters[i].lock);
		sums[i] = counters[i].count;
	}
	for_each_cpu_or(cpu, cpu_online_mask, cpu_dying_mask) {
		for (i = 0; i < NR_MM_COUNTERS; i++)
			sums[i] += *per_cpu_ptr(counters[i].counters, cpu);
	}
	for (i = 0; i < NR_MM_COUNTERS; i++) {
		__acquire(&counters[i].lock);
		raw_spin_unlock(&counters[i].lock);
	}
	local_irq_restore(flags);
#else
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		sums[i] = mm->rss_stat[i].count;
#endif
}

/* The exact sums that /proc/PID/status shows, not the approximate counters. */
void tamalloc_statistics_count_pages(struct mm_struct *mm,
				     struct tamalloc_statistics_pages *pages)
{
	long sums[NR_MM_COUNTERS];

	sum_counters(mm, sums);
	/* As percpu_counter_sum_positive() does. */
	pages->anonymous = max(sums[MM_ANONPAGES], 0);
	pages->file = max(sums[MM_FILEPAGES], 0);
	pages->shared = max(sums[MM_SHMEMPAGES], 0);
	pages->swap = max(sums[MM_SWAPENTS], 0);
	pages->reserved = READ_ONCE(mm->total_vm);
	pages->page_table_bytes = mm_pgtables_bytes(mm);
}

/*
 * False only if nobody but this process, and the caller's own reference,
 * used the mm at one instant after @began.  The users are read first; each
 * thread counted later was born before @began, so it was among those users.
 * A passing reference (a reader of /proc) makes this true for no reason, which
 * costs a little memory and nothing else.
 */
bool tamalloc_statistics_is_shared(struct mm_struct *mm,
				   struct task_struct *process,
				   unsigned long long began)
{
	int others = atomic_read(&mm->mm_users) - 1;
	struct task_struct *thread;

	/* Users before threads: pairs with exit_mm(), threads before users. */
	smp_rmb();
	rcu_read_lock();
	for_each_thread(process, thread) {
		if (READ_ONCE(thread->mm) == mm &&
		    READ_ONCE(thread->start_time) < began)
			others--;
	}
	rcu_read_unlock();
	return others > 0;
}

/* Two mms cannot start within one block of this size. */
#define MM_INDEX_SHIFT	ilog2(sizeof(struct mm_struct))

bool tamalloc_statistics_is_remembered(struct xarray *seen, struct mm_struct *mm)
{
	return xa_load(seen, (unsigned long)mm >> MM_INDEX_SHIFT);
}

/*
 * 1 if @mm is new to @seen, 0 if it is known, or a negative error.  What is
 * remembered is pinned (the structure, not its pages), so that no other mm can
 * come to have its address before the end.
 */
int tamalloc_statistics_remember(struct xarray *seen, struct mm_struct *mm)
{
	int error = xa_insert(seen, (unsigned long)mm >> MM_INDEX_SHIFT, mm,
			      GFP_KERNEL);

	if (error == -EBUSY)
		return 0;
	if (error)
		return error;
	mmgrab(mm);
	return 1;
}

static void tamalloc_statistics_forget(struct xarray *seen)
{
	struct mm_struct *mm;
	unsigned long index;

	xa_for_each(seen, index, mm) {
		mmdrop(mm);
		cond_resched();
	}
	xa_destroy(seen);
}

/* --- Rows --------------------------------------------------------------- */

/*
 * The name that /proc shows of a kernel thread, see proc_task_name().  That of
 * a worker tells what it works on, and asking for it may sleep.
 */
static void read_thread_name(struct task_struct *thread, char *name, size_t size)
{
	if (thread->flags & PF_WQ_WORKER)
		wq_worker_comm(name, size, thread);
	else
		get_kthread_comm(name, size, thread);
}

/*
 * Who it is, as the caller's namespaces name it, into a row of zeros; and what
 * memory it has, unless that is none: then this is false.
 *
 * The lock that keeps its name together keeps its mm as well.  A reference to
 * the mm would do, but who gives back the last one has to free all the memory:
 * a reader of statistics had better not.
 */
bool tamalloc_statistics_describe(struct task_struct *process,
				  struct tamalloc_process_statistics *row,
				  struct tamalloc_statistics_pages *pages)
{
	struct task_struct *thread = process;

	rcu_read_lock();
	if (pid_alive(process))
		row->parent_pid =
			task_tgid_nr_ns(rcu_dereference(process->real_parent),
					task_active_pid_ns(current));
	row->uid = from_kuid_munged(current_user_ns(),
				    __task_cred(process)->uid);
	rcu_read_unlock();
	row->oom_score_adj = READ_ONCE(process->signal->oom_score_adj);

	if (process->flags & PF_KTHREAD) {
		read_thread_name(process, row->name, sizeof(row->name));
		return false;
	}

	task_lock(process);
	memcpy(row->name, process->comm, sizeof(process->comm));
	if (!process->mm) {
		task_unlock(process);
		thread = find_lock_task_mm(process);
		if (!thread)
			return false;
		__acquire(&thread->alloc_lock);
	}
	tamalloc_statistics_count_pages(thread->mm, pages);
	task_unlock(thread);
	return true;
}

/* --- The machine and the caller ----------------------------------------- */

void tamalloc_statistics_read_machine(struct tamalloc_statistics_machine *machine)
{
	struct sysinfo swap;

	si_swapinfo(&swap);
	machine->ram = totalram_pages();
	machine->swap = swap.totalswap;
	machine->commit_limit = vm_commit_limit();
	machine->committed_as = vm_memory_committed();
}

int tamalloc_statistics_copy_query(struct tamalloc_process_query *query,
				   unsigned long from, unsigned long size)
{
	return copy_struct_from_user(query, sizeof(*query),
				     (const void __user *)from, size);
}

/* In words: for a structure this is quicker than copy_to_user(). */
int tamalloc_statistics_copy_out(unsigned long to, const void *from,
				 unsigned long size)
{
	if (!user_write_access_begin((void __user *)to, size))
		return -EFAULT;
	unsafe_copy_to_user((void __user *)to, from, size, fault);
	user_write_access_end();
	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

int tamalloc_statistics_clear(unsigned long to, unsigned long size)
{
	return clear_user((void __user *)to, size) ? -EFAULT : 0;
}

/* Lets others run.  False if the caller is being killed: stop. */
bool tamalloc_statistics_pause(void)
{
	cond_resched();
	return !fatal_signal_pending(current);
}

/* --- The doors ---------------------------------------------------------- */

SYSCALL_DEFINE5(tamalloc_process_statistics,
		struct tamalloc_process_query __user *, query,
		size_t, query_size,
		struct tamalloc_process_statistics __user *, entries,
		size_t, entry_size, unsigned int, count)
{
	return tamalloc_swift_process_statistics((unsigned long)query,
						 query_size,
						 (unsigned long)entries,
						 entry_size, count);
}

SYSCALL_DEFINE2(tamalloc_total_statistics,
		struct tamalloc_total_statistics __user *, totals,
		size_t, totals_size)
{
	struct xarray seen;
	long result;

	xa_init_flags(&seen, XA_FLAGS_ACCOUNT);
	result = tamalloc_swift_total_statistics((unsigned long)totals,
						 totals_size, &seen);
	tamalloc_statistics_forget(&seen);
	return result;
}
