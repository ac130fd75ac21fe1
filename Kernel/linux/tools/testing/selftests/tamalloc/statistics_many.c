// SPDX-License-Identifier: GPL-2.0
/*
 * Thousands of processes: each is listed once, in any size of portions, and
 * the totals count all.
 */
#include "statistics.h"

#define MANY	5000
#define ROOM	(2 * MANY)

static pid_t children[MANY];

/* Children that only exist.  They share one process group, to end together. */
static int make_many(int number)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	int made;

	/* A small machine allows itself fewer. */
	setrlimit(RLIMIT_NPROC, &limit);
	try_write_file("/proc/sys/kernel/threads-max", "20000");
	try_write_file("/proc/sys/kernel/pid_max", "32768");
	for (made = 0; made < number; made++) {
		children[made] = fork();
		if (children[made] < 0)
			break;
		if (children[made] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	return made;
}

/* All children are there, once, and the pids ascend. */
static void check_listing(const struct statistics_row *rows, long count,
			  int made)
{
	int found = 0;

	for (long i = 1; i < count; i++)
		CHECK(rows[i - 1].pid < rows[i].pid);
	for (int i = 0; i < made; i++) {
		const struct statistics_row *row = find_row(rows, count, children[i]);

		CHECK(row);
		CHECK_EQ(row->parent_pid, getpid());
		CHECK_EQ(row->flags, 0);
		CHECK(row->committed_bytes > 0);
		found++;
	}
	CHECK_EQ(found, made);
}

TEST_TIMEOUT(five_thousand_processes, PATIENT)
{
	static const unsigned int portions[] = { 1, 7, 64, 1000, ROOM };
	struct statistics_row *rows = calloc(ROOM, sizeof(*rows));
	struct statistics_totals totals;
	int made = make_many(MANY);

	CHECK_EQ(made, MANY);
	for (size_t i = 0; i < sizeof(portions) / sizeof(*portions); i++) {
		double start = seconds();
		long count = list_statistics(rows, ROOM, portions[i]);

		CHECK(count >= MANY);
		check_listing(rows, count, made);
		say("%ld rows in portions of %u: %.1f ms", count, portions[i],
		    (seconds() - start) * 1e3);
	}

	double start = seconds();

	CHECK_EQ(total_statistics(&totals, sizeof(totals)), 0);
	say("totals: %.1f ms", (seconds() - start) * 1e3);
	CHECK(totals.processes >= MANY);
	CHECK(totals.address_spaces >= MANY);

	/* A sample of them, compared with /proc. */
	for (int i = 0; i < made; i += 97)
		CHECK(compare(children[i]));
	for (int i = 0; i < made; i++)
		kill(children[i], SIGKILL);
	while (wait(NULL) > 0)
		;
}

/* Numbers that nobody has, and the ends of the range. */
TEST_TIMEOUT(cursors_beyond_all_processes, PATIENT)
{
	static const int cursors[] = { 32768, 4194304, 4194305, INT32_MAX };
	struct statistics_row row;

	for (size_t i = 0; i < sizeof(cursors) / sizeof(*cursors); i++) {
		struct statistics_query query = { .cursor = cursors[i] };

		CHECK_EQ(process_statistics(&query, sizeof(query), &row,
					    sizeof(row), 1), 0);
		CHECK_EQ(query.cursor, 0);
		CHECK_EQ(statistics_of(cursors[i], &row), -ESRCH);
	}
}
