// SPDX-License-Identifier: GPL-2.0
/*
 * Filled memory that leaves for swap and returns, that KSM shares, that a
 * handler of user faults provides, and that ends up in a core dump.
 *
 * Above 400 lines because one program is one booted test, with one setup.
 */
#include "memory.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Swap space in compressed memory. */
static void swap_on(void)
{
	write_file("/sys/block/zram0/reset", "1");
	write_file("/sys/block/zram0/disksize", "128M");
	CHECK_EQ(system("mkswap /dev/zram0 >/dev/null"), 0);
	CHECK_EQ(swapon("/dev/zram0", 0), 0);
}

static void swap_off(void)
{
	CHECK_EQ(swapoff("/dev/zram0"), 0);
	write_file("/sys/block/zram0/reset", "1");
}

/* Pages with a content each, so that none is like its neighbour. */
static void write_pattern(uint8_t *memory, size_t pages)
{
	for (size_t n = 0; n < pages; n += 2)
		for (size_t i = 0; i < PAGE; i++)
			memory[n * PAGE + i] = n * 31 + i * 7 + i / 256;
}

static void check_pattern(const uint8_t *memory, size_t pages, uint8_t fill)
{
	for (size_t n = 0; n < pages; n++) {
		if (n % 2) {
			check_bytes(memory + n * PAGE, PAGE, fill);
			continue;
		}
		for (size_t i = 0; i < PAGE; i++)
			CHECK_EQ(memory[n * PAGE + i],
				 (uint8_t)(n * 31 + i * 7 + i / 256));
	}
}

TEST(swap_out_and_in)
{
	const size_t pages = 1024;
	uint8_t *memory = tamalloc_filled(pages * PAGE, 0x71, 0);
	bool out;

	swap_on();
	write_pattern(memory, pages);
	/* Every fourth page was only read, so is clean; the rest are holes. */
	for (size_t n = 1; n < pages; n += 4)
		CHECK_EQ(memory[n * PAGE], 0x71);
	CHECK_EQ(madvise(memory, pages * PAGE, MADV_PAGEOUT), 0);
	out = swapped_pages(memory, pages * PAGE) > pages / 2;
	check_pattern(memory, pages, 0x71);
	CHECK_EQ(munmap(memory, pages * PAGE), 0);
	swap_off();
	CHECK(out);
}

/* Pages that were read alone, in memory that nobody may write. */
TEST(swap_of_pages_that_were_only_read)
{
	const size_t pages = 256;
	uint8_t *memory = tamalloc_filled(pages * PAGE, 0x72, 0);
	bool out;

	swap_on();
	CHECK_EQ(mprotect(memory, pages * PAGE, PROT_READ), 0);
	check_bytes(memory, pages * PAGE, 0x72);
	CHECK_EQ(madvise(memory, pages * PAGE, MADV_PAGEOUT), 0);
	out = swapped_pages(memory, pages * PAGE) > pages / 2;
	check_bytes(memory, pages * PAGE, 0x72);
	CHECK_EQ(munmap(memory, pages * PAGE), 0);
	swap_off();
	CHECK(out);
}

/* A page of zeroes leaves for swap and comes back as zero, not as the byte. */
TEST(swap_of_zeroes)
{
	const size_t pages = 256;
	uint8_t *memory = tamalloc_filled(pages * PAGE, 0x73, 0);

	swap_on();
	memset(memory, 0, pages * PAGE);
	CHECK_EQ(madvise(memory, pages * PAGE, MADV_PAGEOUT), 0);
	check_bytes(memory, pages * PAGE, 0);
	CHECK_EQ(madvise(memory, pages * PAGE, MADV_DONTNEED), 0);
	check_bytes(memory, pages * PAGE, 0x73);
	CHECK_EQ(munmap(memory, pages * PAGE), 0);
	swap_off();
}

