// SPDX-License-Identifier: GPL-2.0
/*
 * Random arguments for 554 and 557, against a model of what each call has to
 * answer.  The seed is printed; TAMALLOC_SEED repeats a run.
 */
#include "memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define ROUNDS 50000

/* A generator whose whole state is the seed (xorshift). */
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t seed(void)
{
	const char *given = getenv("TAMALLOC_SEED");
	struct timespec now;
	uint64_t value;

	clock_gettime(CLOCK_REALTIME, &now);
	value = given ? strtoull(given, NULL, 0)
		      : (uint64_t)now.tv_nsec * 1000003 + now.tv_sec;
	say("TAMALLOC_SEED=%llu", (unsigned long long)value);
	return value ? value : 1;
}

/* Values near what matters: small, pages, powers of two, and the ends. */
static uint64_t interesting(uint64_t *state)
{
	uint64_t random = next(state);

	switch (random % 8) {
	case 0: return 0;
	case 1: return random >> 56;
	case 2: return (random >> 52) * PAGE;
	case 3: return 1ULL << (random >> 58);
	case 4: return (1ULL << (random >> 58)) + (random >> 8) % 3 - 1;
	case 5: return 0 - (random >> 48);
	case 6: return random >> (random >> 8) % 64;
	default: return random;
	}
}

enum answer { OK, EITHER, ERROR };

/* An address space has 128 TiB less what is in it. */
static enum answer room(uint64_t size)
{
	if (size > 128 * TIB)
		return ERROR;
	return size < 8 * TIB ? OK : EITHER;
}

/*
 * What another thread holds is missing, too: it may be nearly everything.  So
 * calls that may take much are counted when they begin and when their memory is
 * free again, and a small one is certain to succeed only if none of them was
 * under way from its beginning to its end.
 */
static _Atomic uint64_t large_begun, large_ended;

struct call {
	enum answer expected;
	uint64_t begun, ended;
};

static struct call begin_call(enum answer expected)
{
	struct call call = { .expected = expected };

	if (expected == EITHER)
		large_begun++;
	/* In this order: one that ends in between counts as under way. */
	call.ended = large_ended;
	call.begun = large_begun;
	return call;
}

/* What is to be expected of a call that has just returned. */
static enum answer expectation(const struct call *call)
{
	if (call->expected != OK)
		return call->expected;
	return call->begun == call->ended && large_begun == call->begun
		? OK : EITHER;
}

static void end_call(const struct call *call)
{
	if (call->expected == EITHER)
		large_ended++;
}

static void check_answer(enum answer expected, int expected_error,
			 const void *memory, int error, uint64_t size,
			 uint8_t fill, uint64_t random)
{
	uint64_t pages = (size + PAGE - 1) / PAGE;

	if (memory == MAP_FAILED) {
		if (expected == OK)
			FAIL("size %#llx: errno %d, expected success",
			     (unsigned long long)size, error);
		CHECK_EQ(error, expected_error);
		return;
	}
	if (expected == ERROR)
		FAIL("size %#llx succeeded", (unsigned long long)size);
	CHECK_EQ((uintptr_t)memory % PAGE, 0);
	/* One byte anywhere, and the last one. */
	CHECK_EQ(((volatile uint8_t *)memory)[random % (pages * PAGE)], fill);
	CHECK_EQ(((volatile uint8_t *)memory)[pages * PAGE - 1], fill);
	CHECK_EQ(munmap((void *)memory, size), 0);
}

static void fuzz_simple(uint64_t *state)
{
	uint64_t size = interesting(state);
	struct call call = begin_call(!size || size > 0 - PAGE ? ERROR
							       : room(size));
	void *memory = tamalloc(size);

	check_answer(expectation(&call), size ? ENOMEM : EINVAL, memory, errno,
		     size, 0, next(state));
	end_call(&call);
}

static uint64_t round_up(uint64_t size)
{
	return (size + PAGE - 1) & -PAGE;
}

static void fuzz_options(uint64_t *state)
{
	const uint64_t known = TAMALLOC_HUGE_PAGES | TAMALLOC_PREFAULT |
			       TAMALLOC_ACCOUNT;
	struct tamalloc_options options = {
		.size = interesting(state),
		.alignment = next(state) % 2 ? 0 : interesting(state),
		.flags = next(state) % 4 ? next(state) & known
					 : interesting(state),
		.fill = next(state) % 4 ? next(state) % 256
					: interesting(state),
	};
	uint64_t alignment = options.alignment < PAGE ? PAGE
						      : options.alignment;
	enum answer expected = OK;
	int expected_error = ENOMEM;
	struct call call;
	void *memory;

	/* Committing at once is for what the machine can hold. */
	if (options.size > 256 * KIB)
		options.flags &= ~TAMALLOC_PREFAULT;

	if (options.flags & ~known || options.fill > 255 || !options.size) {
		expected = ERROR;
		expected_error = EINVAL;
	} else if (options.size > 0 - PAGE) {
		expected = ERROR;
	} else if (options.alignment & (options.alignment - 1)) {
		expected = ERROR;
		expected_error = EINVAL;
	} else {
		uint64_t total = round_up(options.size) + (alignment - PAGE);

		expected = total < options.size ? ERROR : room(total);
		if (options.flags & TAMALLOC_ACCOUNT &&
		    options.size > 100 * MIB && expected == OK)
			expected = EITHER;
	}
	call = begin_call(expected);
	memory = tamalloc_extended(&options, sizeof(options));
	expected = expectation(&call);
	if (memory != MAP_FAILED)
		CHECK_EQ((uintptr_t)memory % alignment, 0);
	check_answer(expected, expected_error, memory, errno, options.size,
		     options.fill, next(state));
	end_call(&call);
}

/* Sizes and addresses of the structure itself. */
static void fuzz_structure(uint64_t *state)
{
	static struct { uint8_t bytes[2 * 4096]; } zero;
	uint64_t size = interesting(state);
	uint64_t address = interesting(state);
	int expected;

	/* All zero, so size 0: never succeeds, whatever is accepted. */
	expected = size < sizeof(struct tamalloc_options) ? EINVAL :
		   size > PAGE ? E2BIG : EINVAL;
	CHECK_ERRNO(tamalloc_extended((void *)&zero, size), expected);

	/* Kernel addresses, and those that nobody can have. */
	address |= 1ULL << 63;
	expected = size < sizeof(struct tamalloc_options) ? EINVAL :
		   size > PAGE ? E2BIG : EFAULT;
	CHECK_ERRNO(tamalloc_extended((void *)address, size), expected);
}

static void *fuzz(void *argument)
{
	uint64_t state = *(uint64_t *)argument;

	for (int round = 0; round < ROUNDS; round++)
		switch (next(&state) % 4) {
		case 0:
			fuzz_simple(&state);
			break;
		case 1:
			fuzz_structure(&state);
			break;
		default:
			fuzz_options(&state);
			break;
		}
	return NULL;
}

TEST_TIMEOUT(random_arguments, 900)
{
	uint64_t state = seed();

	fuzz(&state);
	state ^= 0x9e3779b97f4a7c15;
	fuzz(&state);
}

/* Two threads in one address space, which they change under each other. */
TEST_TIMEOUT(random_arguments_in_two_threads, 900)
{
	uint64_t states[2] = { seed(), 0 };
	pthread_t thread;

	states[1] = states[0] ^ 0x9e3779b97f4a7c15;
	CHECK_EQ(pthread_create(&thread, NULL, fuzz, &states[1]), 0);
	fuzz(&states[0]);
	CHECK_EQ(pthread_join(thread, NULL), 0);
}
