// SPDX-License-Identifier: GPL-2.0
/*
 * Processes of uncommon shape: many threads, a first thread that has gone, a
 * child inside vfork(), no memory at all, and memory that was swapped out.
 */
#include "statistics.h"
#include <pthread.h>
#include <sys/swap.h>

#define THREADS	20

static void *sleep_forever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void start_threads(long count)
{
	pthread_t thread;

	while (count--)
		if (pthread_create(&thread, NULL, sleep_forever, NULL))
			_exit(6);
}

TEST_TIMEOUT(threads_are_one_process, PATIENT)
{
	static struct statistics_row rows[4096];
	pid_t child = make_child(start_threads, THREADS);
	long count = list_statistics(rows, 4096, 4096);
	struct dirent *entry;
	char path[64];
	int seen = 0;
	DIR *tasks;
	struct statistics_row row;

	CHECK(compare(child));
	CHECK(find_row(rows, count, child));
	snprintf(path, sizeof(path), "/proc/%d/task", child);
	tasks = opendir(path);
	CHECK(tasks);
	while ((entry = readdir(tasks))) {
		pid_t thread = atoi(entry->d_name);

		if (thread == 0)
			continue;
		seen++;
		if (thread == child)
			continue;
		/* A thread has a number, but is no process. */
		CHECK(!find_row(rows, count, thread));
		CHECK_EQ(statistics_of(thread, &row), -ESRCH);
	}
	CHECK_EQ(seen, THREADS + 1);
	end_child(child);
}

/* To stop before the first thread has gone would stop that one as well. */
static void *outlive_leader(void *unused)
{
	struct statistics_row proc;

	touch(reserve(GIB), 5 * MIB);
	while (read_proc(getpid(), &proc) && !proc.flags)
		usleep(1000);
	hold();
	return unused;
}

static void replace_leader(long unused)
{
	pthread_t thread;

	(void)unused;
	if (pthread_create(&thread, NULL, outlive_leader, NULL))
		_exit(6);
	pthread_exit(NULL);
}

/*
 * The first thread has exited and another runs on: /proc/PID/status shows no
 * memory then, while the OOM killer sees it.  So does the row.
 */
TEST_TIMEOUT(a_process_without_its_first_thread, PATIENT)
{
	pid_t child = make_child(replace_leader, 0);
	struct statistics_row row, proc;

	CHECK(child > 0);
	CHECK(read_proc(child, &proc));
	CHECK_EQ(statistics_of(child, &row), 1);
	CHECK_EQ(proc.flags, TAMALLOC_PROCESS_NO_MEMORY);
	CHECK_EQ(row.flags, 0);
	CHECK(row.reserved_bytes >= GIB);
	CHECK(row.anonymous_bytes >= 5 * MIB);
	CHECK_EQ(row.oom_score, proc.oom_score);
	CHECK(row.badness > 1200);
	end_child(child);
}

/* A child whose own child is inside vfork() and has not let go of it yet. */
TEST_TIMEOUT(inside_vfork, PATIENT)
{
	pid_t child, parent = make_vforker(&child);
	struct statistics_row row, parent_row;

	CHECK(compare(child));
	CHECK(compare(parent));
	CHECK_EQ(statistics_of(child, &row), 1);
	CHECK_EQ(statistics_of(parent, &parent_row), 1);
	CHECK_EQ(row.parent_pid, parent);
	CHECK_EQ(row.badness, INT64_MIN);
	CHECK_EQ(row.oom_score, 0);
	CHECK(parent_row.badness != INT64_MIN);
	CHECK_EQ(row.reserved_bytes, parent_row.reserved_bytes);
	CHECK_EQ(row.committed_bytes, parent_row.committed_bytes);
	kill(child, SIGKILL);
	end_child(parent);
}

static const struct statistics_row no_row;

static void check_no_memory(const struct statistics_row *row)
{
	CHECK_EQ(row->flags, TAMALLOC_PROCESS_NO_MEMORY);
	CHECK_EQ(row->badness, INT64_MIN);
	CHECK_EQ(row->oom_score, 0);
	CHECK(!memcmp(&row->reserved_bytes, &no_row.reserved_bytes,
		      offsetof(struct statistics_row, name) -
		      offsetof(struct statistics_row, reserved_bytes)));
}

TEST_TIMEOUT(threads_of_the_kernel, PATIENT)
{
	static struct statistics_row rows[4096];
	long count = list_statistics(rows, 4096, 4096);
	size_t longest = 0;
	int found = 0;
	struct statistics_row row;

	for (long i = 0; i < count; i++) {
		/* kthreadd is 2, and all are its children. */
		if (rows[i].pid != 2 && rows[i].parent_pid != 2)
			continue;
		check_no_memory(&rows[i]);
		compare(rows[i].pid);
		if (strlen(rows[i].name) > longest)
			longest = strlen(rows[i].name);
		found++;
	}
	CHECK(found > 3);
	/* Workers have names that no other process can have. */
	CHECK(longest > 15);
	CHECK_EQ(statistics_of(2, &row), 1);
	CHECK(!strcmp(row.name, "kthreadd"));
}

TEST_TIMEOUT(a_zombie, PATIENT)
{
	pid_t child = fork();
	siginfo_t information;
	struct statistics_row row;

	if (child == 0)
		_exit(0);
	CHECK(!waitid(P_PID, child, &information, WEXITED | WNOWAIT));
	CHECK(compare(child));
	CHECK_EQ(statistics_of(child, &row), 1);
	check_no_memory(&row);
	CHECK_EQ(row.parent_pid, getpid());
	waitpid(child, NULL, 0);
	CHECK_EQ(statistics_of(child, &row), -ESRCH);
}

/* The first page of swap space, as mkswap writes it. */
static void write_swap_header(const char *device, size_t size)
{
	static uint32_t page[PAGE / sizeof(uint32_t)];
	int file = open(device, O_WRONLY);

	page[1024 / sizeof(*page)] = 1;				/* version */
	page[1024 / sizeof(*page) + 1] = size / PAGE - 1;	/* last page */
	memcpy((char *)page + PAGE - 10, "SWAPSPACE2", 10);
	CHECK(file >= 0);
	CHECK_EQ(write(file, page, PAGE), PAGE);
	close(file);
}

static void page_out(long size)
{
	char *memory = reserve(size);

	touch(memory, size);
	if (madvise(memory, size, MADV_PAGEOUT))
		_exit(7);
}

TEST_TIMEOUT(swapped_out, PATIENT)
{
	bool ours = !machine_bytes("SwapTotal");
	struct statistics_row row;

	if (ours) {
		if (!try_write_file("/sys/block/zram0/disksize", "64M"))
			SKIP("no swap space and no zram");
		write_swap_header("/dev/zram0", 64 * MIB);
		CHECK(!swapon("/dev/zram0", 0));
	}

	row = row_of_new_child(page_out, 8 * MIB);
	if (ours) {
		CHECK(!swapoff("/dev/zram0"));
		CHECK(try_write_file("/sys/block/zram0/reset", "1"));
	}
	CHECK(row.swap_bytes >= 4 * MIB);
	CHECK(row.swap_bytes + row.anonymous_bytes >= 8 * MIB);
	CHECK(row.badness >= (long)(row.swap_bytes / PAGE));
}
