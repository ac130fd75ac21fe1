/* SPDX-License-Identifier: MIT */
/*
 * What Swift can't import from the C library by itself: variadic functions,
 * macros, errno, and structures newer than the headers at hand. Each wrapper
 * does one call and nothing else; the names carry the prefix ctamalloc_.
 * Constants that older headers lack, or hide without _GNU_SOURCE, stand here
 * with the kernel's values: defining _GNU_SOURCE would change structures that
 * a program may also know from Swift's own import of the C library.
 */
#ifndef CTAMALLOC_H
#define CTAMALLOC_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "linux/tamalloc.h"

static inline int ctamalloc_errno(void) { return errno; }
static inline void ctamalloc_set_errno(int number) { errno = number; }

/*
 * Calls of memory management are made by number. Other libraries stand in front
 * of the functions that have their names, and may allocate in them; the heap
 * calls these under its lock.
 */

/* mmap and mremap, with NULL in the place of MAP_FAILED. */
static inline void *ctamalloc_mmap(void *address, size_t size, int protection,
                                   int flags, int descriptor, off_t offset) {
  void *start = (void *)syscall(SYS_mmap, address, size, protection, flags,
                                descriptor, offset);
  return start == MAP_FAILED ? NULL : start;
}

static inline int ctamalloc_munmap(void *address, size_t size) {
  return (int)syscall(SYS_munmap, address, size);
}

static inline int ctamalloc_madvise(void *address, size_t size, int advice) {
  return (int)syscall(SYS_madvise, address, size, advice);
}

static inline int ctamalloc_mprotect(void *address, size_t size,
                                     int protection) {
  return (int)syscall(SYS_mprotect, address, size, protection);
}

static inline int ctamalloc_set_length(int descriptor, off_t size) {
  return (int)syscall(SYS_ftruncate, descriptor, size);
}

/* A descriptor's position, or -1. */
static inline off_t ctamalloc_position(int descriptor) {
  return (off_t)syscall(SYS_lseek, descriptor, 0, SEEK_CUR);
}

enum {
  ctamalloc_address_space = RLIMIT_AS,
  ctamalloc_file_size = RLIMIT_FSIZE,
};

/* A soft limit of this process; all ones where there is none. */
static inline uint64_t ctamalloc_limit(int resource) {
  uint64_t limits[2] = {~0ULL, ~0ULL};
  return syscall(SYS_prlimit64, 0, resource, NULL, limits) == 0 ? limits[0]
                                                               : ~0ULL;
}

/* What tells a file from all others while it is open; 0 where it is not. */
static inline uint64_t ctamalloc_file_identity(int descriptor) {
  struct stat file;
  if (syscall(SYS_fstat, descriptor, &file) != 0) return 0;
  return file.st_ino ^ (uint64_t)file.st_dev << 32;
}

static inline void *ctamalloc_mremap(void *old_address, size_t old_size,
                                     size_t new_size, int flags,
                                     void *new_address) {
  void *start = (void *)syscall(SYS_mremap, old_address, old_size, new_size,
                                flags, new_address);
  return start == MAP_FAILED ? NULL : start;
}

enum {
  ctamalloc_map_fixed_noreplace = 0x100000,
  ctamalloc_mremap_maymove = 1,
  ctamalloc_mremap_fixed = 2,
  ctamalloc_mremap_dontunmap = 4,
  ctamalloc_madv_wipeonfork = 18,
  ctamalloc_madv_populate_write = 23,
  ctamalloc_madv_dontneed_locked = 24,
};

/* A write access that leaves the byte as it is, and is not optimised away. */
static inline void ctamalloc_touch(void *address) {
  volatile unsigned char *byte = (volatile unsigned char *)address;
  *byte = *byte;
}

/*
 * Writes period bytes over and over, the first time from phase on; all are
 * multiples of 64. From a mebibyte on past the caches, as memset does: to read
 * a line that is overwritten wholly would double the traffic.
 */
