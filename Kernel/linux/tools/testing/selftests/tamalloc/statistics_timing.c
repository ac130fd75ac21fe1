// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs to know the memory of a thousand processes, from the system
 * call and from /proc.  Both are measured in turns, and compared by the median
 * of the ratios of neighbouring turns, so that a slow spell of the machine
 * meets both.
 */
#include "statistics.h"
#include <sys/utsname.h>

#define PROCESSES	1000
#define TURNS		15
#define GOAL		20
/* A busy host may spoil a series of turns, not all of them. */
#define SERIES		3

static struct statistics_row rows[4096];
static pid_t children[PROCESSES];

/* Of a process that may have gone meanwhile. */
static void read_whole(const char *format, pid_t pid)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), format, pid);
	read_text(path, text, sizeof(text));
}

/* Seconds to ask for all rows; *count is how many. */
static double time_call(long *count)
{
	double start = seconds();

	*count = list_statistics(rows, 4096, 4096);
	return seconds() - start;
}

/* Seconds to list /proc and to read each process's files, without parsing. */
static double time_proc(void)
{
	double start = seconds();
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	CHECK(proc);
	while ((entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		if (pid == 0)
			continue;
		read_whole("/proc/%d/status", pid);
		read_whole("/proc/%d/oom_score", pid);
	}
	closedir(proc);
	return seconds() - start;
}

static double time_totals(void)
{
	double start = seconds();
	struct statistics_totals totals;

	CHECK_EQ(total_statistics(&totals, sizeof(totals)), 0);
	return seconds() - start;
}

static int ascending(const void *left, const void *right)
{
	double difference = *(const double *)left - *(const double *)right;

	return (difference > 0) - (difference < 0);
}

static double median(double *values)
{
	qsort(values, TURNS, sizeof(*values), ascending);
	return values[TURNS / 2];
}

/* A series of turns; the ratio of /proc's time to the call's. */
static double compete(void)
{
	double call[TURNS], proc[TURNS], totals[TURNS], ratio[TURNS];
	long count = 0;

	for (int turn = 0; turn < TURNS; turn++) {
		call[turn] = time_call(&count);
		CHECK(count >= PROCESSES);
		proc[turn] = time_proc();
		ratio[turn] = proc[turn] / call[turn];
		totals[turn] = time_totals();
	}
	say("processes: %ld", count);
	say("555, ns a process: %.0f", median(call) / count * 1e9);
	say("/proc, ns a process: %.0f", median(proc) / count * 1e9);
	say("556, ns a process: %.0f", median(totals) / count * 1e9);
	say("ratio /proc to 555: %.1f (goal %d)", median(ratio), GOAL);
	return median(ratio);
}

TEST_TIMEOUT(against_proc, PATIENT)
{
	struct utsname system;
	double best = 0;
	long count;

	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
		CHECK(children[i] > 0);
	}
	/* Once for nothing: /proc makes its inodes then. */
	time_call(&count);
	time_proc();
	for (int series = 0; series < SERIES && best < GOAL; series++) {
		double ratio = compete();

		if (ratio > best)
			best = ratio;
	}
	for (int i = 0; i < PROCESSES; i++)
		kill(children[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	/* Its checkers make each lock and each word more expensive. */
	CHECK(!uname(&system));
	if (strstr(system.release, "-debug"))
		SKIP("a debug kernel's time means nothing");
	CHECK(best >= GOAL);
}
