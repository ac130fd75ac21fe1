// SPDX-License-Identifier: GPL-2.0
/*
 * What the statistics calls refuse, what they write, and what they leave alone.
 */
#include "statistics.h"

#define GUARD	0xaa

/* Addresses that are not the caller's to write. */
static void *const bad_addresses[] = {
	NULL, (void *)1, (void *)8, (void *)0x7ffffffff000,
	(void *)0x7fffffffffff, (void *)0x0000800000000000,
	(void *)0x8000000000000000, (void *)0xffff888000000000,
	(void *)0xffffffff81000000, (void *)-4096L, (void *)-1L,
};

#define NUMBER(array)	(sizeof(array) / sizeof((array)[0]))

/* A page that may be written, and one behind it that may not even be read. */
static char *page_before_hole(void)
{
	char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(pages != MAP_FAILED);
	CHECK(!mprotect(pages + PAGE, PAGE, PROT_NONE));
	return pages;
}

static long ask(struct statistics_query query)
{
	struct statistics_row row;

	return process_statistics(&query, sizeof(query), &row, sizeof(row), 1);
}

TEST_TIMEOUT(values_that_mean_nothing, PATIENT)
{
	struct statistics_row row;
	struct statistics_query query = {};

	CHECK_EQ(ask((struct statistics_query){ .pid = -1 }), -EINVAL);
	CHECK_EQ(ask((struct statistics_query){ .pid = INT32_MIN }), -EINVAL);
	CHECK_EQ(ask((struct statistics_query){ .cursor = -1 }), -EINVAL);
	CHECK_EQ(ask((struct statistics_query){ .cursor = INT32_MIN }), -EINVAL);
	CHECK_EQ(ask((struct statistics_query){ .pid = 1, .cursor = 1 }), -EINVAL);
	CHECK_EQ(ask((struct statistics_query){ .reserved = 1 }), -EINVAL);
	for (int bit = 0; bit < 32; bit++)
		CHECK_EQ(ask((struct statistics_query){ .flags = 1U << bit }), -EINVAL);
	CHECK_EQ(process_statistics(&query, sizeof(query), &row, sizeof(row),
				    0), -EINVAL);
	CHECK_EQ(ask((struct statistics_query){ .pid = INT32_MAX }), -ESRCH);
	CHECK_EQ(ask((struct statistics_query){ .pid = getpid() }), 1);
}

static const size_t small_sizes[] = { 0, 1, 8, 15 };
static const size_t large_sizes[] = { PAGE + 1, 2 * PAGE, 1UL << 31, 1UL << 32,
				      SIZE_MAX / 2, SIZE_MAX - 7, SIZE_MAX };

TEST_TIMEOUT(sizes_that_no_structure_has, PATIENT)
{
	struct statistics_query query = {};
	struct statistics_row row;

	for (size_t i = 0; i < NUMBER(small_sizes); i++) {
		size_t size = small_sizes[i];

		CHECK_EQ(process_statistics(&query, size, &row, sizeof(row), 1),
			 -EINVAL);
		CHECK_EQ(process_statistics(&query, sizeof(query), &row, size,
					    1), -EINVAL);
		CHECK_EQ(total_statistics(&row, size), -EINVAL);
	}
	CHECK_EQ(process_statistics(&query, 16, &row, 111, 1), -EINVAL);
	CHECK_EQ(total_statistics(&row, 71), -EINVAL);
	for (size_t i = 0; i < NUMBER(large_sizes); i++) {
		size_t size = large_sizes[i];

		CHECK_EQ(process_statistics(&query, size, &row, sizeof(row), 1),
			 -E2BIG);
		CHECK_EQ(process_statistics(&query, sizeof(query), &row, size,
					    1), -E2BIG);
		CHECK_EQ(total_statistics(&row, size), -E2BIG);
	}
}

/* A newer program may pass more, as long as it asks for nothing by it. */
TEST_TIMEOUT(a_larger_query, PATIENT)
{
	static char buffer[PAGE];
	struct statistics_row row;

	((struct statistics_query *)buffer)->pid = getpid();
	for (size_t size = sizeof(struct statistics_query); size <= PAGE; size++)
		CHECK_EQ(process_statistics(buffer, size, &row, sizeof(row), 1),
			 1);
	for (size_t at = sizeof(struct statistics_query); at < PAGE; at += 61) {
		buffer[at] = 1;
		CHECK_EQ(process_statistics(buffer, PAGE, &row, sizeof(row), 1),
			 -E2BIG);
		CHECK_EQ(process_statistics(buffer, at, &row, sizeof(row), 1),
			 1);
		buffer[at] = 0;
	}
}

/* A newer program gets zeros in what this kernel does not know. */
TEST_TIMEOUT(larger_entries, PATIENT)
{
	static unsigned char buffer[3 * PAGE];
	static const unsigned char zeros[PAGE];

	for (size_t size = sizeof(struct statistics_row); size <= PAGE; size += 13) {
		struct statistics_query query = {};
		struct statistics_row *second = (struct statistics_row *)(buffer + size);

		memset(buffer, GUARD, sizeof(buffer));
		CHECK_EQ(process_statistics(&query, sizeof(query), buffer, size,
					    2), 2);
		CHECK_EQ(((struct statistics_row *)buffer)->pid, 1);
		CHECK_EQ(second->pid, 2);
		CHECK(!memcmp(buffer + sizeof(struct statistics_row), zeros,
			      size - sizeof(struct statistics_row)));
		CHECK(!memcmp(buffer + size + sizeof(struct statistics_row), zeros,
			      size - sizeof(struct statistics_row)));
		for (size_t i = 2 * size; i < sizeof(buffer); i++)
			CHECK_EQ(buffer[i], GUARD);

		if (size < sizeof(struct statistics_totals))
			continue;
		memset(buffer, GUARD, sizeof(buffer));
		CHECK_EQ(total_statistics(buffer, size), 0);
		CHECK(!memcmp(buffer + sizeof(struct statistics_totals), zeros,
			      size - sizeof(struct statistics_totals)));
		CHECK_EQ(buffer[size], GUARD);
	}
}

