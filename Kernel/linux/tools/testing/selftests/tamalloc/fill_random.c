// SPDX-License-Identifier: GPL-2.0
/*
 * A random walk of everything that memory management does, over an arena whose
 * pages have different fills, against a model of what each page reads as.
 * Swap, KSM, khugepaged and a second process are at work meanwhile.  The seed
 * is printed; TAMALLOC_SEED repeats a run.
 */
#include "memory.h"

#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define PAGES 2048		/* four huge pages */
#define STEPS 2500

/*
 * The model.  Every page holds one byte over and over.  A page that MADV_FREE
 * was told of reads as its value or as its fill until it is written again.
 */
static struct {
	uint8_t fill;
	uint8_t value;
	bool freed;
	bool read_only;
} model[PAGES];

static uint8_t *arena;
static uint64_t state;

static uint64_t next(uint64_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % limit;
}

static uint8_t *at(size_t page)
{
	return arena + page * PAGE;
}

static void check_page(size_t page)
{
	uint8_t seen = *(volatile uint8_t *)at(page);

	if (seen != model[page].value &&
	    !(model[page].freed && seen == model[page].fill))
		FAIL("page %zu reads as %#x, expected %#x (fill %#x)", page,
		     seen, model[page].value, model[page].fill);
	check_bytes(at(page), PAGE, seen);
}

static void check_all(void)
{
	for (size_t page = 0; page < PAGES; page++)
		check_page(page);
}

/* Replaces a range by untouched memory of a fill. */
static void place(size_t first, size_t count, uint8_t fill)
{
	struct tamalloc_options options = {
		.size = count * PAGE, .fill = fill,
		.flags = next(2) ? TAMALLOC_HUGE_PAGES : 0 };
	void *memory;

	/* So that the new memory cannot happen to come to lie there. */
	CHECK(mmap(at(first), count * PAGE, PROT_NONE, MAP_PRIVATE |
		   MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) ==
	      at(first));
	memory = tamalloc_extended(&options, sizeof(options));
	CHECK(memory != MAP_FAILED);
	CHECK(mremap(memory, count * PAGE, count * PAGE,
		     MREMAP_MAYMOVE | MREMAP_FIXED, at(first)) == at(first));
	for (size_t page = first; page < first + count; page++) {
		model[page].fill = fill;
		model[page].value = fill;
		model[page].freed = false;
		model[page].read_only = false;
	}
}

static void write_range(size_t first, size_t count)
{
	uint8_t value = next(4) ? next(256) : 0;

	for (size_t page = first; page < first + count; page++) {
		if (model[page].read_only)
			continue;
		memset(at(page), value, PAGE);
		model[page].value = value;
		model[page].freed = false;
	}
}

static void advise(size_t first, size_t count, int advice)
{
	if (madvise(at(first), count * PAGE, advice))
		return;		/* not for memory that is this and that */
	for (size_t page = first; page < first + count; page++) {
		if (advice == MADV_DONTNEED) {
			model[page].value = model[page].fill;
			model[page].freed = false;
		} else if (advice == MADV_FREE) {
			model[page].freed = true;
		}
	}
}

static void protect(size_t first, size_t count, bool read_only)
{
	CHECK_EQ(mprotect(at(first), count * PAGE, read_only ? PROT_READ :
			  PROT_READ | PROT_WRITE), 0);
	for (size_t page = first; page < first + count; page++)
		model[page].read_only = read_only;
}

/* Moves a range over another; works where the source is of one kind. */
static void move(size_t from, size_t to, size_t count)
{
	if (from < to + count && to < from + count)
		return;
	if (mremap(at(from), count * PAGE, count * PAGE,
		   MREMAP_MAYMOVE | MREMAP_FIXED, at(to)) == MAP_FAILED)
		/* It may have removed what was there before it refused. */
		place(to, count, next(256));
	else
		memcpy(&model[to], &model[from], count * sizeof(model[0]));
	/* A refused mremap leaves the source, a done one leaves a gap. */
	place(from, count, next(256));
}

/* A child sees the same, and what it does to its copy stays with it. */
static void fork_and_check(void)
{
	int status;

	if (!fork()) {
		check_all();
		write_range(next(PAGES / 2), PAGES / 2);
		advise(next(PAGES / 2), PAGES / 2, MADV_DONTNEED);
		check_all();
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
}

static void step(void)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_DONTNEED, MADV_PAGEOUT, MADV_PAGEOUT,
		MADV_COLD, MADV_FREE, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
		MADV_COLLAPSE, MADV_MERGEABLE, MADV_UNMERGEABLE,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	};
	size_t most = next(8) ? 32 : PAGES / 2;
	size_t first = next(PAGES - most);
	size_t count = 1 + next(most);

	switch (next(16)) {
	case 0: case 1: case 2: case 3: case 4:
		write_range(first, count);
		break;
	case 5: case 6: case 7:
		for (size_t page = first; page < first + count; page++)
			check_page(page);
		break;
	case 8: case 9: case 10: case 11: case 12:
		advise(first, count,
		       advices[next(sizeof(advices) / sizeof(advices[0]))]);
		break;
	case 13:
		protect(first, count, next(2));
		break;
	case 14:
		if (next(4))
			place(first, count, next(4) ? next(256) : 0);
		else
			move(first, next(PAGES - most), count);
		break;
	default:
		if (!next(8))
			fork_and_check();
		break;
	}
}

#define HUGE_PAGES "/sys/kernel/mm/transparent_hugepage/"
#define KSM "/sys/kernel/mm/ksm/"

static void start_helpers(void)
{
	write_file(HUGE_PAGES "enabled", "always");
	write_file(HUGE_PAGES "khugepaged/scan_sleep_millisecs", "20");
	write_file(HUGE_PAGES "khugepaged/pages_to_scan", "4096");
	write_file(KSM "use_zero_pages", "1");
	write_file(KSM "pages_to_scan", "4000");
	write_file(KSM "sleep_millisecs", "20");
	write_file(KSM "run", "1");
	write_file("/sys/block/zram0/reset", "1");
	write_file("/sys/block/zram0/disksize", "128M");
	CHECK_EQ(system("mkswap /dev/zram0 >/dev/null"), 0);
	CHECK_EQ(swapon("/dev/zram0", 0), 0);
}

static void stop_helpers(void)
{
	write_file(HUGE_PAGES "enabled", "madvise");
	write_file(KSM "run", "2");
	write_file(KSM "use_zero_pages", "0");
	CHECK_EQ(swapoff("/dev/zram0"), 0);
}

TEST_TIMEOUT(random_walk, 900)
{
	const char *given = getenv("TAMALLOC_SEED");
	struct timespec now;
	int status;

	clock_gettime(CLOCK_REALTIME, &now);
	state = given ? strtoull(given, NULL, 0)
		      : (uint64_t)now.tv_nsec * 1000003 + now.tv_sec;
	say("TAMALLOC_SEED=%llu", (unsigned long long)state);

	start_helpers();
	if (!fork()) {
		struct tamalloc_options options = {
			.size = PAGES * PAGE, .alignment = HUGE };

		arena = tamalloc_extended(&options, sizeof(options));
		CHECK(arena != MAP_FAILED);
		place(0, PAGES, 0xa5);
		for (int i = 0; i < STEPS; i++) {
			step();
			if (i % 500 == 0)
				check_all();
		}
		check_all();
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	stop_helpers();
	CHECK_EQ(status, 0);
}
