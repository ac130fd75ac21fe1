// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that starts as a byte of the caller's choice: what is ordinary about
 * it.  What the rest of memory management does to it is in fill_*.c.
 *
 * Above 400 lines because one program is one booted test, with one setup.
 */
#include "memory.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/uio.h>
#include <sys/wait.h>

TEST(every_byte_value)
{
	for (int fill = 0; fill < 256; fill++) {
		uint8_t *memory = tamalloc_filled(3 * PAGE, fill, 0);

		check_bytes(memory, 3 * PAGE, fill);
		CHECK_EQ(munmap(memory, 3 * PAGE), 0);
	}
}

TEST(commits_at_the_first_access_and_not_before)
{
	uint8_t *memory;
	long faults;

	page_faults();
	faults = page_faults();
	memory = tamalloc_filled(TIB, 0x55, 0);
	CHECK_EQ(page_faults(), faults);
	CHECK_EQ(smaps_kib(memory, "Rss"), 0);

	/* A read commits, since no page of the byte is shared. */
	faults = page_faults();
	CHECK_EQ(memory[GIB], 0x55);
	CHECK_EQ(page_faults() - faults, 1);
	CHECK_EQ(smaps_kib(memory, "Anonymous"), 4);

	/* The write after it is free. */
	faults = page_faults();
	memory[GIB + 1] = 1;
	CHECK_EQ(page_faults(), faults);
	CHECK_EQ(memory[GIB + 2], 0x55);

	/* A write commits one page as well. */
	memory[2 * GIB + 5] = 7;
	CHECK_EQ(memory[2 * GIB + 4], 0x55);
	CHECK_EQ(memory[2 * GIB + 6], 0x55);
	CHECK_EQ(smaps_kib(memory, "Anonymous"), 8);
}

TEST(reads_before_writes_and_writes_before_reads)
{
	uint8_t *memory = tamalloc_filled(64 * PAGE, 0xee, 0);

	for (int n = 0; n < 64; n++) {
		uint8_t *page = memory + n * PAGE;

		if (n % 2)
			check_bytes(page, PAGE, 0xee);
		page[n] = n;
		CHECK_EQ(page[n], n);
		page[n] = 0xee;
		check_bytes(page, PAGE, 0xee);
	}
}

