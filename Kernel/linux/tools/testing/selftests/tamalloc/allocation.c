// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that reads as zero and costs nothing until it is written: 554, and
 * 557 where it does the same.
 *
 * Above 400 lines because one program is one booted test, with one setup.
 */
#include "memory.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const size_t sizes[] = {
	1, PAGE - 1, PAGE, PAGE + 1, 64 * KIB, MIB, 3 * MIB + 5, GIB, 16 * GIB,
	TIB,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAGES(size) (((size) + PAGE - 1) / PAGE)

static void *extended(size_t size)
{
	struct tamalloc_options options = { .size = size };

	return tamalloc_extended(&options, sizeof(options));
}

/* Costs nothing, whatever the size; reads as zero and still costs nothing. */
static void check_lazy(void *(*allocate)(size_t))
{
	/* Everything that the measuring itself touches is touched now. */
	status_kib("VmRSS");
	page_faults();

	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t size = sizes[i], pages = PAGES(size);
		long faults = page_faults();
		uint8_t *memory = allocate(size);
		long faults_after = page_faults();

		CHECK(memory != MAP_FAILED);
		CHECK_EQ((uintptr_t)memory % PAGE, 0);
		CHECK_EQ(faults_after, faults);
		CHECK_EQ(smaps_kib(memory, "Rss"), 0);

		/* Some pages, the first and the last one among them. */
		for (size_t n = 0; n < 16; n++) {
			size_t page = n * (pages - 1) / 15;

			check_bytes(memory + page * PAGE, PAGE, 0);
		}
		CHECK_EQ(smaps_kib(memory, "Anonymous"), 0);
		CHECK_EQ(munmap(memory, size), 0);
	}
}

TEST(reserving_and_reading_commit_nothing)
{
	check_lazy(tamalloc);
}

TEST(reserving_and_reading_commit_nothing_extended)
{
	check_lazy(extended);
}

TEST(rss_does_not_move)
{
	long before, after;
	uint8_t *memory;

	status_kib("VmRSS");
	before = status_kib("RssAnon");
	memory = tamalloc(TIB);
	CHECK(memory != MAP_FAILED);
	check_bytes(memory + GIB, 64 * PAGE, 0);
	after = status_kib("RssAnon");
	CHECK_EQ(after, before);
	CHECK(status_kib("VmSize") >= (long)(TIB / KIB));
}

TEST(each_write_commits_one_page)
{
	const size_t pages = 200;
	uint8_t *memory = tamalloc(pages * PAGE);

	CHECK(memory != MAP_FAILED);
	for (size_t n = 0; n < pages; n += 3) {
		long faults = page_faults();

		memory[n * PAGE + n] = 1;
		CHECK_EQ(page_faults() - faults, 1);
		CHECK_EQ(smaps_kib(memory, "Anonymous") * KIB,
			 (n / 3 + 1) * PAGE);
	}
	/* A page that was read before is committed by its write as well. */
	check_bytes(memory + PAGE, PAGE, 0);
	memory[PAGE] = 1;
	CHECK_EQ(memory[PAGE + 1], 0);
	CHECK_EQ(present_pages(memory + PAGE, PAGE), 1);
}

TEST(last_byte_belongs_to_it_and_the_next_page_does_not)
{
	uint8_t *memory = tamalloc(PAGE + 1);
	unsigned char vector[3];
	uintptr_t start, end;

	CHECK(memory != MAP_FAILED);
	memory[2 * PAGE - 1] = 1;
	/* mincore knows only what is mapped. */
	CHECK_EQ(mincore(memory, 2 * PAGE, vector), 0);
	vma_bounds(memory, &start, &end);
	CHECK(end >= (uintptr_t)memory + 2 * PAGE);
}

