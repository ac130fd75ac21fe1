// SPDX-License-Identifier: GPL-2.0
#include "memory.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

void *tamalloc(size_t size)
{
	return (void *)syscall(TAMALLOC_SYSCALL, size);
}

void *tamalloc_extended(const struct tamalloc_options *options, size_t size)
{
	return (void *)syscall(TAMALLOC_SYSCALL_EXTENDED, options, size);
}

void *tamalloc_filled(size_t size, uint8_t fill, uint64_t flags)
{
	struct tamalloc_options options = {
		.size = size, .fill = fill, .flags = flags };
	void *memory = tamalloc_extended(&options, sizeof(options));

	if (memory == MAP_FAILED)
		FAIL("tamalloc_extended of %zu bytes: errno %d", size, errno);
	return memory;
}

bool all_bytes(const void *start, size_t size, uint8_t byte)
{
	const volatile uint8_t *bytes = start;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != byte)
			return false;
	return true;
}

void check_bytes(const void *start, size_t size, uint8_t byte)
{
	const volatile uint8_t *bytes = start;

	for (size_t i = 0; i < size; i++) {
		uint8_t seen = bytes[i];

		if (seen != byte)
			FAIL("byte %zu of %zu is %#x and not %#x", i, size,
			     seen, byte);
	}
}

static long kib_in(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line && *line; ) {
		if (!strncmp(line, name, length) && line[length] == ':')
			return strtol(line + length + 1, NULL, 10);
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	FAIL("no %s", name);
}

long status_kib(const char *name)
{
	char text[8192];

	read_file("/proc/self/status", text, sizeof(text));
	return kib_in(text, name);
}

/* The part of smaps that describes the vma that holds the address. */
static void smaps_entry(const void *address, char *entry, size_t size)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	bool inside = false;
	char line[512];
	size_t used = 0;

	CHECK(file);
	entry[0] = 0;
	while (fgets(line, sizeof(line), file)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (uintptr_t)address >= start &&
				 (uintptr_t)address < end;
		if (inside && used + strlen(line) + 1 < size) {
			strcpy(entry + used, line);
			used += strlen(line);
		}
	}
	fclose(file);
	if (!used)
		FAIL("no vma at %p", address);
}

long smaps_kib(const void *address, const char *name)
{
	char entry[4096];

	smaps_entry(address, entry, sizeof(entry));
	return kib_in(entry, name);
}

void vma_bounds(const void *address, uintptr_t *start, uintptr_t *end)
{
	char entry[4096];

	smaps_entry(address, entry, sizeof(entry));
	CHECK(sscanf(entry, "%lx-%lx", start, end) == 2);
}

bool has_vm_flag(const void *address, const char *flag)
{
	char entry[4096], word[8];
	const char *flags;

	smaps_entry(address, entry, sizeof(entry));
	flags = strstr(entry, "VmFlags:");
	CHECK(flags);
	snprintf(word, sizeof(word), " %s ", flag);
	return strstr(flags, word);
}

long page_faults(void)
{
	struct rusage usage;

	CHECK_EQ(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_minflt + usage.ru_majflt;
}

static size_t pagemap_count(const void *start, size_t size, uint64_t bit)
{
	int file = open("/proc/self/pagemap", O_RDONLY);
	size_t count = 0;

	CHECK(file >= 0);
	for (size_t i = 0; i < size / PAGE; i++) {
		off_t index = (uintptr_t)start / PAGE + i;
		uint64_t entry;

		CHECK_EQ(pread(file, &entry, sizeof(entry),
			       index * sizeof(entry)), sizeof(entry));
		count += !!(entry & bit);
	}
	close(file);
	return count;
}

size_t present_pages(const void *start, size_t size)
{
	return pagemap_count(start, size, 1ULL << 63);
}

size_t swapped_pages(const void *start, size_t size)
{
	return pagemap_count(start, size, 1ULL << 62);
}

bool try_write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY);
	bool done;

	if (file < 0)
		return false;
	done = write(file, text, strlen(text)) == (ssize_t)strlen(text);
	close(file);
	return done;
}

void write_file(const char *path, const char *text)
{
	if (!try_write_file(path, text))
		FAIL("cannot write %s to %s: errno %d", text, path, errno);
}

void read_file(const char *path, char *text, size_t size)
{
	int file = open(path, O_RDONLY);
	ssize_t length, total = 0;

	if (file < 0)
		FAIL("cannot open %s: errno %d", path, errno);
	while ((length = read(file, text + total, size - 1 - total)) > 0)
		total += length;
	text[total] = 0;
	close(file);
}
