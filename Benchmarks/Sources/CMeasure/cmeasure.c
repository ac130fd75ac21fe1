/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "cmeasure.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int64_t cmeasure_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t cmeasure_processor_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

long cmeasure_minor_faults(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

long cmeasure_proc(const char *path, const char *label) {
  char text[8192];
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return -1;
  text[count] = 0;
  char *line = strstr(text, label);
  return line ? strtol(line + strlen(label), NULL, 10) * 1024 : -1;
}

long cmeasure_resident(void) {
  return cmeasure_proc("/proc/self/smaps_rollup", "\nRss:");
}

long cmeasure_memory_files(void) {
  long bytes = 0;
  DIR *directory = opendir("/proc/self/fd");
  if (!directory) return -1;
  struct dirent *entry;
  while ((entry = readdir(directory))) {
    char name[300], target[300];
    snprintf(name, sizeof name, "/proc/self/fd/%s", entry->d_name);
    ssize_t length = readlink(name, target, sizeof target - 1);
    if (length < 0) continue;
    target[length] = 0;
    struct stat status;
    if (strncmp(target, "/memfd:", 7) == 0 && stat(name, &status) == 0)
      bytes += status.st_blocks * 512L;
  }
  closedir(directory);
  return bytes;
}

void *cmeasure_map(size_t size) {
  void *start = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return start == MAP_FAILED ? NULL : start;
}

void *cmeasure_map_pages(size_t size) {
  void *start = cmeasure_map(size);
  if (start) madvise(start, size, MADV_NOHUGEPAGE);
  return start;
}

void cmeasure_unmap(void *start, size_t size) {
  munmap(start, size);
}

void cmeasure_touch(void *start, size_t size, size_t step,
                    unsigned char byte) {
  volatile unsigned char *bytes = (volatile unsigned char *)start;
  for (size_t offset = 0; offset < size; offset += step) bytes[offset] = byte;
}

int cmeasure_verify(const void *start, size_t size, size_t step,
                    unsigned char byte, unsigned char touched) {
  const unsigned char *bytes = (const unsigned char *)start;
  const size_t page = 4096;
  unsigned char expected[4096];
  memset(expected, byte, page);
  for (size_t offset = 0; offset < size; offset += page) {
    expected[0] = offset % step == 0 ? touched : byte;
    if (memcmp(bytes + offset, expected, page) != 0) return 0;
  }
  return 1;
}
