/* SPDX-License-Identifier: GPL-2.0 */
/* Processes made for a test.  They die with the test. */
#ifndef SELFTESTS_TAMALLOC_STATISTICS_CHILDREN_H
#define SELFTESTS_TAMALLOC_STATISTICS_CHILDREN_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "statistics_proc.h"

/* Says that the child is as it should be, and waits to be killed. */
static inline void hold(void)
{
	raise(SIGSTOP);
	for (;;)
		pause();
}

/*
 * A child that has run @body and stands still.  It dies with its parent.
 * Returns its pid.
 */
static inline pid_t make_child(void (*body)(long), long argument)
{
	pid_t parent = getpid(), child = fork();
	int status;

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* 0 if the parent is outside of our pid namespace. */
		if (getppid() != parent && getppid() != 0)
			_exit(1);
		if (body)
			body(argument);
		hold();
		_exit(0);
	}
	if (child > 0 && (waitpid(child, &status, WUNTRACED) != child ||
			  !WIFSTOPPED(status)))
		return -1;
	return child;
}

static inline void end_child(pid_t child)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, __WALL);
	}
}

/*
 * A child that is inside vfork(): it waits for *@child, which shares its
 * memory, never to let go of it.
 */
static inline pid_t make_vforker(pid_t *child)
{
	pid_t *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t parent = fork();

	if (parent == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (vfork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			__atomic_store_n(shared, getpid(), __ATOMIC_RELAXED);
			for (;;)
				pause();
		}
		_exit(0);
	}
	while (!(*child = __atomic_load_n(shared, __ATOMIC_RELAXED)))
		usleep(1000);
	return parent;
}

/* Reserves @size bytes that cost nothing yet. */
static inline char *reserve(size_t size)
{
	char *address = mmap(NULL, size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (address == MAP_FAILED)
		_exit(2);
	madvise(address, size, MADV_NOHUGEPAGE);
	return address;
}

/* Writes to each page. */
static inline void touch(char *address, size_t size)
{
	for (size_t offset = 0; offset < size; offset += PAGE)
		__atomic_store_n(address + offset, 1, __ATOMIC_RELAXED);
}

/* The row of a new child after @body, equal to /proc; the child has ended. */
static inline struct statistics_row row_of_new_child(void (*body)(long),
						     long argument)
{
	pid_t child = make_child(body, argument);
	struct statistics_row row;

	CHECK(child > 0);
	CHECK(compare(child));
	CHECK_EQ(statistics_of(child, &row), 1);
	end_child(child);
	return row;
}

#endif /* SELFTESTS_TAMALLOC_STATISTICS_CHILDREN_H */
