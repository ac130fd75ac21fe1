// SPDX-License-Identifier: GPL-2.0
/*
 * The totals are the sums over the processes, each address space once, and
 * what /proc/meminfo says of the machine.
 */
#include "statistics.h"

static struct statistics_row rows[4096];

/* The bytes of a struct statistics_totals that are sums over processes. */
#define SUMS	(offsetof(struct statistics_totals, swapped_bytes) + sizeof(__u64))

/* The sums over a listing, each row as an address space of its own. */
static struct statistics_totals sum(long count)
{
	struct statistics_totals totals = { .processes = count };

	for (long i = 0; i < count; i++) {
		if (rows[i].flags & TAMALLOC_PROCESS_NO_MEMORY)
			continue;
		totals.address_spaces++;
		totals.reserved_bytes += rows[i].reserved_bytes;
		totals.committed_bytes += rows[i].committed_bytes;
		totals.swapped_bytes += rows[i].swap_bytes;
	}
	return totals;
}

/* Takes the row of @shared off again, @times times. */
static void subtract(struct statistics_totals *totals,
		     const struct statistics_row *shared, int times)
{
	totals->address_spaces -= times;
	totals->reserved_bytes -= times * shared->reserved_bytes;
	totals->committed_bytes -= times * shared->committed_bytes;
	totals->swapped_bytes -= times * shared->swap_bytes;
}

/*
 * Compares the totals with the sums over a listing, as soon as all is quiet.
 * @shared is one of @sharers processes in one address space.
 */
static void check_sums(pid_t shared, int sharers)
{
	struct statistics_totals totals, expected;

	for (int attempt = 0; attempt < 200; attempt++) {
		long count = list_statistics(rows, 4096, 4096);

		expected = sum(count);
		if (sharers > 1) {
			const struct statistics_row *row = find_row(rows, count, shared);

			CHECK(row);
			subtract(&expected, row, sharers - 1);
		}
		CHECK_EQ(total_statistics(&totals, sizeof(totals)), 0);
		if (!memcmp(&totals, &expected, SUMS))
			return;
		usleep(1000);
	}
	CHECK_EQ(totals.processes, expected.processes);
	CHECK_EQ(totals.address_spaces, expected.address_spaces);
	CHECK_EQ(totals.reserved_bytes, expected.reserved_bytes);
	CHECK_EQ(totals.committed_bytes, expected.committed_bytes);
	CHECK_EQ(totals.swapped_bytes, expected.swapped_bytes);
}

TEST_TIMEOUT(equal_the_sum_over_the_processes, PATIENT)
{
	check_sums(0, 1);
}

static void touch_some(long size)
{
	touch(reserve(GIB), size);
}

TEST_TIMEOUT(equal_the_sum_with_new_processes, PATIENT)
{
	pid_t children[50];
	struct statistics_totals before, after;

	CHECK_EQ(total_statistics(&before, sizeof(before)), 0);
	for (int i = 0; i < 50; i++)
		children[i] = make_child(touch_some, i * 16 * KIB);
	check_sums(0, 1);
	CHECK_EQ(total_statistics(&after, sizeof(after)), 0);
	CHECK(after.reserved_bytes >= before.reserved_bytes + 50 * GIB);
	for (int i = 0; i < 50; i++)
		end_child(children[i]);
}

static int wait_here(void *unused)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
	return !!unused;
}

static int *started;

/* The C library's pthread_create() is not for processes that share memory. */
static int wait_with_thread(void *unused)
{
	char *stack = reserve(64 * KIB);

	if (clone(wait_here, stack + 64 * KIB, CLONE_VM | CLONE_SIGHAND |
		  CLONE_THREAD | CLONE_FS | CLONE_FILES, NULL) < 0)
		_exit(8);
	__atomic_add_fetch(started, 1, __ATOMIC_SEQ_CST);
	return wait_here(unused);
}

static int wait_alone(void *unused)
{
	__atomic_add_fetch(started, 1, __ATOMIC_SEQ_CST);
	return wait_here(unused);
}

/* As many processes in one address space with the caller, but no threads. */
static void start_sharers(int (*body)(void *), long count)
{
	started = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (long i = 0; i < count; i++) {
		char *stack = reserve(64 * KIB);

		if (clone(body, stack + 64 * KIB, CLONE_VM | SIGCHLD, NULL) < 0)
			_exit(8);
	}
	while (__atomic_load_n(started, __ATOMIC_SEQ_CST) < count)
		usleep(1000);
}

static void start_lone_sharers(long count)
{
	start_sharers(wait_alone, count);
}

TEST_TIMEOUT(count_a_shared_address_space_once, PATIENT)
{
	pid_t child = make_child(start_lone_sharers, 30);

	CHECK(child > 0);
	check_sums(child, 31);
	end_child(child);
}

static void start_threaded_sharers(long count)
{
	start_sharers(wait_with_thread, count);
}

TEST_TIMEOUT(count_it_once_with_threads, PATIENT)
{
	pid_t child = make_child(start_threaded_sharers, 10);

	CHECK(child > 0);
	check_sums(child, 11);
	end_child(child);
}

TEST_TIMEOUT(count_it_once_inside_vfork, PATIENT)
{
	pid_t child, parent = make_vforker(&child);

	check_sums(parent, 2);
	kill(child, SIGKILL);
	end_child(parent);
}

TEST_TIMEOUT(the_machine_is_that_of_meminfo, PATIENT)
{
	struct statistics_totals totals;

	for (int attempt = 0; attempt < 200; attempt++) {
		uint64_t before = machine_bytes("Committed_AS");

		CHECK_EQ(total_statistics(&totals, sizeof(totals)), 0);
		if (before == totals.committed_as_bytes &&
		    before == machine_bytes("Committed_AS"))
			break;
	}
	CHECK_EQ(totals.ram_bytes, machine_bytes("MemTotal"));
	CHECK_EQ(totals.swap_total_bytes, machine_bytes("SwapTotal"));
	CHECK_EQ(totals.commit_limit_bytes, machine_bytes("CommitLimit"));
	CHECK_EQ(totals.committed_as_bytes, machine_bytes("Committed_AS"));
}
