/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same figures from /proc, which is the reference.
 *
 * A comparison reads /proc, asks the system call, and reads /proc again; it
 * counts if both readings agree, so that it is exact even for processes that
 * nobody can stop.
 */
#ifndef SELFTESTS_TAMALLOC_STATISTICS_PROC_H
#define SELFTESTS_TAMALLOC_STATISTICS_PROC_H

#include <fcntl.h>

#include "statistics_calls.h"

/* Reads a small file whole; false if it is gone. */
static inline bool read_text(const char *path, char *text, size_t room)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (file < 0)
		return false;
	length = read(file, text, room - 1);
	close(file);
	text[length > 0 ? length : 0] = 0;
	return length > 0;
}

/* The number after "Name:" at a line's beginning, or 0; sets @found. */
static inline long field(const char *text, const char *name, bool *found)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ':') {
			if (found)
				*found = true;
			return strtol(line + length + 1, NULL, 10);
		}
	}
	return 0;
}

/* Fills all of a row but badness from /proc; false if the process is gone. */
static inline bool read_proc(pid_t pid, struct statistics_row *row)
{
	char path[64], text[4096];
	bool has_memory = false;

	memset(row, 0, sizeof(*row));
	row->pid = pid;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (!read_text(path, text, sizeof(text)))
		return false;
	text[strcspn(text, "\n")] = 0;
	CHECK(strlen(text) < sizeof(row->name));
	memcpy(row->name, text, strlen(text));

	snprintf(path, sizeof(path), "/proc/%d/oom_score", pid);
	if (!read_text(path, text, sizeof(text)))
		return false;
	row->oom_score = atoi(text);
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	if (!read_text(path, text, sizeof(text)))
		return false;
	row->oom_score_adj = atoi(text);

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (!read_text(path, text, sizeof(text)))
		return false;
	row->parent_pid = field(text, "PPid", NULL);
	row->uid = field(text, "Uid", NULL);
	row->reserved_bytes = field(text, "VmSize", &has_memory) * KIB;
	row->committed_bytes = field(text, "VmRSS", NULL) * KIB;
	row->anonymous_bytes = field(text, "RssAnon", NULL) * KIB;
	row->file_bytes = field(text, "RssFile", NULL) * KIB;
	row->shared_bytes = field(text, "RssShmem", NULL) * KIB;
	row->swap_bytes = field(text, "VmSwap", NULL) * KIB;
	row->page_table_bytes = field(text, "VmPTE", NULL) * KIB;
	if (row->reserved_bytes)
		row->committed_permille =
			row->committed_bytes * 1000 / row->reserved_bytes;
	if (!has_memory)
		row->flags = TAMALLOC_PROCESS_NO_MEMORY;
	return true;
}

/* A value of /proc/meminfo, in bytes. */
static inline uint64_t machine_bytes(const char *name)
{
	char text[8192];

	if (!read_text("/proc/meminfo", text, sizeof(text)))
		return 0;
	return field(text, name, NULL) * KIB;
}

/*
 * Compares all that /proc tells of a process.  False if it is gone; the test
 * fails if they differ, or if the process never came to rest.
 */
static inline bool compare(pid_t pid)
{
	struct statistics_row before, row, after;

	for (int attempt = 0; attempt < 100; attempt++) {
		if (!read_proc(pid, &before) || statistics_of(pid, &row) != 1 ||
		    !read_proc(pid, &after))
			return false;
		if (memcmp(&before, &after, sizeof(before)))
			continue;

		row.badness = 0;	/* /proc does not show it */
		/* A worker of the kernel tells what it does at the moment. */
		if (!strncmp(row.name, "kworker/", 8) &&
		    memcmp(row.name, before.name, sizeof(row.name)))
			continue;
		CHECK_EQ(row.parent_pid, before.parent_pid);
		CHECK_EQ(row.uid, before.uid);
		CHECK_EQ(row.flags, before.flags);
		CHECK_EQ(row.oom_score, before.oom_score);
		CHECK_EQ(row.oom_score_adj, before.oom_score_adj);
		CHECK_EQ(row.reserved_bytes, before.reserved_bytes);
		CHECK_EQ(row.committed_bytes, before.committed_bytes);
		CHECK_EQ(row.anonymous_bytes, before.anonymous_bytes);
		CHECK_EQ(row.file_bytes, before.file_bytes);
		CHECK_EQ(row.shared_bytes, before.shared_bytes);
		CHECK_EQ(row.swap_bytes, before.swap_bytes);
		CHECK_EQ(row.page_table_bytes, before.page_table_bytes);
		CHECK_EQ(row.committed_permille, before.committed_permille);
		CHECK(!memcmp(row.name, before.name, sizeof(row.name)));
		CHECK(!memcmp(&row, &before, sizeof(row)));
		return true;
	}
	FAIL("process %d never came to rest", pid);
}

#endif /* SELFTESTS_TAMALLOC_STATISTICS_PROC_H */