TEST(swap_and_fork)
{
	const size_t pages = 256;
	uint8_t *memory = tamalloc_filled(pages * PAGE, 0x74, 0);
	int status;

	swap_on();
	write_pattern(memory, pages);
	CHECK_EQ(madvise(memory, pages * PAGE, MADV_PAGEOUT), 0);
	if (!fork()) {
		check_pattern(memory, pages, 0x74);
		memset(memory, 1, pages * PAGE);
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	check_pattern(memory, pages, 0x74);
	CHECK_EQ(munmap(memory, pages * PAGE), 0);
	swap_off();
	CHECK_EQ(status, 0);
}

#define KSM "/sys/kernel/mm/ksm/"

static long ksm_value(const char *path)
{
	char text[64];

	read_file(path, text, sizeof(text));
	return atol(text);
}

static void ksm_start(const char *zero_pages)
{
	write_file(KSM "run", "2");
	write_file(KSM "use_zero_pages", zero_pages);
	write_file(KSM "pages_to_scan", "20000");
	write_file(KSM "sleep_millisecs", "10");
	write_file(KSM "run", "1");
}

static void ksm_wait(const char *path, long least)
{
	for (int i = 0; i < 600; i++) {
		if (ksm_value(path) >= least)
			return;
		usleep(100 * 1000);
	}
	FAIL("%s is %ld and never became %ld", path, ksm_value(path), least);
}

TEST(ksm_shares_filled_pages)
{
	const size_t pages = 256;
	uint8_t *memory = tamalloc_filled(pages * PAGE, 0x75, 0);

	/* Touched by reading; half of them only. */
	check_bytes(memory, pages / 2 * PAGE, 0x75);
	CHECK_EQ(madvise(memory, pages * PAGE, MADV_MERGEABLE), 0);
	ksm_start("0");
	ksm_wait(KSM "pages_sharing", pages / 2 - 8);
	check_bytes(memory, pages * PAGE, 0x75);
	memory[PAGE] = 1;
	memory[2 * PAGE] = 2;
	CHECK_EQ(memory[0], 0x75);
	CHECK_EQ(memory[PAGE + 1], 0x75);
	CHECK_EQ(madvise(memory, pages * PAGE, MADV_UNMERGEABLE), 0);
	CHECK_EQ(memory[PAGE], 1);
	check_bytes(memory + 3 * PAGE, (pages - 3) * PAGE, 0x75);
	write_file(KSM "run", "2");
}

/* KSM maps the zero page for pages that became zero, and zero they stay. */
TEST(ksm_with_the_zero_page)
{
	const size_t pages = 256;
	uint8_t *memory = tamalloc_filled(pages * PAGE, 0x76, 0);
	long before = ksm_value(KSM "ksm_zero_pages");

	memset(memory, 0, pages / 2 * PAGE);
	CHECK_EQ(madvise(memory, pages * PAGE, MADV_MERGEABLE), 0);
	ksm_start("1");
	ksm_wait(KSM "ksm_zero_pages", before + pages / 2 - 8);
	check_bytes(memory, pages / 2 * PAGE, 0);
	check_bytes(memory + pages / 2 * PAGE, pages / 2 * PAGE, 0x76);
	memory[5] = 1;
	CHECK_EQ(memory[4], 0);
	CHECK_EQ(memory[6], 0);
	write_file(KSM "run", "2");
	write_file(KSM "use_zero_pages", "0");
}

/* What a handler of user faults does, in a thread, for one page. */
struct handler {
	int file;
	int mode;		/* 0: copy, 1: zero page */
	uint8_t *page;
};

static void *handle_one_fault(void *argument)
{
	struct handler *handler = argument;
	struct uffd_msg message;

	CHECK_EQ(read(handler->file, &message, sizeof(message)),
		 sizeof(message));
	CHECK_EQ(message.event, UFFD_EVENT_PAGEFAULT);
	if (handler->mode == 0) {
		static uint8_t page[4096];

		memset(page, 0x99, sizeof(page));
		struct uffdio_copy copy = {
			.dst = (uintptr_t)handler->page,
			.src = (uintptr_t)page, .len = PAGE };
		CHECK_EQ(ioctl(handler->file, UFFDIO_COPY, &copy), 0);
	} else {
		struct uffdio_zeropage zero = {
			.range = { (uintptr_t)handler->page, PAGE } };
		CHECK_EQ(ioctl(handler->file, UFFDIO_ZEROPAGE, &zero), 0);
	}
	return NULL;
}

static int user_faults(uint8_t *memory, size_t size, uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register registration = {
		.range = { (uintptr_t)memory, size },
		.mode = UFFDIO_REGISTER_MODE_MISSING };
	int file = syscall(SYS_userfaultfd, O_CLOEXEC);

	CHECK(file >= 0);
	CHECK_EQ(ioctl(file, UFFDIO_API, &api), 0);
	CHECK_EQ(ioctl(file, UFFDIO_REGISTER, &registration), 0);
	return file;
}

/* Who handles faults decides: the byte is for faults that nobody handles. */
static void check_user_fault(int mode, uint8_t expected)
{
	uint8_t *memory = tamalloc_filled(4 * PAGE, 0x77, 0);
	struct handler handler = { .mode = mode, .page = memory + PAGE };
	pthread_t thread;

	handler.file = user_faults(memory, 2 * PAGE, 0);
	CHECK_EQ(pthread_create(&thread, NULL, handle_one_fault, &handler), 0);
	check_bytes(memory + PAGE, PAGE, expected);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	close(handler.file);
	/* Unregistered again, the rest is filled. */
	check_bytes(memory, PAGE, 0x77);
	check_bytes(memory + 2 * PAGE, 2 * PAGE, 0x77);
	memory[PAGE] = 1;
	CHECK_EQ(memory[PAGE + 1], expected);
	CHECK_EQ(madvise(memory, 4 * PAGE, MADV_DONTNEED), 0);
	check_bytes(memory, 4 * PAGE, 0x77);
}

TEST(user_fault_resolved_by_copying)
{
	check_user_fault(0, 0x99);
}

TEST(user_fault_resolved_by_the_zero_page)
{
	check_user_fault(1, 0);
}

#ifndef UFFDIO_MOVE
struct uffdio_move {
	__u64 dst, src, len, mode;
	__s64 move;
};

#define UFFDIO_MOVE _IOWR(UFFDIO, 0x05, struct uffdio_move)
#define UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES ((__u64)1 << 1)
#endif
#ifndef UFFD_FEATURE_MOVE
#define UFFD_FEATURE_MOVE (1 << 16)
#endif

/* Holes must not change what they read as by moving. */
TEST(user_fault_move_between_different_bytes_is_refused)
{
	uint8_t *from = tamalloc_filled(4 * PAGE, 0x78, 0);
	uint8_t *to = tamalloc_filled(4 * PAGE, 0x79, 0);
	uint8_t *same = tamalloc_filled(4 * PAGE, 0x78, 0);
	struct uffdio_move move = {
		.dst = (uintptr_t)to, .src = (uintptr_t)from,
		.len = 2 * PAGE, .mode = UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES };
	int file;

	from[0] = 1;
	file = user_faults(to, 4 * PAGE, UFFD_FEATURE_MOVE);
	CHECK_ERRNO(ioctl(file, UFFDIO_MOVE, &move), EINVAL);
	close(file);

	file = user_faults(same, 4 * PAGE, UFFD_FEATURE_MOVE);
	move.dst = (uintptr_t)same;
	CHECK_EQ(ioctl(file, UFFDIO_MOVE, &move), 0);
	close(file);
	CHECK_EQ(same[0], 1);
	check_bytes(same + 1, 4 * PAGE - 1, 0x78);
	check_bytes(from, 4 * PAGE, 0x78);
}

TEST(a_name_splits_and_merges)
{
	uint8_t *memory = tamalloc_filled(9 * PAGE, 0x7a, 0);

	CHECK_EQ(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, memory + 3 * PAGE,
		       3 * PAGE, "middle"), 0);
	check_bytes(memory, 9 * PAGE, 0x7a);
	CHECK_EQ(madvise(memory, 9 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, memory + 3 * PAGE,
		       3 * PAGE, NULL), 0);
	check_bytes(memory, 9 * PAGE, 0x7a);
}

