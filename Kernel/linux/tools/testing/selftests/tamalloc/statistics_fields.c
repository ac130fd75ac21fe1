// SPDX-License-Identifier: GPL-2.0
/*
 * Every field of every process equals what /proc says of it, and is what a
 * process made for the purpose must show.
 */
#include "statistics.h"

TEST_TIMEOUT(every_field_of_every_process, PATIENT)
{
	static struct statistics_row rows[4096];
	long count = list_statistics(rows, 4096, 4096);
	int compared = 0;

	CHECK(count > 3);
	for (long i = 0; i < count; i++) {
		pid_t pid = rows[i].pid;
		/*
		 * Init and the threads of the kernel cannot be stopped; our
		 * parent must not be, and we cannot look at ourselves without
		 * changing.  compare() waits until they are quiet.
		 */
		bool stop = pid > 1 && pid != getpid() && pid != getppid() &&
			!(rows[i].flags & TAMALLOC_PROCESS_NO_MEMORY);

		if (stop)
			kill(pid, SIGSTOP);
		if (pid != getpid())
			compared += compare(pid);
		if (stop)
			kill(pid, SIGCONT);
	}
	CHECK(find_row(rows, count, 1));
	CHECK(find_row(rows, count, getpid()));
	say("%d of %ld processes compared with /proc", compared, count);
}

/* All pids of /proc, in its order, are those of a listing. */
TEST_TIMEOUT(the_processes_are_those_of_proc, PATIENT)
{
	static struct statistics_row rows[4096];

	for (int attempt = 0; attempt < 50; attempt++) {
		long count = list_statistics(rows, 4096, 64), i = 0;
		DIR *proc = opendir("/proc");
		struct dirent *entry;
		bool same = true;

		CHECK(proc);
		while ((entry = readdir(proc))) {
			if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
				continue;
			same &= i < count && rows[i].pid == atoi(entry->d_name);
			i++;
		}
		closedir(proc);
		if (same && i == count)
			return;
	}
	FAIL("the listing and /proc never agreed");
}

/*
 * Equal but for a few pages: a body may need another page of the stack than
 * none does.
 */
static bool about(uint64_t left, uint64_t right)
{
	return left + 4 * PAGE >= right && right + 4 * PAGE >= left;
}

static void lazy_gibibyte(long touched)
{
	touch(reserve(GIB), touched);
}

TEST_TIMEOUT(one_gibibyte_reserved_ten_mebibytes_touched, PATIENT)
{
	struct statistics_row without = row_of_new_child(NULL, 0);
	struct statistics_row row = row_of_new_child(lazy_gibibyte, 10 * MIB);

	CHECK_EQ(row.reserved_bytes - without.reserved_bytes, GIB);
	CHECK(about(row.anonymous_bytes, without.anonymous_bytes + 10 * MIB));
	CHECK_EQ(row.committed_bytes, row.anonymous_bytes + row.file_bytes +
		 row.shared_bytes);
	CHECK(row.committed_permille >= 9 && row.committed_permille <= 12);
	CHECK(row.badness > without.badness + 2400);
	CHECK(row.oom_score >= without.oom_score);
}

static void shared_pages(long size)
{
	touch(mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0), size);
}

TEST_TIMEOUT(shared_memory, PATIENT)
{
	struct statistics_row without = row_of_new_child(NULL, 0);
	struct statistics_row row = row_of_new_child(shared_pages, 3 * MIB);

	CHECK_EQ(row.shared_bytes - without.shared_bytes, 3 * MIB);
	CHECK(about(row.anonymous_bytes, without.anonymous_bytes));
}

/* The only file that we are sure of is this program. */
static void file_pages(long size)
{
	int file = open("/proc/self/exe", O_RDONLY);
	char *address = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);

	if (address == MAP_FAILED)
		_exit(3);
	for (long offset = 0; offset < size; offset += PAGE)
		(void)__atomic_load_n(address + offset, __ATOMIC_RELAXED);
}

TEST_TIMEOUT(file_pages, PATIENT)
{
	long size = 64 * PAGE;
	struct statistics_row without = row_of_new_child(NULL, 0);
	struct statistics_row row = row_of_new_child(file_pages, size);

	/*
	 * A file of an initramfs is shared memory in the kernel's eyes, and a
	 * fault in a file maps its neighbours too.
	 */
	long more = row.file_bytes + row.shared_bytes - without.file_bytes -
		without.shared_bytes;

	CHECK(more >= size && more <= 4 * size);
	CHECK(about(row.anonymous_bytes, without.anonymous_bytes));
	CHECK_EQ(row.reserved_bytes - without.reserved_bytes, size);
}

static void adjust(long adjustment)
{
	char text[16];

	snprintf(text, sizeof(text), "%ld", adjustment);
	if (!try_write_file("/proc/self/oom_score_adj", text))
		_exit(4);
}

TEST_TIMEOUT(oom_score_adj, PATIENT)
{
	static const int adjustments[] = { -1000, -999, -500, -1, 0, 1, 500,
					   999, 1000 };
	int64_t last = INT64_MIN;

	for (size_t i = 0; i < sizeof(adjustments) / sizeof(int); i++) {
		struct statistics_row row = row_of_new_child(adjust, adjustments[i]);

		CHECK_EQ(row.oom_score_adj, adjustments[i]);
		if (adjustments[i] == -1000) {
			CHECK_EQ(row.oom_score, 0);
			CHECK_EQ(row.badness, INT64_MIN);
		} else {
			CHECK(row.badness > last);
		}
		last = row.badness;
	}
}

/* The formula of /proc/PID/oom_score, on the badness that the row carries. */
TEST_TIMEOUT(badness_is_the_unrounded_score, PATIENT)
{
	long total = (machine_bytes("MemTotal") + machine_bytes("SwapTotal")) / PAGE;
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	for (long size = MIB; size <= (long)(64 * MIB); size *= 2) {
		struct statistics_row row = row_of_new_child(lazy_gibibyte, size);
		long pages = (row.committed_bytes + row.swap_bytes +
			      row.page_table_bytes) / PAGE;

		CHECK_EQ(row.oom_score,
			 (1000 + row.badness * 1000 / total) * 2 / 3);
		/* The killer's four counters each lag by a batch for a CPU. */
		CHECK(labs(pages - (long)row.badness) <=
		      4 * cpus * (cpus > 16 ? 2 * cpus : 32));
	}
}

static const char * const names[] = {
	"", "a", "fifteen-letters", "longer-than-fifteen", "with\ttab",
	"(brackets) x",
};

static void rename_self(long which)
{
	prctl(PR_SET_NAME, names[which]);
}

TEST_TIMEOUT(names_are_padded_with_zeros, PATIENT)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct statistics_row row = row_of_new_child(rename_self, i);
		char expected[sizeof(row.name)] = "";

		memcpy(expected, names[i],
		       strlen(names[i]) > 15 ? 15 : strlen(names[i]));
		CHECK(!memcmp(expected, row.name, sizeof(expected)));
	}
}

static void become(long uid)
{
	if (setresuid(uid, -1, -1))
		_exit(5);
}

/* The real uid, not the effective one; and who the parent is. */
TEST_TIMEOUT(uid_and_parent, PATIENT)
{
	struct statistics_row row = row_of_new_child(become, 1234);

	CHECK_EQ(row.uid, 1234);
	CHECK_EQ(row.parent_pid, getpid());
}
