/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the statistics share.
 */
#ifndef SELFTESTS_TAMALLOC_STATISTICS_H
#define SELFTESTS_TAMALLOC_STATISTICS_H

#define _GNU_SOURCE
#include <dirent.h>
#include <sched.h>
#include <time.h>
#include <sys/resource.h>

#include "statistics_children.h"

/* Time enough for a debug kernel on an emulated machine. */
#define PATIENT	900

static inline double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

#endif /* SELFTESTS_TAMALLOC_STATISTICS_H */
