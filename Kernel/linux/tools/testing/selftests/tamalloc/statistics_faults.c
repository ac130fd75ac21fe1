// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that fail, in a kernel that can be asked for it (failslab and
 * fail_page_alloc): a listing needs none and never fails, and a sum that cannot
 * remember a shared address space says so.
 */
#include "statistics.h"

#define SHARERS	40
#define ROUNDS	1000

static struct statistics_row rows[4096];

static int wait_for_end(void *unused)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
	return !!unused;
}

/* Pairs of processes that share memory, each pair another: all are remembered. */
static void share_with_one(long unused)
{
	char *stack = reserve(64 * KIB);

	(void)unused;
	if (clone(wait_for_end, stack + 64 * KIB, CLONE_VM | SIGCHLD, NULL) < 0)
		_exit(8);
}

static void set(const char *injector, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", injector, name);
	if (!try_write_file(path, value))
		SKIP("no fault injection");
}

/* Of this process's allocations, that many in a hundred fail. */
static void inject(const char *injector, const char *percentage)
{
	set(injector, "probability", percentage);
	set(injector, "task-filter", "Y");
	set(injector, "times", "-1");
	set(injector, "interval", "1");
	set(injector, "space", "0");
	set(injector, "verbose", "0");
	set(injector, "ignore-gfp-wait", "N");
}

/* One sum and one listing; false if they are neither complete nor refused. */
static bool look(long *refused)
{
	struct statistics_totals totals;
	struct statistics_row row;
	long result = total_statistics(&totals, sizeof(totals));

	if (result == -ENOMEM)
		++*refused;
	else if (result)
		return false;
	return list_statistics(rows, 4096, 4096) > 2 * SHARERS &&
		statistics_of(1, &row) == 1;
}

static void check_with(const char *injector)
{
	pid_t children[SHARERS];
	long refused = 0;
	int round = 0;

	inject(injector, "0");
	for (int i = 0; i < SHARERS; i++) {
		children[i] = make_child(share_with_one, 0);
		CHECK(children[i] > 0);
	}
	touch((char *)rows, sizeof(rows));

	inject(injector, "10");
	write_file("/proc/self/make-it-fail", "1");
	while (round < ROUNDS && look(&refused))
		round++;
	/* Opening the file may fail as well, until it does not. */
	while (!try_write_file("/proc/self/make-it-fail", "0"))
		;
	inject(injector, "0");
	CHECK_EQ(round, ROUNDS);
	say("%s: %ld of %d sums were refused", injector, refused, ROUNDS);
	for (int i = 0; i < SHARERS; i++)
		end_child(children[i]);
}

TEST_TIMEOUT(failing_slabs, PATIENT)
{
	check_with("failslab");
}

TEST_TIMEOUT(failing_pages, PATIENT)
{
	check_with("fail_page_alloc");
}
