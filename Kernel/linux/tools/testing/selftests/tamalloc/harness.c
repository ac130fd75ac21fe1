// SPDX-License-Identifier: GPL-2.0
/* Runs the tests of one program and prints KTAP. */
#include "harness.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>

enum verdict { PASSED = 0, FAILED = 1, SKIPPED = 4 };

static struct test *first;
static struct test **last = &first;

void harness_add(struct test *test)
{
	*last = test;
	last = &test->next;
}

static void print_line(const char *format, va_list arguments)
{
	printf("# ");
	vprintf(format, arguments);
	printf("\n");
	fflush(stdout);
}

void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_line(format, arguments);
	va_end(arguments);
}

void harness_fail(const char *file, int line, const char *format, ...)
{
	int error = errno;
	va_list arguments;

	printf("# %s:%d: ", file, line);
	errno = error;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	fflush(stdout);
	_exit(FAILED);
}

void harness_skip(const char *why)
{
	say("skipped: %s", why);
	_exit(SKIPPED);
}

static enum verdict run(const struct test *test)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child < 0)
		return FAILED;
	if (child == 0) {
		/* A test that hangs is killed, and so fails. */
		alarm(test->seconds);
		test->run();
		fflush(stdout);
		_exit(PASSED);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return FAILED;
	if (WIFSIGNALED(status)) {
		say("%s: killed by signal %d", test->name, WTERMSIG(status));
		return FAILED;
	}
	return WEXITSTATUS(status);
}

/* With arguments, only the tests of those names. */
static bool chosen(const struct test *test, int count, char **names)
{
	if (count <= 1)
		return true;
	for (int i = 1; i < count; i++)
		if (!strcmp(names[i], test->name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	unsigned int number = 0, failures = 0;
	struct test *test;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
	for (test = first; test; test = test->next)
		number += chosen(test, argc, argv);
	printf("1..%u\n", number);

	number = 0;
	for (test = first; test; test = test->next) {
		enum verdict verdict;

		if (!chosen(test, argc, argv))
			continue;
		verdict = run(test);
		number++;
		if (verdict != PASSED && verdict != SKIPPED)
			failures++;
		printf("%sok %u %s%s\n",
		       verdict == PASSED || verdict == SKIPPED ? "" : "not ",
		       number, test->name,
		       verdict == SKIPPED ? " # SKIP" : "");
	}
	return failures ? 1 : 0;
}