static inline void ctamalloc_repeat(void *target, const void *source,
                                    size_t period, size_t phase, size_t size) {
  typedef long long lane __attribute__((vector_size(16)));
  unsigned char *to = (unsigned char *)target;
  const unsigned char *from = (const unsigned char *)source;
  while (size > 0) {
    size_t part = period - phase < size ? period - phase : size;
    if (size < ((size_t)1 << 20)) {
      memcpy(to, from + phase, part);
    } else {
      for (size_t index = 0; index < part; index += 64) {
        const lane *line = (const lane *)(from + phase + index);
        lane *other = (lane *)(to + index);
        __builtin_nontemporal_store(line[0], other);
        __builtin_nontemporal_store(line[1], other + 1);
        __builtin_nontemporal_store(line[2], other + 2);
        __builtin_nontemporal_store(line[3], other + 3);
      }
    }
    to += part;
    size -= part;
    phase = 0;
  }
  /* Such stores are in no order with others. */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * getpid and uname by their numbers: for each function of the C library that
 * lies apart from the others a process has 64 KiB more resident.
 */
static inline int ctamalloc_process_number(void) {
  return (int)syscall(SYS_getpid);
}

static inline int ctamalloc_system_name(struct utsname *name) {
  return (int)syscall(SYS_uname, name);
}

/* An anonymous file in memory, closed on exec, that takes seals. */
static inline int ctamalloc_memfd(const char *name) {
  return (int)syscall(SYS_memfd_create, name, 3U /* CLOEXEC | ALLOW_SEALING */);
}

/* No write, growth or shrinking from now on, by anybody. */
static inline int ctamalloc_seal(int descriptor) {
  return (int)syscall(SYS_fcntl, descriptor, 1033 /* F_ADD_SEALS */,
                      0x1 | 0x2 | 0x4 | 0x8);
}

/*
 * The C library's functions of these names are points of cancellation: a thread
 * may end in them. In the middle of malloc it must not.
 */
static inline int ctamalloc_open_read(const char *path) {
  return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
}

static inline int ctamalloc_close(int descriptor) {
  return (int)syscall(SYS_close, descriptor);
}

static inline ssize_t ctamalloc_read(int descriptor, void *buffer,
                                     size_t size) {
  return syscall(SYS_read, descriptor, buffer, size);
}

static inline ssize_t ctamalloc_read_at(int descriptor, void *buffer,
                                        size_t size, off_t offset) {
  return syscall(SYS_pread64, descriptor, buffer, size, offset);
}

static inline ssize_t ctamalloc_write(int descriptor, const void *buffer,
                                      size_t size) {
  return syscall(SYS_write, descriptor, buffer, size);
}

/* PAGEMAP_SCAN (Linux 6.7): include/uapi/linux/fs.h. */
struct ctamalloc_page_region {
  uint64_t start, end, categories;
};

struct ctamalloc_page_scan {
  uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
  uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

enum {
  ctamalloc_page_is_file = 1 << 2,
  ctamalloc_page_is_present = 1 << 3,
  ctamalloc_page_is_swapped = 1 << 4,
  ctamalloc_page_is_zero = 1 << 5,
  ctamalloc_page_is_huge = 1 << 6,
};

static inline long ctamalloc_scan_pages(int descriptor,
                                        struct ctamalloc_page_scan *scan) {
  return syscall(SYS_ioctl, descriptor,
                 _IOWR('f', 16, struct ctamalloc_page_scan), scan);
}

/* move_pages(2) that moves nothing and says where each page is. */
static inline long ctamalloc_query_pages(unsigned long count, void **pages,
                                         int *status) {
  return syscall(SYS_move_pages, 0, count, pages, NULL, status, 0);
}

/* Has the kernel end this process when its parent ends. */
static inline int ctamalloc_end_with_parent(void) {
  return prctl(PR_SET_PDEATHSIG, 9 /* SIGKILL */);
}

/* The columns of a terminal, or 0 where there is none. */
static inline int ctamalloc_terminal_columns(int descriptor) {
  struct winsize size = {0};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* The system calls of linux/tamalloc.h, with NULL in the place of an error. */
static inline void *ctamalloc_address(long result) {
  return result == -1 ? NULL : (void *)result;
}

static inline void *ctamalloc_reserve(size_t size) {
  return ctamalloc_address(syscall(TAMALLOC_SYSCALL, size));
}

static inline void *ctamalloc_reserve_extended(
    const struct tamalloc_options *options, size_t size) {
  return ctamalloc_address(syscall(TAMALLOC_SYSCALL_EXTENDED, options, size));
}

#endif /* CTAMALLOC_H */