TEST(is_ordinary_memory)
{
	uint8_t *memory = tamalloc(8 * PAGE), *moved;

	CHECK(memory != MAP_FAILED);
	memory[0] = 1;
	memory[7 * PAGE] = 8;
	moved = mremap(memory, 8 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	CHECK(moved != MAP_FAILED);
	CHECK_EQ(moved[0], 1);
	CHECK_EQ(moved[7 * PAGE], 8);
	check_bytes(moved + 8 * PAGE, 56 * PAGE, 0);
	CHECK_EQ(mprotect(moved, PAGE, PROT_READ), 0);
	CHECK_EQ(madvise(moved + PAGE, 63 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(moved[7 * PAGE], 0);
	CHECK_EQ(munmap(moved, 64 * PAGE), 0);
}

TEST(kallsyms_names_the_calls)
{
	static const char *const names[] = {
		"__x64_sys_tamalloc", "__x64_sys_tamalloc_extended",
		"__x64_sys_tamalloc_process_statistics",
		"__x64_sys_tamalloc_total_statistics",
		"tamalloc_reserve", "tamalloc_reserve_extended",
	};
	bool found[COUNT(names)] = { false };
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512], name[400];

	CHECK(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %399s", name) == 1)
			for (size_t i = 0; i < COUNT(names); i++)
				found[i] |= !strcmp(name, names[i]);
	fclose(file);
	for (size_t i = 0; i < COUNT(names); i++)
		if (!found[i])
			FAIL("%s is not in /proc/kallsyms", names[i]);
}

TEST(errors)
{
	CHECK_ERRNO(tamalloc(0), EINVAL);
	/* The next multiple of a page is 2^64. */
	CHECK_ERRNO(tamalloc(SIZE_MAX), ENOMEM);
	CHECK_ERRNO(tamalloc(SIZE_MAX - PAGE + 2), ENOMEM);
	/* It is below 2^64, and still more than an address space. */
	CHECK_ERRNO(tamalloc(SIZE_MAX - PAGE + 1), ENOMEM);
	CHECK_ERRNO(tamalloc(1UL << 63), ENOMEM);
	CHECK_ERRNO(tamalloc(1UL << 47), ENOMEM);
	/* 64 TiB fit once and not twice. */
	void *half = tamalloc(64 * TIB);

	CHECK(half != MAP_FAILED);
	CHECK_ERRNO(tamalloc(64 * TIB), ENOMEM);
}

TEST(errors_extended)
{
	struct tamalloc_options good = { .size = PAGE }, bad;
	struct { struct tamalloc_options options; uint64_t more[4]; } longer;
	uint8_t *page;

	/* Values */
	bad = good; bad.size = 0;
	CHECK_ERRNO(tamalloc_extended(&bad, sizeof(bad)), EINVAL);
	bad = good; bad.size = UINT64_MAX;
	CHECK_ERRNO(tamalloc_extended(&bad, sizeof(bad)), ENOMEM);
	bad = good; bad.size = UINT64_MAX - PAGE + 1;
	CHECK_ERRNO(tamalloc_extended(&bad, sizeof(bad)), ENOMEM);
	bad = good; bad.fill = 256;
	CHECK_ERRNO(tamalloc_extended(&bad, sizeof(bad)), EINVAL);
	bad = good; bad.fill = UINT64_MAX;
	CHECK_ERRNO(tamalloc_extended(&bad, sizeof(bad)), EINVAL);
	bad = good; bad.alignment = 3;
	CHECK_ERRNO(tamalloc_extended(&bad, sizeof(bad)), EINVAL);
	bad = good; bad.alignment = PAGE + 1;
	CHECK_ERRNO(tamalloc_extended(&bad, sizeof(bad)), EINVAL);
	bad = good; bad.alignment = 1ULL << 63;
	CHECK_ERRNO(tamalloc_extended(&bad, sizeof(bad)), ENOMEM);
	bad = good; bad.alignment = 1ULL << 62; bad.size = 3ULL << 62;
	CHECK_ERRNO(tamalloc_extended(&bad, sizeof(bad)), ENOMEM);
	for (int bit = 3; bit < 64; bit++) {
		bad = good; bad.flags = 1ULL << bit;
		CHECK_ERRNO(tamalloc_extended(&bad, sizeof(bad)), EINVAL);
	}

	/* Sizes of the structure */
	CHECK_ERRNO(tamalloc_extended(&good, 0), EINVAL);
	CHECK_ERRNO(tamalloc_extended(&good, sizeof(good) - 1), EINVAL);
	CHECK_ERRNO(tamalloc_extended(&good, PAGE + 1), E2BIG);
	CHECK_ERRNO(tamalloc_extended(&good, SIZE_MAX), E2BIG);
	memset(&longer, 0, sizeof(longer));
	longer.options = good;
	CHECK(tamalloc_extended((void *)&longer, sizeof(longer)) != MAP_FAILED);
	longer.more[3] = 1;
	CHECK_ERRNO(tamalloc_extended((void *)&longer, sizeof(longer)), E2BIG);

	/* Pointers */
	CHECK_ERRNO(tamalloc_extended(NULL, sizeof(good)), EFAULT);
	CHECK_ERRNO(tamalloc_extended((void *)-PAGE, sizeof(good)), EFAULT);
	CHECK_ERRNO(tamalloc_extended((void *)(1UL << 63), sizeof(good)),
		    EFAULT);
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	CHECK_EQ(munmap(page + PAGE, PAGE), 0);
	CHECK_ERRNO(tamalloc_extended((void *)(page + PAGE - 8), sizeof(good)),
		    EFAULT);
}

TEST(alignment)
{
	for (int shift = 0; shift <= 40; shift++) {
		struct tamalloc_options options = {
			.size = 5 * PAGE, .alignment = 1ULL << shift };
		void *memory = tamalloc_extended(&options, sizeof(options));

		CHECK(memory != MAP_FAILED);
		CHECK_EQ((uintptr_t)memory % options.alignment, 0);
		check_bytes(memory, 5 * PAGE, 0);
		/* No more than was asked for stays reserved. */
		CHECK_EQ(munmap(memory, 5 * PAGE), 0);
		CHECK(status_kib("VmSize") < 64 * 1024);
	}
}

TEST(prefault)
{
	struct tamalloc_options options = {
		.size = 100 * PAGE, .flags = TAMALLOC_PREFAULT };
	uint8_t *memory = tamalloc_extended(&options, sizeof(options));
	long faults;

	CHECK(memory != MAP_FAILED);
	CHECK_EQ(present_pages(memory, 100 * PAGE), 100);
	CHECK_EQ(smaps_kib(memory, "Anonymous"), 400);
	faults = page_faults();
	for (int i = 0; i < 100; i++)
		memory[i * PAGE] = 1;
	CHECK_EQ(page_faults(), faults);
}

static unsigned long committed_as_kib(void)
{
	char text[8192], *line;

	read_file("/proc/meminfo", text, sizeof(text));
	line = strstr(text, "Committed_AS:");
	CHECK(line);
	return strtoul(line + strlen("Committed_AS:"), NULL, 10);
}

TEST(account_counts_against_the_commit_limit)
{
	struct tamalloc_options options = {
		.size = 64 * MIB, .flags = TAMALLOC_ACCOUNT };
	unsigned long before = committed_as_kib(), after;

	CHECK(tamalloc(64 * MIB) != MAP_FAILED);
	after = committed_as_kib();
	/* Per-CPU counting is off by a few MiB at most. */
	CHECK(after - before + 16 * 1024 < 48 * 1024);

	before = committed_as_kib();
	CHECK(tamalloc_extended(&options, sizeof(options)) != MAP_FAILED);
	after = committed_as_kib();
	CHECK(after - before > 48 * 1024);

	/* More than the machine has is refused at once, ... */
	options.size = TIB;
	CHECK_ERRNO(tamalloc_extended(&options, sizeof(options)), ENOMEM);
	/* ... and costs nothing without the flag. */
	options.flags = 0;
	CHECK(tamalloc_extended(&options, sizeof(options)) != MAP_FAILED);
}

/* Decided: address space is limited for everybody. */
TEST(rlimit_as_applies)
{
	struct rlimit limit = { 256 * MIB, 256 * MIB };

	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	CHECK(tamalloc(128 * MIB) != MAP_FAILED);
	CHECK_ERRNO(tamalloc(256 * MIB), ENOMEM);
	CHECK(extended(32 * MIB) != MAP_FAILED);
	CHECK_ERRNO(extended(256 * MIB), ENOMEM);
}

/* Decided: private writable memory counts as data, as it does for mmap. */
TEST(rlimit_data_applies)
{
	struct rlimit limit = { 64 * MIB, 64 * MIB };

	CHECK_EQ(setrlimit(RLIMIT_DATA, &limit), 0);
	CHECK(tamalloc(32 * MIB) != MAP_FAILED);
	CHECK_ERRNO(tamalloc(64 * MIB), ENOMEM);
}

/*
 * Decided: where the administrator forbids overcommitting, a reservation
 * counts in full, and one above the limit is refused.
 */
TEST(strict_overcommit_counts_reservations)
{
	unsigned long before, after;
	void *small, *large;
	int error;

	write_file("/proc/sys/vm/overcommit_memory", "2");
	before = committed_as_kib();
	small = tamalloc(64 * MIB);
	after = committed_as_kib();
	large = tamalloc(TIB);
	error = errno;
	write_file("/proc/sys/vm/overcommit_memory", "0");

	CHECK(small != MAP_FAILED);
	CHECK(after - before > 48 * 1024);
	CHECK(large == MAP_FAILED);
	CHECK_EQ(error, ENOMEM);
}

/* Decided: who locks all future memory gets it committed and locked. */
TEST(mlockall_future_commits)
{
	uint8_t *memory;

	CHECK_EQ(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
	memory = tamalloc(64 * PAGE);
	CHECK(memory != MAP_FAILED);
	CHECK_EQ(present_pages(memory, 64 * PAGE), 64);
	CHECK_EQ(smaps_kib(memory, "Locked"), 256);
	check_bytes(memory, 64 * PAGE, 0);
}

/* Decided: and who locks pages as they are touched stays lazy. */
TEST(mlockall_onfault_stays_lazy)
{
	uint8_t *memory;

	CHECK_EQ(mlockall(MCL_FUTURE | MCL_ONFAULT), 0);
	memory = tamalloc(64 * PAGE);
	CHECK(memory != MAP_FAILED);
	CHECK_EQ(present_pages(memory, 64 * PAGE), 0);
	memory[3 * PAGE] = 1;
	CHECK_EQ(present_pages(memory, 64 * PAGE), 1);
	CHECK_EQ(smaps_kib(memory, "Locked"), 4);
}

/* Decided: RLIMIT_MEMLOCK refuses with EAGAIN, as it does for mmap. */
TEST(mlockall_obeys_its_limit)
{
	struct rlimit limit = { MIB, MIB };

	CHECK_EQ(mlockall(MCL_FUTURE | MCL_ONFAULT), 0);
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	CHECK_EQ(setuid(65534), 0);
	CHECK_ERRNO(tamalloc(16 * MIB), EAGAIN);
}

#define THP "/sys/kernel/mm/transparent_hugepage/enabled"

/* Decided: one page each, unless the caller asks for huge ones. */
TEST(huge_pages_only_on_request)
{
	struct tamalloc_options options = {
		.size = 8 * MIB, .alignment = HUGE,
		.flags = TAMALLOC_HUGE_PAGES };
	long plain_kib, huge_kib;
	uint8_t *plain, *huge;

	plain = tamalloc(8 * MIB);
	huge = tamalloc_extended(&options, sizeof(options));
	CHECK(plain != MAP_FAILED && huge != MAP_FAILED);
	CHECK(has_vm_flag(plain, "nh"));
	CHECK(!has_vm_flag(huge, "nh"));

	write_file(THP, "always");
	plain[0] = 1;
	plain[4 * MIB] = 1;
	huge[0] = 1;
	plain_kib = smaps_kib(plain, "Anonymous");
	huge_kib = smaps_kib(huge, "AnonHugePages");
	write_file(THP, "madvise");

	CHECK_EQ(plain_kib, 8);
	CHECK_EQ(huge_kib, 2048);
}

TEST(neighbours_merge)
{
	uint8_t *memory[64];
	uintptr_t start, end;

	/* Many reservations are not many vmas. */
	for (int i = 0; i < 64; i++) {
		memory[i] = tamalloc(PAGE);
		CHECK(memory[i] != MAP_FAILED);
	}
	vma_bounds(memory[63], &start, &end);
	CHECK(end - start >= 32 * PAGE);
}

/* What a forked child writes is its own. */
TEST(fork_copies_on_write)
{
	uint8_t *memory = tamalloc(4 * PAGE);
	int status;

	CHECK(memory != MAP_FAILED);
	memory[0] = 1;
	if (!fork()) {
		bool right = memory[0] == 1 && memory[PAGE] == 0;

		memory[0] = 2;
		memory[PAGE] = 2;
		_exit(right ? 0 : 1);
	}
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	CHECK_EQ(memory[0], 1);
	CHECK_EQ(memory[PAGE], 0);
}
