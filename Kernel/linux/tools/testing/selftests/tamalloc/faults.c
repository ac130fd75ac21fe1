// SPDX-License-Identifier: GPL-2.0
/*
 * Reserving and touching while the kernel's own allocations fail now and then.
 * Needs fault injection, which the debug flavour has.
 */
#include "memory.h"

#include <sys/wait.h>

#define DEBUG "/sys/kernel/debug/"

static void set(const char *injector, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUG "%s/%s", injector, name);
	write_file(path, value);
}

static void inject(const char *injector, const char *percent)
{
	set(injector, "task-filter", "Y");
	set(injector, "interval", "1");
	set(injector, "times", "-1");
	set(injector, "verbose", "0");
	set(injector, "ignore-gfp-wait", "N");
	set(injector, "probability", percent);
}

/* Every call gives memory that is right, or none. */
static void reserve_and_touch(void)
{
	int successes = 0, failures = 0;

	for (int round = 0; round < 4000; round++) {
		struct tamalloc_options options = {
			.size = (1 + round % 9) * PAGE,
			.alignment = round % 5 ? 0 : 16 * PAGE,
			.flags = round % 7 ? 0 : TAMALLOC_PREFAULT,
			.fill = round % 3 ? round % 4 : 0,
		};
		uint8_t *memory = tamalloc_extended(&options, sizeof(options));

		if (memory == MAP_FAILED) {
			CHECK_EQ(errno, ENOMEM);
			failures++;
			continue;
		}
		successes++;
		if (round % 2)
			check_bytes(memory, options.size, options.fill);
		/* A third stays, so that there are neighbours to merge with. */
		if (round % 3)
			munmap(memory, options.size);
	}
	say("%d succeeded, %d failed", successes, failures);
	CHECK(successes > 0);
}

static void check_injector(const char *injector, const char *percent)
{
	char path[128];
	int status;

	snprintf(path, sizeof(path), DEBUG "%s/probability", injector);
	if (access(path, W_OK))
		SKIP("this kernel injects no faults");
	inject(injector, percent);
	if (!fork()) {
		write_file("/proc/self/make-it-fail", "1");
		reserve_and_touch();
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	set(injector, "probability", "0");
	CHECK_EQ(status, 0);
}

TEST_TIMEOUT(slab_allocations_fail, 600)
{
	check_injector("failslab", "10");
}

TEST_TIMEOUT(page_allocations_fail, 600)
{
	if (!access(DEBUG "fail_page_alloc/min-order", W_OK))
		set("fail_page_alloc", "min-order", "0");
	if (!access(DEBUG "fail_page_alloc/ignore-gfp-highmem", W_OK))
		set("fail_page_alloc", "ignore-gfp-highmem", "N");
	check_injector("fail_page_alloc", "5");
}
