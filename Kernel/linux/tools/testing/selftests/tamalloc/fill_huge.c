// SPDX-License-Identifier: GPL-2.0
/*
 * Filled memory and huge pages: at the fault, by khugepaged, on request, in
 * sizes between, and back into small pages.
 *
 * Each test sets what it needs of the system and puts nothing back: the next
 * one starts by setting all of it.
 */
#include "memory.h"

#include <sys/wait.h>

#define SYS "/sys/kernel/mm/transparent_hugepage/"

static void set_huge_pages(const char *enabled, const char *zero_page)
{
	write_file(SYS "enabled", enabled);
	write_file(SYS "defrag", "always");
	write_file(SYS "use_zero_page", zero_page);
}

static uint8_t *aligned(size_t size, uint8_t fill, uint64_t flags)
{
	struct tamalloc_options options = {
		.size = size, .alignment = HUGE, .fill = fill, .flags = flags };
	uint8_t *memory = tamalloc_extended(&options, sizeof(options));

	CHECK(memory != MAP_FAILED);
	return memory;
}

TEST(always_with_small_pages_by_default)
{
	uint8_t *memory;

	set_huge_pages("always", "1");
	memory = aligned(4 * HUGE, 0x61, 0);
	CHECK_EQ(memory[HUGE], 0x61);
	memory[0] = 1;
	CHECK_EQ(smaps_kib(memory, "Anonymous"), 8);
	CHECK_EQ(smaps_kib(memory, "AnonHugePages"), 0);
	check_bytes(memory + 1, HUGE - 1, 0x61);
}

TEST(fault_by_writing)
{
	uint8_t *memory;

	set_huge_pages("always", "1");
	memory = aligned(4 * HUGE, 0x62, TAMALLOC_HUGE_PAGES);
	memory[HUGE + 12345] = 1;
	CHECK_EQ(smaps_kib(memory, "AnonHugePages"), 2048);
	check_bytes(memory + HUGE, 12345, 0x62);
	check_bytes(memory + HUGE + 12346, HUGE - 12346, 0x62);
}

TEST(fault_by_reading)
{
	uint8_t *memory;

	/* The huge zero page is offered and must not be taken. */
	set_huge_pages("always", "1");
	memory = aligned(4 * HUGE, 0x63, TAMALLOC_HUGE_PAGES);
	check_bytes(memory, 4 * HUGE, 0x63);
	CHECK_EQ(smaps_kib(memory, "AnonHugePages"), 4 * 2048);
}

TEST(zero_may_take_the_huge_zero_page)
{
	uint8_t *memory;

	set_huge_pages("always", "1");
	memory = aligned(4 * HUGE, 0, TAMALLOC_HUGE_PAGES);
	check_bytes(memory, 4 * HUGE, 0);
	CHECK_EQ(smaps_kib(memory, "Anonymous"), 0);
}

TEST(madvise_hugepage)
{
	uint8_t *memory;

	set_huge_pages("madvise", "1");
	memory = aligned(4 * HUGE, 0x64, 0);
	memory[0] = 1;
	CHECK_EQ(madvise(memory, 4 * HUGE, MADV_HUGEPAGE), 0);
	check_bytes(memory + 1, 4 * HUGE - 1, 0x64);
	CHECK(smaps_kib(memory, "AnonHugePages") >= 3 * 2048);
}

