// SPDX-License-Identifier: GPL-2.0
/*
 * Who sees whom: users without privileges see their own processes, namespaces
 * their own numbers.
 */
#include "statistics.h"

#define NOBODY	65534

static struct statistics_row rows[4096];

/* Runs @body in a child; the test fails as the child does. */
static void in_child(void (*body)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		body();
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	if (status)
		FAIL("the child ended with status 0x%x", status);
}

static void drop_privileges(void)
{
	CHECK(!setresgid(NOBODY, NOBODY, NOBODY));
	CHECK(!setresuid(NOBODY, NOBODY, NOBODY));
	/* A process that changed its user is not readable by that user. */
	prctl(PR_SET_DUMPABLE, 1);
}

static void look_without_privileges(void)
{
	struct statistics_totals totals;
	long count;
	pid_t peer;
	struct statistics_row row;

	drop_privileges();
	peer = make_child(NULL, 0);
	count = list_statistics(rows, 4096, 4096);
	CHECK_EQ(count, 2);
	CHECK(find_row(rows, count, getpid()));
	CHECK(find_row(rows, count, peer));
	CHECK_EQ(rows[0].uid, NOBODY);
	CHECK_EQ(statistics_of(peer, &row), 1);
	CHECK(compare(peer));

	/* Another user's, init's and the kernel's. */
	CHECK_EQ(statistics_of(getppid(), &row), -EPERM);
	CHECK_EQ(statistics_of(1, &row), -EPERM);
	CHECK_EQ(statistics_of(2, &row), -EPERM);

	CHECK_EQ(total_statistics(&totals, sizeof(totals)), 0);
	CHECK_EQ(totals.processes, 2);
	CHECK_EQ(totals.address_spaces, 2);
	CHECK_EQ(totals.reserved_bytes,
		 rows[0].reserved_bytes + rows[1].reserved_bytes);
	CHECK_EQ(totals.ram_bytes, machine_bytes("MemTotal"));
	end_child(peer);
}

TEST_TIMEOUT(an_unprivileged_caller, PATIENT)
{
	in_child(look_without_privileges);
}

static void undumpable(long unused)
{
	(void)unused;
	drop_privileges();
	prctl(PR_SET_DUMPABLE, 0);
}

static void look_at_undumpable(void)
{
	pid_t secret = make_child(undumpable, 0);
	struct statistics_row row;

	drop_privileges();
	CHECK_EQ(statistics_of(secret, &row), -EPERM);
	CHECK(!find_row(rows, list_statistics(rows, 4096, 16), secret));
	/* It is ours to end by its user, not by its memory. */
	end_child(secret);
}

TEST_TIMEOUT(a_process_that_keeps_its_memory_to_itself, PATIENT)
{
	in_child(look_at_undumpable);
}

static void look_in_namespace(void)
{
	pid_t child = make_child(NULL, 0);
	struct statistics_totals totals;
	struct statistics_row row;

	CHECK_EQ(getpid(), 1);
	CHECK_EQ(list_statistics(rows, 4096, 1), 2);
	CHECK_EQ(rows[0].pid, 1);
	CHECK_EQ(rows[0].parent_pid, 0);
	CHECK_EQ(rows[1].pid, child);
	CHECK_EQ(rows[1].parent_pid, 1);
	CHECK_EQ(statistics_of(1, &row), 1);
	CHECK_EQ(statistics_of(child, &row), 1);
	/* Numbers of the outer namespace mean nothing here. */
	CHECK_EQ(statistics_of(30000, &row), -ESRCH);
	CHECK_EQ(total_statistics(&totals, sizeof(totals)), 0);
	CHECK_EQ(totals.processes, 2);
	end_child(child);
}

static void enter_pid_namespace(void)
{
	if (unshare(CLONE_NEWPID))
		SKIP("no pid namespaces");
	in_child(look_in_namespace);
}

TEST_TIMEOUT(a_pid_namespace, PATIENT)
{
	enter_pid_namespace();
}

/* The same process has a number here and another there. */
TEST_TIMEOUT(a_pid_namespace_from_outside, PATIENT)
{
	pid_t init, inner;
	struct statistics_row row;

	if (unshare(CLONE_NEWPID))
		SKIP("no pid namespaces");
	/* The first one is the namespace's init, and cannot be stopped. */
	init = fork();
	if (init == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	inner = make_child(NULL, 0);
	CHECK(compare(inner));
	CHECK_EQ(statistics_of(inner, &row), 1);
	CHECK_EQ(row.pid, inner);
	CHECK_EQ(row.parent_pid, getpid());
	/* In this order: init ends when the others of its namespace have. */
	end_child(inner);
	end_child(init);
}

/* In a user namespace that maps nobody, every user is the overflow user. */
static void look_in_user_namespace(void)
{
	struct statistics_row row;

	if (unshare(CLONE_NEWUSER))
		SKIP("no user namespaces");
	CHECK_EQ(statistics_of(getpid(), &row), 1);
	CHECK_EQ(row.uid, NOBODY);
	CHECK(try_write_file("/proc/self/uid_map", "7 0 1"));
	CHECK_EQ(statistics_of(getpid(), &row), 1);
	CHECK_EQ(row.uid, 7);
}

TEST_TIMEOUT(a_user_namespace, PATIENT)
{
	look_in_user_namespace();
}
