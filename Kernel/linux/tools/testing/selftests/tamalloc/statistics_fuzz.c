// SPDX-License-Identifier: GPL-2.0
/*
 * Random arguments, half of them plausible, for both statistics calls: the
 * answer is one of those that the manual page allows, and nothing is written
 * outside of what the caller gave.
 *
 * TAMALLOC_FUZZ_SEED and TAMALLOC_FUZZ_TUPLES choose what is run; the seed is
 * printed, and a failure names the tuple's number.
 */
#include "statistics.h"

#define GUARD		0x5c
#define ARENA		(4 * PAGE)

static uint64_t state;

/* xorshift64*: small, and the same everywhere. */
static uint64_t random_bits(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

static uint64_t below(uint64_t limit)
{
	return random_bits() % limit;
}

static bool one_in(unsigned int number)
{
	return below(number) == 0;
}

static unsigned long environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

/* An arena between two pages that nobody may touch, and a read-only one. */
static unsigned char *arena, *read_only;

static void make_arenas(void)
{
	unsigned char *pages = mmap(NULL, ARENA + 2 * PAGE, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(pages != MAP_FAILED);
	arena = pages + PAGE;
	CHECK(!mprotect(arena, ARENA, PROT_READ | PROT_WRITE));
	memset(arena, GUARD, ARENA);
	read_only = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	CHECK(read_only != MAP_FAILED);
}

/* Any address at all, but for those where this program itself may live. */
static void *foreign_address(uint64_t address)
{
	if (address >= PAGE && address < 1UL << 47)
		address |= 1UL << 47;
	return (void *)address;
}

static void *random_address(void)
{
	switch (below(8)) {
	case 0: return NULL;
	case 1: return foreign_address(random_bits());
	case 2: return foreign_address(random_bits() >> below(64));
	case 3: return (void *)-below(2 * PAGE);
	case 4: return arena + ARENA - below(256);
	case 5: return arena - below(256);
	case 6: return read_only + below(PAGE);
	default: return arena + below(ARENA);
	}
}

static size_t random_size(size_t true_size)
{
	switch (below(8)) {
	case 0: return below(2 * PAGE);
	case 1: return random_bits();
	case 2: return random_bits() >> below(64);
	case 3: return true_size + below(32) - 16;
	case 4: return PAGE + below(3) - 1;
	default: return true_size;
	}
}

static int32_t random_number(void)
{
	switch (below(6)) {
	case 0: return random_bits();
	case 1: return (uint32_t)random_bits() >> below(32);
	case 2: return -below(3);
	case 3: return getpid();
	case 4: return below(400);
	default: return 0;
	}
}

static bool allowed(long result, const long *errors, int number)
{
	for (int i = 0; i < number; i++)
		if (result == errors[i])
			return true;
	return false;
}

/*
 * The arena is as it was but for @size bytes at @start, which may lie anywhere.
 * Puts it back as it was.
 */
static void check_guard(const unsigned char *start, size_t size,
			unsigned long tuple)
{
	static unsigned char expected[ARENA];
	uintptr_t first = (uintptr_t)start, last = first + size;
	uintptr_t low = (uintptr_t)arena, high = low + ARENA;

	memset(expected, GUARD, sizeof(expected));
	first = first < low ? low : first;
	last = last > high ? high : last;
	if (first < last)
		memset((void *)first, GUARD, last - first);
	if (memcmp(arena, expected, ARENA))
		FAIL("tuple %lu wrote outside of its structures", tuple);
}

static void try_processes(unsigned long tuple)
{
	static const long errors[] = { -EINVAL, -E2BIG, -EFAULT, -ESRCH };
	struct statistics_query query = {
		.pid = random_number(), .cursor = random_number(),
	};
	bool good_query = !one_in(3), good_rows = !one_in(3);
	unsigned char *rows = good_rows ? arena + below(ARENA / 2)
		: random_address();
	size_t row_size = random_size(sizeof(struct statistics_row));
	unsigned int count = one_in(4) ? random_bits() : below(8);
	size_t query_size = random_size(sizeof(query));
	static unsigned char buffer[2 * PAGE];
	void *address = good_query ? buffer : random_address();
	long result;

	if (one_in(8))
		query.flags = random_bits();
	if (one_in(8))
		query.reserved = random_bits();
	if (one_in(2))
		query.pid = 0;
	memset(buffer, one_in(4), sizeof(buffer));
	memcpy(buffer, &query, sizeof(query));

	result = process_statistics(address, query_size, rows, row_size,
				    count);
	if (result < 0 ? !allowed(result, errors, 4) : result > count)
		FAIL("tuple %lu: %ld for query %p+%zu, rows %p+%zu, count %u",
		     tuple, result, address, query_size, (void *)rows,
		     row_size, count);
	if (good_query) {
		/* Rejected in the order that the manual page gives. */
		long first = query_size < sizeof(query) ? -EINVAL :
			query_size > PAGE ? -E2BIG : 0;

		if (first && result != first)
			FAIL("tuple %lu: %ld instead of %ld", tuple, result,
			     first);
		/* A row that faulted in its middle was begun. */
		check_guard(rows, result == -EFAULT ? row_size :
			    result > 0 ? (result + 1) * row_size : 0, tuple);
	} else {
		/* The query itself may be in the arena, with any content. */
		memset(arena, GUARD, ARENA);
	}
}

static void try_totals(unsigned long tuple)
{
	static const long errors[] = { -EINVAL, -E2BIG, -EFAULT };
	unsigned char *address = random_address();
	size_t size = random_size(sizeof(struct statistics_totals));
	long result = total_statistics(address, size);

	if (result != 0 && !allowed(result, errors, 3))
		FAIL("tuple %lu: %ld for %p+%zu", tuple, result,
		     (void *)address, size);
	if (result == 0 && (size < sizeof(struct statistics_totals) || size > PAGE))
		FAIL("tuple %lu: size %zu was accepted", tuple, size);
	check_guard(address, size <= PAGE ? size : 0, tuple);
}

TEST_TIMEOUT(random_arguments, 4 * PATIENT)
{
	unsigned long tuples = environment("TAMALLOC_FUZZ_TUPLES", 300000);
	double start = seconds();

	state = environment("TAMALLOC_FUZZ_SEED", 0x7a3a110c);
	say("seed 0x%lx, %lu tuples", (unsigned long)state, tuples);
	make_arenas();
	for (unsigned long tuple = 0; tuple < tuples; tuple++) {
		if (one_in(8))
			try_totals(tuple);
		else
			try_processes(tuple);
	}
	say("%.1f s", seconds() - start);
}
