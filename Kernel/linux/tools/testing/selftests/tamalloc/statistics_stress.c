// SPDX-License-Identifier: GPL-2.0
/*
 * Listings while processes are born, execute, share memory and die as fast as
 * two processors can: what lives throughout is always listed once, and nothing
 * ever disturbs the kernel (which its own checkers judge).
 *
 * TAMALLOC_STRESS_SECONDS says for how long; 30 by default.
 */
#include "statistics.h"
#include <pthread.h>

#define PERMANENT	20

static pid_t permanent[PERMANENT];

static double duration(void)
{
	const char *text = getenv("TAMALLOC_STRESS_SECONDS");

	return text ? atof(text) : 30;
}

static void *nothing(void *argument)
{
	return argument;
}

static int leave(void *unused)
{
	_exit(!!unused);
}

/* The ways to be born and to die; each is one worker, for ever. */
static void born_by_fork(void)
{
	pid_t child = fork();

	if (child == 0) {
		touch(reserve(MIB), 64 * KIB);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void born_by_vfork(void)
{
	static char *const arguments[] = { "true", NULL };
	pid_t child = vfork();

	if (child == 0) {
		execv("/bin/true", arguments);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void born_by_clone(void)
{
	static char stack[16 * 1024];
	pid_t child = clone(leave, stack + sizeof(stack), CLONE_VM | SIGCHLD,
			    NULL);

	waitpid(child, NULL, 0);
}

static void born_as_thread(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, nothing, NULL))
		pthread_join(thread, NULL);
}

static void grow_and_shrink(void)
{
	char *memory = reserve(8 * MIB);

	touch(memory, 256 * KIB);
	munmap(memory, 8 * MIB);
}

static void (*const births[])(void) = {
	born_by_fork, born_by_vfork, born_by_clone, born_as_thread,
	grow_and_shrink,
};

#define WORKERS	((int)(sizeof(births) / sizeof(*births)))

static pid_t start_worker(void (*step)(void))
{
	pid_t worker = fork();

	if (worker == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			step();
	}
	return worker;
}

/* One listing and one sum, while the others do what they like. */
static void look(struct statistics_row *rows, unsigned int step)
{
	long count = list_statistics(rows, 8192, step);
	struct statistics_totals totals;
	struct statistics_row row;

	CHECK(count >= PERMANENT + WORKERS);
	for (long i = 0; i < count; i++) {
		CHECK(i == 0 || rows[i - 1].pid < rows[i].pid);
		CHECK_EQ(rows[i].committed_bytes, rows[i].anonymous_bytes +
			 rows[i].file_bytes + rows[i].shared_bytes);
		CHECK(memchr(rows[i].name, 0, sizeof(rows[i].name)));
		CHECK(rows[i].oom_score >= 0 && rows[i].oom_score <= 2000);
	}
	for (int i = 0; i < PERMANENT; i++)
		CHECK(find_row(rows, count, permanent[i]));
	for (long i = 0; i < count; i += 7) {
		long result = statistics_of(rows[i].pid, &row);

		CHECK(result == 1 || result == -ESRCH);
	}
	CHECK_EQ(total_statistics(&totals, sizeof(totals)), 0);
	CHECK(totals.processes >= PERMANENT);
	CHECK(totals.address_spaces >= PERMANENT);
	CHECK(totals.address_spaces <= totals.processes);
}

TEST_TIMEOUT(births_and_deaths, PATIENT)
{
	struct statistics_row *rows = calloc(8192, sizeof(*rows));
	pid_t workers[WORKERS], second;
	double end = seconds() + duration();
	long rounds = 0;
	int status;

	for (int i = 0; i < PERMANENT; i++)
		permanent[i] = make_child(NULL, 0);
	for (int i = 0; i < WORKERS; i++)
		workers[i] = start_worker(births[i]);
	second = fork();
	while (seconds() < end)
		look(rows, second ? 1 + rounds++ % 100 : 4096);
	if (second == 0)
		_exit(0);

	CHECK_EQ(waitpid(second, &status, 0), second);
	CHECK_EQ(status, 0);
	for (int i = 0; i < WORKERS; i++)
		end_child(workers[i]);
	for (int i = 0; i < PERMANENT; i++)
		end_child(permanent[i]);
	say("%ld listings and sums by one of two readers", rounds);
}

/*
 * Sharers that come and go never count twice: one process keeps starting and
 * ending others in its address space, and the sum of what it reserves stays
 * below twice its size.  With few numbers for processes their order soon says
 * nothing of who was there first.
 */
TEST_TIMEOUT(sharers_that_come_and_go, PATIENT)
{
	double end = seconds() + duration() / 6;
	uint64_t most = 0, least = UINT64_MAX;
	pid_t sharer;
	struct statistics_totals totals;
	struct statistics_row row;
	int status;

	write_file("/proc/sys/kernel/pid_max", "600");
	sharer = fork();
	if (sharer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		reserve(1024 * GIB);
		for (;;) {
			born_by_clone();
			born_by_vfork();
			born_as_thread();
		}
	}
	/* A slow machine needs a moment to get so far. */
	do {
		CHECK_EQ(statistics_of(sharer, &row), 1);
	} while (row.reserved_bytes < 1024 * GIB);
	while (seconds() < end) {
		CHECK_EQ(total_statistics(&totals, sizeof(totals)), 0);
		if (totals.reserved_bytes > most)
			most = totals.reserved_bytes;
		if (totals.reserved_bytes < least)
			least = totals.reserved_bytes;
	}
	CHECK_EQ(waitpid(sharer, &status, WNOHANG), 0);
	end_child(sharer);
	write_file("/proc/sys/kernel/pid_max", "32768");
	say("reserved between %lu and %lu GiB", (unsigned long)(least / GIB),
	    (unsigned long)(most / GIB));
	CHECK(least >= 1024 * GIB);
	CHECK(most < 2048 * GIB);
}
