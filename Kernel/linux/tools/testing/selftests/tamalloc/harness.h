/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The smallest harness that says in KTAP what was tested and what was found.
 *
 *	TEST(name)	defines a test; it fails at the first CHECK that does not
 *			hold and says which values it saw
 *	CHECK(c)	the condition holds
 *	CHECK_EQ(a, b)	two integers are equal
 *	CHECK_ERRNO(call, number)	the call fails with that error
 *	SKIP(why)	ends the test: this machine cannot show it
 *
 * Each test runs in a process of its own: what it maps, locks, limits or breaks
 * goes with it, and one that is killed fails alone.
 */
#ifndef TAMALLOC_HARNESS_H
#define TAMALLOC_HARNESS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

struct test {
	const char *name;
	void (*run)(void);
	unsigned int seconds;		/* until it counts as hung */
	struct test *next;
};

void harness_add(struct test *test);

#define TEST_TIMEOUT(name_, seconds_)					\
	static void test_##name_(void);					\
	static struct test entry_##name_ = {				\
		.name = #name_, .run = test_##name_, .seconds = seconds_ }; \
	__attribute__((constructor)) static void add_##name_(void)	\
	{								\
		harness_add(&entry_##name_);				\
	}								\
	static void test_##name_(void)

#define TEST(name_) TEST_TIMEOUT(name_, 120)

/* Ends the test in failure, after a line of the printf kind. */
void harness_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));
/* Ends the test without a verdict. */
void harness_skip(const char *why) __attribute__((noreturn));
/* A line of information between the results. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define FAIL(...) harness_fail(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(why) harness_skip(why)

#define CHECK(condition) do {						\
	if (!(condition))						\
		FAIL("not true: %s (errno %d)", #condition, errno);	\
} while (0)

#define CHECK_EQ(left, right) do {					\
	long long left_ = (long long)(left);				\
	long long right_ = (long long)(right);				\
	if (left_ != right_)						\
		FAIL("%s is %lld, but %s is %lld", #left, left_,	\
		     #right, right_);					\
} while (0)

#define CHECK_ERRNO(call, number) do {					\
	errno = 0;							\
	long long result_ = (long long)(call);				\
	if (result_ != -1 || errno != (number))				\
		FAIL("%s returned %lld, errno %d; expected errno %d",	\
		     #call, result_, errno, (number));			\
} while (0)

#endif /* TAMALLOC_HARNESS_H */
