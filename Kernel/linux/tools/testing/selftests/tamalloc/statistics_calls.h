/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The statistics calls, as the tests make them: what they return is the result
 * or a negative error number.
 */
#ifndef SELFTESTS_TAMALLOC_STATISTICS_CALLS_H
#define SELFTESTS_TAMALLOC_STATISTICS_CALLS_H

#include <sys/syscall.h>

#include "memory.h"

/* Shorter names. */
#define statistics_query	tamalloc_process_query
#define statistics_row		tamalloc_process_statistics
#define statistics_totals	tamalloc_total_statistics

static inline long process_statistics(void *query, size_t query_size,
				      void *rows, size_t row_size,
				      unsigned int count)
{
	long result = syscall(TAMALLOC_SYSCALL_PROCESS_STATISTICS, query,
			      query_size, rows, row_size, count);

	return result < 0 ? -errno : result;
}

static inline long total_statistics(void *totals, size_t size)
{
	long result = syscall(TAMALLOC_SYSCALL_TOTAL_STATISTICS, totals, size);

	return result < 0 ? -errno : result;
}

/* One process: 1 or a negative error number. */
static inline long statistics_of(pid_t pid, struct statistics_row *row)
{
	struct statistics_query query = { .pid = pid };

	return process_statistics(&query, sizeof(query), row, sizeof(*row), 1);
}

/*
 * All processes, @step rows a call: how many, or a negative error number.
 * @capacity is the room in @rows.
 */
static inline long list_statistics(struct statistics_row *rows,
				   unsigned int capacity, unsigned int step)
{
	struct statistics_query query = {};
	long sum = 0, got;

	do {
		if (step > capacity - sum)
			step = capacity - sum;
		got = process_statistics(&query, sizeof(query), rows + sum,
					 sizeof(*rows), step);
		if (got < 0)
			return got;
		sum += got;
	} while (query.cursor);
	return sum;
}

/* The row of @pid in a listing, whose pids ascend; or NULL. */
static inline const struct statistics_row *
find_row(const struct statistics_row *rows, long count, pid_t pid)
{
	while (count > 0) {
		long middle = count / 2;

		if (rows[middle].pid == pid)
			return &rows[middle];
		if (rows[middle].pid < pid) {
			rows += middle + 1;
			count -= middle + 1;
		} else {
			count = middle;
		}
	}
	return NULL;
}

#endif /* SELFTESTS_TAMALLOC_STATISTICS_CALLS_H */