/* Both sides see the bytes, touched before the fork or not, and part ways. */
TEST(fork)
{
	uint8_t *memory = tamalloc_filled(8 * PAGE, 0x11, 0);
	int status;

	memory[0] = 1;			/* written before */
	CHECK_EQ(memory[PAGE], 0x11);	/* read before */
	if (!fork()) {
		CHECK_EQ(memory[0], 1);
		check_bytes(memory + 1, 4 * PAGE - 1, 0x11);
		memory[0] = 2;
		memory[PAGE] = 2;
		memory[2 * PAGE] = 2;
		memory[5 * PAGE] = 2;
		check_bytes(memory + 6 * PAGE, 2 * PAGE, 0x11);
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	CHECK_EQ(memory[0], 1);
	check_bytes(memory + 1, 8 * PAGE - 1, 0x11);
}

TEST(fork_of_untouched_memory)
{
	uint8_t *memory = tamalloc_filled(8 * PAGE, 0x12, 0);
	int status;

	if (!fork()) {
		int grandchild_status;

		if (!fork()) {
			check_bytes(memory, 8 * PAGE, 0x12);
			memory[0] = 3;
			_exit(0);
		}
		CHECK(wait(&grandchild_status) > 0);
		CHECK_EQ(grandchild_status, 0);
		check_bytes(memory, 4 * PAGE, 0x12);
		memset(memory, 4, 8 * PAGE);
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	check_bytes(memory, 8 * PAGE, 0x12);
}

/* Wiped memory is as new, and new means filled. */
TEST(wipe_on_fork_refills)
{
	uint8_t *memory = tamalloc_filled(4 * PAGE, 0x13, 0);
	int status;

	memset(memory, 1, 4 * PAGE);
	CHECK_EQ(madvise(memory, 4 * PAGE, MADV_WIPEONFORK), 0);
	if (!fork()) {
		check_bytes(memory, 4 * PAGE, 0x13);
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	check_bytes(memory, 4 * PAGE, 1);
}

TEST(partial_munmap)
{
	uint8_t *memory = tamalloc_filled(9 * PAGE, 0x21, 0);

	memory[4 * PAGE] = 1;
	CHECK_EQ(munmap(memory + 3 * PAGE, 3 * PAGE), 0);
	check_bytes(memory, 3 * PAGE, 0x21);
	check_bytes(memory + 6 * PAGE, 3 * PAGE, 0x21);
	CHECK_EQ(munmap(memory, PAGE), 0);
	CHECK_EQ(munmap(memory + 8 * PAGE, PAGE), 0);
	check_bytes(memory + PAGE, 2 * PAGE, 0x21);
	check_bytes(memory + 6 * PAGE, 2 * PAGE, 0x21);
}

TEST(mprotect_in_the_middle)
{
	uint8_t *memory = tamalloc_filled(9 * PAGE, 0x22, 0);
	uintptr_t start, end;

	/* One touch, so that the parts share what reverse mapping needs. */
	CHECK_EQ(memory[0], 0x22);
	CHECK_EQ(mprotect(memory + 3 * PAGE, 3 * PAGE, PROT_NONE), 0);
	check_bytes(memory, 3 * PAGE, 0x22);
	check_bytes(memory + 6 * PAGE, 3 * PAGE, 0x22);
	CHECK_EQ(mprotect(memory + 3 * PAGE, 3 * PAGE, PROT_READ), 0);
	check_bytes(memory + 3 * PAGE, PAGE, 0x22);
	CHECK_EQ(mprotect(memory + 3 * PAGE, 3 * PAGE,
			  PROT_READ | PROT_WRITE), 0);
	memory[4 * PAGE] = 1;
	memory[4 * PAGE] = 0x22;
	check_bytes(memory, 9 * PAGE, 0x22);
	/* Equal again, the three parts are one vma again. */
	vma_bounds(memory, &start, &end);
	CHECK(end >= (uintptr_t)memory + 9 * PAGE);
}

TEST(mremap_grown_in_place_or_moved)
{
	uint8_t *memory = tamalloc_filled(4 * PAGE, 0x23, 0), *moved;

	memory[0] = 1;
	moved = mremap(memory, 4 * PAGE, 512 * PAGE, MREMAP_MAYMOVE);
	CHECK(moved != MAP_FAILED);
	CHECK_EQ(moved[0], 1);
	check_bytes(moved + 1, 512 * PAGE - 1, 0x23);
}

TEST(mremap_to_a_fixed_place)
{
	uint8_t *memory = tamalloc_filled(8 * PAGE, 0x24, 0), *place;
	uint8_t *zero;

	/* A hole between neighbours of another byte and of zero. */
	place = tamalloc_filled(32 * PAGE, 0x25, 0);
	zero = mmap(place + 24 * PAGE, 8 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(zero == place + 24 * PAGE);
	memory[PAGE] = 9;
	CHECK(mremap(memory, 8 * PAGE, 16 * PAGE,
		     MREMAP_MAYMOVE | MREMAP_FIXED, place + 8 * PAGE) ==
	      place + 8 * PAGE);
	check_bytes(place, 8 * PAGE, 0x25);
	check_bytes(place + 8 * PAGE, PAGE, 0x24);
	CHECK_EQ(place[9 * PAGE], 9);
	check_bytes(place + 10 * PAGE, 14 * PAGE, 0x24);
	check_bytes(place + 24 * PAGE, 8 * PAGE, 0);
}

TEST(mremap_that_leaves_the_old_mapping)
{
	uint8_t *memory = tamalloc_filled(4 * PAGE, 0x26, 0), *moved;

	memory[0] = 1;
	moved = mremap(memory, 4 * PAGE, 4 * PAGE,
		       MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	CHECK(moved != MAP_FAILED && moved != memory);
	CHECK_EQ(moved[0], 1);
	check_bytes(moved + 1, 4 * PAGE - 1, 0x26);
	check_bytes(memory, 4 * PAGE, 0x26);
}

/* A large region moved by whole page tables. */
TEST(mremap_of_many_pages)
{
	const size_t size = 64 * MIB;
	uint8_t *memory = tamalloc_filled(size, 0x27, 0), *moved;

	for (size_t n = 0; n < size; n += 17 * PAGE)
		memory[n] = 1;
	moved = mremap(memory, size, 2 * size, MREMAP_MAYMOVE);
	CHECK(moved != MAP_FAILED);
	for (size_t n = 0; n < 2 * size; n += PAGE)
		CHECK_EQ(moved[n], n < size && n % (17 * PAGE) == 0 ? 1 : 0x27);
}

TEST(neighbours_of_different_bytes_stay_apart)
{
	uint8_t *room = tamalloc(96 * PAGE), *part[8];
	uintptr_t start, end;

	/* Side by side, as new mappings go from high to low addresses. */
	CHECK_EQ(munmap(room, 96 * PAGE), 0);
	for (int i = 0; i < 8; i++)
		part[i] = tamalloc_filled(4 * PAGE, i / 2 + 1, 0);
	for (int i = 0; i < 8; i++)
		memset(part[i], part[i][0], PAGE);
	for (int i = 0; i < 8; i++) {
		check_bytes(part[i], 4 * PAGE, i / 2 + 1);
		vma_bounds(part[i], &start, &end);
		/* Equal ones are one vma, different ones are not. */
		CHECK_EQ(end - start, 8 * PAGE);
	}
}

TEST(neighbours_that_are_zero_stay_apart)
{
	uint8_t *below, *filled, *above, *memory[3];

	/* Twice in a row, whichever way the addresses go. */
	for (int i = 0; i < 3; i++)
		memory[i] = i == 1 ? tamalloc_filled(4 * PAGE, 0x31, 0)
				   : tamalloc(4 * PAGE);
	below = memory[0];
	filled = memory[1];
	above = memory[2];
	memset(below, 5, PAGE);
	memset(above + 3 * PAGE, 6, PAGE);
	check_bytes(filled, 4 * PAGE, 0x31);
	check_bytes(below + PAGE, 3 * PAGE, 0);
	check_bytes(above, 3 * PAGE, 0);

	/* Making the flags equal does not make them one. */
	CHECK_EQ(mprotect(below, 4 * PAGE, PROT_READ), 0);
	CHECK_EQ(mprotect(filled, 4 * PAGE, PROT_READ), 0);
	CHECK_EQ(mprotect(above, 4 * PAGE, PROT_READ), 0);
	CHECK_EQ(madvise(below, 4 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(madvise(filled, 4 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(madvise(above, 4 * PAGE, MADV_DONTNEED), 0);
	check_bytes(below, 4 * PAGE, 0);
	check_bytes(filled, 4 * PAGE, 0x31);
	check_bytes(above, 4 * PAGE, 0);
}

/* A mapping put into a gap between two filled ones is zero. */
TEST(a_new_mapping_in_a_gap_is_zero)
{
	uint8_t *memory = tamalloc_filled(12 * PAGE, 0x32, 0);
	uint8_t *gap = memory + 4 * PAGE;

	CHECK_EQ(munmap(gap, 4 * PAGE), 0);
	CHECK(mmap(gap, 4 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
		   -1, 0) == gap);
	CHECK_EQ(madvise(gap, 4 * PAGE, MADV_NOHUGEPAGE), 0);
	check_bytes(memory, 4 * PAGE, 0x32);
	check_bytes(gap, 4 * PAGE, 0);
	check_bytes(gap + 4 * PAGE, 4 * PAGE, 0x32);
}

TEST(dontneed_refills)
{
	uint8_t *memory = tamalloc_filled(16 * PAGE, 0x41, 0);

	memset(memory, 1, 16 * PAGE);
	CHECK_EQ(madvise(memory + 4 * PAGE, 8 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(present_pages(memory, 16 * PAGE), 8);
	check_bytes(memory, 4 * PAGE, 1);
	check_bytes(memory + 4 * PAGE, 8 * PAGE, 0x41);
	check_bytes(memory + 12 * PAGE, 4 * PAGE, 1);
}

TEST(free_keeps_or_refills)
{
	uint8_t *memory = tamalloc_filled(64 * PAGE, 0x42, 0);

	memset(memory, 1, 64 * PAGE);
	CHECK_EQ(madvise(memory, 64 * PAGE, MADV_FREE), 0);
	/* Reclaims what was freed, as there is nothing to write back. */
	CHECK_EQ(madvise(memory, 64 * PAGE, MADV_PAGEOUT), 0);
	for (int n = 0; n < 64; n++) {
		uint8_t first = memory[n * PAGE];

		CHECK(first == 1 || first == 0x42);
		check_bytes(memory + n * PAGE, PAGE, first);
	}
}

TEST(populate)
{
	uint8_t *memory = tamalloc_filled(16 * PAGE, 0x43, 0);

	CHECK_EQ(madvise(memory, 8 * PAGE, MADV_POPULATE_READ), 0);
	CHECK_EQ(madvise(memory + 8 * PAGE, 8 * PAGE, MADV_POPULATE_WRITE), 0);
	CHECK_EQ(present_pages(memory, 16 * PAGE), 16);
	check_bytes(memory, 16 * PAGE, 0x43);

	memory = tamalloc_filled(16 * PAGE, 0x44, TAMALLOC_PREFAULT);
	CHECK_EQ(present_pages(memory, 16 * PAGE), 16);
	check_bytes(memory, 16 * PAGE, 0x44);
}

TEST(mlockall_future)
{
	uint8_t *memory;

	CHECK_EQ(mlockall(MCL_FUTURE), 0);
	memory = tamalloc_filled(16 * PAGE, 0x45, 0);
	CHECK_EQ(present_pages(memory, 16 * PAGE), 16);
	check_bytes(memory, 16 * PAGE, 0x45);
}

TEST(aligned)
{
	struct tamalloc_options options = {
		.size = 3 * PAGE, .alignment = 64 * MIB, .fill = 0x46 };
	uint8_t *memory = tamalloc_extended(&options, sizeof(options));

	CHECK(memory != MAP_FAILED);
	CHECK_EQ((uintptr_t)memory % (64 * MIB), 0);
	check_bytes(memory, 3 * PAGE, 0x46);
}

TEST(read_into_it_and_write_from_it)
{
	uint8_t *memory = tamalloc_filled(8 * PAGE, 0x51, 0);
	uint8_t *ordinary = calloc(8, PAGE);
	int file = memfd_create("bytes", 0);

	CHECK(file >= 0);
	/* From untouched pages, at an odd offset. */
	CHECK_EQ(write(file, memory + 5, 3 * PAGE), 3 * PAGE);
	CHECK_EQ(pread(file, ordinary, 3 * PAGE, 0), 3 * PAGE);
	check_bytes(ordinary, 3 * PAGE, 0x51);

	/* Into an untouched page, in its middle. */
	memset(ordinary, 2, PAGE);
	CHECK_EQ(pwrite(file, ordinary, 100, 0), 100);
	CHECK_EQ(pread(file, memory + 5 * PAGE + 10, 100, 0), 100);
	check_bytes(memory + 5 * PAGE, 10, 0x51);
	check_bytes(memory + 5 * PAGE + 10, 100, 2);
	check_bytes(memory + 5 * PAGE + 110, PAGE - 110, 0x51);
	close(file);
}

static void check_seen_by_another(bool by_file)
{
	uint8_t *memory = tamalloc_filled(4 * PAGE, 0x52, 0);
	uint8_t *copy = calloc(4, PAGE);
	pid_t parent = getpid();
	int status;

	if (!fork()) {
		struct iovec to = { copy, 4 * PAGE };
		struct iovec from = { memory, 4 * PAGE };
		char path[64];

		if (by_file) {
			int file;

			snprintf(path, sizeof(path), "/proc/%d/mem", parent);
			file = open(path, O_RDONLY);
			CHECK(file >= 0);
			CHECK_EQ(pread(file, copy, 4 * PAGE,
				       (off_t)(uintptr_t)memory), 4 * PAGE);
		} else {
			CHECK_EQ(process_vm_readv(parent, &to, 1, &from, 1, 0),
				 4 * PAGE);
		}
		check_bytes(copy, 4 * PAGE, 0x52);
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	check_bytes(memory, 4 * PAGE, 0x52);
}

TEST(process_vm_readv_of_untouched_pages)
{
	check_seen_by_another(false);
}

TEST(proc_mem_of_untouched_pages)
{
	check_seen_by_another(true);
}

/* Faults of four threads in the same pages at once. */

static void *reader(void *memory)
{
	check_bytes(memory, 16 * MIB, 0x53);
	return NULL;
}

TEST(threads_that_touch_it_at_once)
{
	pthread_t threads[4];
	uint8_t *memory;

	for (int round = 0; round < 4; round++) {
		memory = tamalloc_filled(16 * MIB, 0x53, 0);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_create(&threads[i], NULL, reader,
						memory), 0);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_join(threads[i], NULL), 0);
		CHECK_EQ(munmap(memory, 16 * MIB), 0);
	}
}