/* Two rows filled over different garbage are the same in every byte. */
TEST_TIMEOUT(no_byte_is_left_as_it_was, PATIENT)
{
	pid_t child = make_child(NULL, 0);
	struct statistics_row first, second;

	for (int garbage = 1; garbage < 256; garbage++) {
		memset(&first, garbage, sizeof(first));
		memset(&second, ~garbage, sizeof(second));
		CHECK_EQ(statistics_of(child, &first), 1);
		CHECK_EQ(statistics_of(child, &second), 1);
		CHECK(!memcmp(&first, &second, sizeof(first)));
		CHECK_EQ(first.reserved, 0);
	}
	end_child(child);
}

/* Only the cursor of a query is written, and of a single one not even that. */
TEST_TIMEOUT(the_query_is_kept, PATIENT)
{
	struct statistics_query query = {}, kept;
	struct statistics_row row;

	CHECK_EQ(process_statistics(&query, sizeof(query), &row, sizeof(row),
				    1), 1);
	CHECK_EQ(query.cursor, 2);
	CHECK(!query.pid && !query.flags && !query.reserved);
	query = (struct statistics_query){ .pid = 1 };
	kept = query;
	CHECK_EQ(process_statistics(&query, sizeof(query), &row, sizeof(row),
				    1), 1);
	CHECK(!memcmp(&query, &kept, sizeof(query)));
}

TEST_TIMEOUT(addresses_that_are_not_ours, PATIENT)
{
	struct statistics_query query = {};
	struct statistics_row row;

	for (size_t i = 0; i < NUMBER(bad_addresses); i++) {
		void *bad = bad_addresses[i];

		CHECK_EQ(process_statistics(bad, sizeof(query), &row,
					    sizeof(row), 1), -EFAULT);
		CHECK_EQ(process_statistics(&query, sizeof(query), bad,
					    sizeof(row), 1), -EFAULT);
		CHECK_EQ(process_statistics(&query, sizeof(query), bad,
					    PAGE, UINT32_MAX), -EFAULT);
		CHECK_EQ(total_statistics(bad, sizeof(struct statistics_totals)), -EFAULT);
		CHECK_EQ(query.cursor, 0);
	}
}

/* A query that cannot be written: one process needs no more than reading. */
TEST_TIMEOUT(a_query_that_is_read_only, PATIENT)
{
	struct statistics_query *query = (struct statistics_query *)page_before_hole();
	struct statistics_row row;

	query->pid = 1;
	CHECK(!mprotect(query, PAGE, PROT_READ));
	CHECK_EQ(process_statistics(query, sizeof(*query), &row, sizeof(row),
				    1), 1);
	CHECK(!mprotect(query, PAGE, PROT_READ | PROT_WRITE));
	query->pid = 0;
	CHECK(!mprotect(query, PAGE, PROT_READ));
	CHECK_EQ(process_statistics(query, sizeof(*query), &row, sizeof(row),
				    1), -EFAULT);
}

/* Structures that begin in our page and end in the hole behind it. */
TEST_TIMEOUT(structures_that_end_in_a_hole, PATIENT)
{
	char *hole = page_before_hole() + PAGE;
	struct statistics_query query = {};
	struct statistics_row row;

	for (size_t inside = 1; inside < sizeof(query); inside++)
		CHECK_EQ(process_statistics(hole - inside, sizeof(query), &row,
					    sizeof(row), 1), -EFAULT);
	for (size_t inside = 1; inside < sizeof(row); inside++)
		CHECK_EQ(process_statistics(&query, sizeof(query),
					    hole - inside, sizeof(row), 1),
			 -EFAULT);
	for (size_t inside = 1; inside < sizeof(struct statistics_totals); inside++)
		CHECK_EQ(total_statistics(hole - inside, sizeof(struct statistics_totals)),
			 -EFAULT);
	/* The zeros behind a row fault as well. */
	CHECK_EQ(process_statistics(&query, sizeof(query), hole - sizeof(row),
				    sizeof(row) + 1, 1), -EFAULT);
}

/* The rows before a fault count, and the next call goes on behind them. */
TEST_TIMEOUT(a_fault_after_some_rows, PATIENT)
{
	char *hole = page_before_hole() + PAGE;
	static struct statistics_row rows[4096];
	struct statistics_query query = {};
	int pid;

	CHECK(list_statistics(rows, 4096, 4096) > 4);
	CHECK_EQ(process_statistics(&query, sizeof(query),
				    hole - 3 * sizeof(struct statistics_row) - 5,
				    sizeof(struct statistics_row), 4096), 3);
	CHECK_EQ(query.cursor, rows[3].pid);
	pid = query.cursor;
	CHECK_EQ(process_statistics(&query, sizeof(query), hole,
				    sizeof(struct statistics_row), 4096), -EFAULT);
	CHECK_EQ(query.cursor, pid);
	CHECK_EQ(process_statistics(&query, sizeof(query), rows,
				    sizeof(struct statistics_row), 1), 1);
	CHECK_EQ(rows[0].pid, pid);
}