/* Reads what the core file says of an address; false if it says nothing. */
static bool core_byte(int file, const void *address, uint8_t *byte)
{
	uint64_t wanted = (uintptr_t)address;
	Elf64_Ehdr header;

	CHECK_EQ(pread(file, &header, sizeof(header), 0), sizeof(header));
	for (int i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment;

		CHECK_EQ(pread(file, &segment, sizeof(segment),
			       header.e_phoff + i * sizeof(segment)),
			 sizeof(segment));
		if (segment.p_type != PT_LOAD || wanted < segment.p_vaddr ||
		    wanted >= segment.p_vaddr + segment.p_filesz)
			continue;
		CHECK_EQ(pread(file, byte, 1, segment.p_offset + wanted -
			       segment.p_vaddr), 1);
		return true;
	}
	return false;
}

/* Waits for KSM to replace a zeroed page of the dump by the zero page. */
TEST(core_dump)
{
	uint8_t *touched = tamalloc_filled(8 * PAGE, 0x7b, 0);
	uint8_t *untouched = tamalloc_filled(8 * PAGE, 0x7c, 0);
	uint8_t *zero = tamalloc(8 * PAGE);
	uint8_t *zeroed = tamalloc_filled(64 * PAGE, 0x7d, 0);
	long zero_pages = ksm_value(KSM "ksm_zero_pages");
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	int status, file;
	uint8_t byte;
	pid_t child;

	CHECK_EQ(setrlimit(RLIMIT_CORE, &limit), 0);
	write_file("/proc/sys/kernel/core_pattern", "/tmp/core");
	touched[3 * PAGE] = 1;
	zero[PAGE] = 2;
	memset(zeroed, 0, 64 * PAGE);
	CHECK_EQ(madvise(zeroed, 64 * PAGE, MADV_MERGEABLE), 0);
	ksm_start("1");
	ksm_wait(KSM "ksm_zero_pages", zero_pages + 56);
	CHECK_EQ(madvise(zeroed + 32 * PAGE, 32 * PAGE, MADV_DONTNEED), 0);

	child = fork();
	if (!child)
		abort();
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WCOREDUMP(status));
	write_file(KSM "run", "2");
	write_file(KSM "use_zero_pages", "0");

	file = open("/tmp/core", O_RDONLY);
	CHECK(file >= 0);
	for (size_t n = 0; n < 8 * PAGE; n += 511) {
		CHECK(core_byte(file, untouched + n, &byte));
		CHECK_EQ(byte, 0x7c);
		CHECK(core_byte(file, touched + n, &byte));
		CHECK_EQ(byte, n == 3 * PAGE ? 1 : 0x7b);
		CHECK(core_byte(file, zero + n, &byte));
		CHECK_EQ(byte, 0);
	}
	CHECK(core_byte(file, touched + 3 * PAGE, &byte));
	CHECK_EQ(byte, 1);
	for (size_t n = 0; n < 64; n++) {
		CHECK(core_byte(file, zeroed + n * PAGE, &byte));
		CHECK_EQ(byte, n < 32 ? 0 : 0x7d);
	}
	unlink("/tmp/core");
	/* The dump committed nothing in this process, which went on. */
	CHECK_EQ(present_pages(untouched, 8 * PAGE), 0);
}

/* The dump of a large and sparse region costs file, not memory. */
TEST(core_dump_commits_nothing)
{
	uint8_t *memory = tamalloc_filled(16 * MIB, 0x7e, 0);
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	struct rusage usage;
	int status;

	CHECK_EQ(setrlimit(RLIMIT_CORE, &limit), 0);
	write_file("/proc/sys/kernel/core_pattern", "/dev/null");
	CHECK_EQ(memory[0], 0x7e);
	if (!fork())
		abort();
	CHECK(wait4(-1, &status, 0, &usage) > 0);
	CHECK(WIFSIGNALED(status));
	CHECK(usage.ru_maxrss < 8 * 1024);
}