TEST(splitting_a_huge_page)
{
	uint8_t *memory;

	set_huge_pages("always", "1");
	memory = aligned(2 * HUGE, 0x65, TAMALLOC_HUGE_PAGES);
	memory[0] = 1;
	CHECK_EQ(smaps_kib(memory, "AnonHugePages"), 2048);
	/* A part goes, is refilled, and its neighbours stay. */
	CHECK_EQ(madvise(memory + 8 * PAGE, 8 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(mprotect(memory + 32 * PAGE, PAGE, PROT_READ), 0);
	check_bytes(memory + 1, HUGE - 1, 0x65);
	CHECK_EQ(munmap(memory + 100 * PAGE, PAGE), 0);
	check_bytes(memory + 101 * PAGE, HUGE - 101 * PAGE, 0x65);
}

/* Waits until khugepaged has collapsed this many KiB. */
static void wait_for_collapse(const void *memory, long kib)
{
	for (int i = 0; i < 600; i++) {
		if (smaps_kib(memory, "AnonHugePages") >= kib)
			return;
		usleep(100 * 1000);
	}
	FAIL("khugepaged collapsed %ld KiB of %ld KiB",
	     smaps_kib(memory, "AnonHugePages"), kib);
}

static void force_khugepaged(void)
{
	write_file(SYS "khugepaged/scan_sleep_millisecs", "10");
	write_file(SYS "khugepaged/alloc_sleep_millisecs", "10");
	write_file(SYS "khugepaged/pages_to_scan", "65536");
	write_file(SYS "khugepaged/max_ptes_none", "511");
	write_file(SYS "khugepaged/max_ptes_swap", "64");
}

/* khugepaged makes one huge page of a few pages and many holes. */
static void check_khugepaged(uint8_t fill)
{
	uint8_t *memory;

	set_huge_pages("never", "1");
	force_khugepaged();
	memory = aligned(4 * HUGE, fill, TAMALLOC_HUGE_PAGES);
	for (int n = 0; n < 4; n++) {
		memory[n * HUGE + 7 * PAGE] = 1;
		memory[n * HUGE + 100 * PAGE + 5] = 2;
	}
	CHECK_EQ(smaps_kib(memory, "Anonymous"), 32);
	set_huge_pages("always", "1");
	/* Enters the address space into khugepaged's list. */
	CHECK_EQ(madvise(memory, 4 * HUGE, MADV_HUGEPAGE), 0);
	wait_for_collapse(memory, 4 * 2048);

	for (int n = 0; n < 4; n++) {
		uint8_t *huge = memory + n * HUGE;

		CHECK_EQ(huge[7 * PAGE], 1);
		CHECK_EQ(huge[100 * PAGE + 5], 2);
		huge[7 * PAGE] = fill;
		huge[100 * PAGE + 5] = fill;
		check_bytes(huge, HUGE, fill);
	}
}

TEST(khugepaged)
{
	check_khugepaged(0x66);
}

TEST(khugepaged_of_zero)
{
	check_khugepaged(0);
}

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

TEST(collapse_on_request)
{
	uint8_t *memory;

	set_huge_pages("madvise", "1");
	memory = aligned(2 * HUGE, 0x67, TAMALLOC_HUGE_PAGES);
	memory[5] = 1;
	memory[HUGE + 5] = 2;
	CHECK_EQ(madvise(memory, 2 * HUGE, MADV_COLLAPSE), 0);
	CHECK_EQ(smaps_kib(memory, "AnonHugePages"), 2 * 2048);
	CHECK_EQ(memory[5], 1);
	CHECK_EQ(memory[HUGE + 5], 2);
	memory[5] = 0x67;
	memory[HUGE + 5] = 0x67;
	check_bytes(memory, 2 * HUGE, 0x67);
}

/* A page that became zero is no hole, and stays zero in the collapse. */
TEST(collapse_keeps_zeroes)
{
	uint8_t *memory;

	set_huge_pages("madvise", "1");
	memory = aligned(HUGE, 0x68, TAMALLOC_HUGE_PAGES);
	memset(memory + 3 * PAGE, 0, PAGE);
	CHECK_EQ(madvise(memory, HUGE, MADV_COLLAPSE), 0);
	check_bytes(memory, 3 * PAGE, 0x68);
	check_bytes(memory + 3 * PAGE, PAGE, 0);
	check_bytes(memory + 4 * PAGE, HUGE - 4 * PAGE, 0x68);
}

TEST(sizes_between)
{
	uint8_t *memory;

	set_huge_pages("never", "1");
	if (!try_write_file(SYS "hugepages-64kB/enabled", "always"))
		SKIP("no huge pages of 64 KiB");
	memory = aligned(HUGE, 0x69, TAMALLOC_HUGE_PAGES);
	memory[20 * PAGE] = 1;
	CHECK_EQ(smaps_kib(memory, "Anonymous"), 64);
	CHECK_EQ(memory[40 * PAGE], 0x69);
	CHECK_EQ(smaps_kib(memory, "Anonymous"), 128);
	memory[20 * PAGE] = 0x69;
	check_bytes(memory, HUGE, 0x69);
	write_file(SYS "hugepages-64kB/enabled", "never");
}

TEST(fork_of_huge_pages)
{
	uint8_t *memory;
	int status;

	set_huge_pages("always", "1");
	memory = aligned(2 * HUGE, 0x6a, TAMALLOC_HUGE_PAGES);
	memory[0] = 1;
	if (!fork()) {
		memory[1] = 2;
		check_bytes(memory + 2, 2 * HUGE - 2, 0x6a);
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	CHECK_EQ(memory[0], 1);
	check_bytes(memory + 1, 2 * HUGE - 1, 0x6a);
}

TEST(move_of_huge_pages)
{
	uint8_t *memory, *moved;

	set_huge_pages("always", "1");
	memory = aligned(2 * HUGE, 0x6b, TAMALLOC_HUGE_PAGES);
	memory[0] = 1;
	moved = mremap(memory, 2 * HUGE, 6 * HUGE, MREMAP_MAYMOVE);
	CHECK(moved != MAP_FAILED);
	CHECK_EQ(moved[0], 1);
	check_bytes(moved + 1, 6 * HUGE - 1, 0x6b);
}

TEST(dontneed_of_huge_pages)
{
	uint8_t *memory;

	set_huge_pages("always", "1");
	memory = aligned(2 * HUGE, 0x6c, TAMALLOC_HUGE_PAGES);
	memset(memory, 1, 2 * HUGE);
	CHECK_EQ(madvise(memory, 2 * HUGE, MADV_DONTNEED), 0);
	check_bytes(memory, 2 * HUGE, 0x6c);
	write_file(SYS "enabled", "madvise");
}
