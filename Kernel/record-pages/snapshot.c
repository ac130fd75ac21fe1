// SPDX-License-Identifier: GPL-2.0
//
// snapshot - which page frames are free in the buddy system, at one moment.
//
//	snapshot NAME... >FILE
//
// Writes sections (the header of scripts/record-pages says what they are) with
// /proc/buddyinfo, /proc/zoneinfo, /proc/vmstat and the stretches of frames
// that /proc/kpageflags calls free. buddyinfo says how many free blocks there
// are, and not where; kpageflags says where, and takes a while to read. So
// buddyinfo is read before and after: the snapshot is good where both are
// equal, and is taken anew where they are not.
//
// Everything is opened, allocated and read once before: looking changes nothing
// then. Marks in the kernel's trace say between which events it was taken.

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KPF_BUDDY 10
#define TEXT (64 << 10)
#define ATTEMPTS 100

struct text {
	const char *path;
	int fd;
	ssize_t length;
	char *bytes;
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void *memory(size_t size)
{
	void *place = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (place == MAP_FAILED)
		fail("memory");
	return place;
}

// A file of /proc may come in several pieces.
static void read_text(struct text *text)
{
	ssize_t got;

	text->length = 0;
	while ((got = pread(text->fd, text->bytes + text->length,
			    TEXT - text->length, text->length)) > 0)
		text->length += got;
	if (got < 0 || text->length == TEXT)
		fail(text->path);
}

static void open_text(struct text *text, const char *path)
{
	text->path = path;
	text->fd = open(path, O_RDONLY);
	if (text->fd < 0)
		fail(path);
	text->bytes = memory(TEXT);
	read_text(text);
}

static void mark(int fd, const char *format, ...)
{
	char line[128];
	va_list words;
	int length;

	va_start(words, format);
	length = vsnprintf(line, sizeof(line), format, words);
	va_end(words);
	if (write(fd, line, length) != length)
		fail("trace_marker");
}

int main(int count, char **words)
{
	struct text before, after, zones, events;
	uint64_t *flags;
	size_t size = 0, frames, first, frame;
	int pages, marker, attempt, name;
	static char piece[1 << 16];
	ssize_t got;

	if (count < 2) {
		fprintf(stderr, "usage: snapshot NAME...\n");
		return 2;
	}
	open_text(&before, "/proc/buddyinfo");
	open_text(&after, "/proc/buddyinfo");
	open_text(&zones, "/proc/zoneinfo");
	open_text(&events, "/proc/vmstat");
	marker = open("/sys/kernel/tracing/trace_marker", O_WRONLY);
	if (marker < 0)
		fail("trace_marker");
	pages = open("/proc/kpageflags", O_RDONLY);
	if (pages < 0)
		fail("/proc/kpageflags");
	while ((got = pread(pages, piece, sizeof(piece), size)) > 0)
		size += got;
	flags = memory(size);

	for (name = 1; name < count; name++) {
		attempt = 0;
		do {
			if (++attempt > ATTEMPTS) {
				fprintf(stderr, "snapshot: the machine does not come to rest\n");
				return 1;
			}
			mark(marker, "snapshot %s begin %d", words[name], attempt);
			read_text(&before);
			if (pread(pages, flags, size, 0) != (ssize_t)size)
				fail("/proc/kpageflags");
			read_text(&zones);
			read_text(&events);
			read_text(&after);
			mark(marker, "snapshot %s end %d", words[name], attempt);
		} while (before.length != after.length ||
			 memcmp(before.bytes, after.bytes, before.length) != 0);

		printf("== buddyinfo %s\n%.*s", words[name], (int)after.length, after.bytes);
		printf("== zoneinfo %s\n%.*s", words[name], (int)zones.length, zones.bytes);
		printf("== vmstat %s\n%.*s", words[name], (int)events.length, events.bytes);
		printf("== free %s %d\n", words[name], attempt);
		frames = size / sizeof(*flags);
		for (frame = 0; frame < frames; frame++) {
			if (!(flags[frame] >> KPF_BUDDY & 1))
				continue;
			first = frame;
			while (frame + 1 < frames && flags[frame + 1] >> KPF_BUDDY & 1)
				frame++;
			printf("%#zx-%#zx\n", first, frame);
		}
		if (fflush(stdout))
			fail("writing");
	}
	return 0;
}
