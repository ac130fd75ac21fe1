/* SPDX-License-Identifier: MIT */
/*
 * What reading memory statistics needs from the C library and Swift can't
 * import: variadic functions and calls that have no wrapper. Each function
 * does one call; the names carry the prefix ctamalloc_.
 */
#ifndef CTAMALLOC_STATISTICS_H
#define CTAMALLOC_STATISTICS_H

#include "ctamalloc.h"
#include "linux/tamalloc.h"

#include <pthread.h>
#include <pwd.h>
#include <regex.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>

static inline int ctamalloc_open_at(int folder, const char *path) {
  return openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static inline int ctamalloc_open_folder(const char *path) {
  return open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
}

static inline long ctamalloc_read_folder(int folder, void *buffer,
                                         size_t size) {
  return syscall(SYS_getdents64, folder, buffer, size);
}

/* Whether an open file or folder is one of the kernel's own proc file system. */
static inline int ctamalloc_is_proc(int file) {
  struct statfs status;
  return fstatfs(file, &status) == 0 && status.f_type == 0x9fa0;
}

/* The file system that an open file is on; 0 where that can't be told. */
static inline uint64_t ctamalloc_device(int file) {
  struct stat status;
  return fstat(file, &status) == 0 ? (uint64_t)status.st_dev : 0;
}

/* The machine's RAM, swap and free swap in bytes, as the kernel counts them. */
struct ctamalloc_machine {
  uint64_t ram, swap, swap_free;
};

static inline int ctamalloc_machine(struct ctamalloc_machine *machine) {
  struct sysinfo now;
  int result = sysinfo(&now);
  if (result != 0) return result;
  machine->ram = (uint64_t)now.totalram * now.mem_unit;
  machine->swap = (uint64_t)now.totalswap * now.mem_unit;
  machine->swap_free = (uint64_t)now.freeswap * now.mem_unit;
  return 0;
}

/* 0 where two processes have one address space, 1 to 3 where not, else -1. */
static inline long ctamalloc_compare_address_spaces(int first, int second) {
  return syscall(SYS_kcmp, first, second, 1 /* KCMP_VM */, 0, 0);
}

static inline long ctamalloc_process_statistics(
    struct tamalloc_process_query *query,
    struct tamalloc_process_statistics *entries, unsigned int count) {
  return syscall(TAMALLOC_SYSCALL_PROCESS_STATISTICS, query, sizeof *query,
                 entries, sizeof *entries, count);
}

static inline long ctamalloc_total_statistics(
    struct tamalloc_total_statistics *totals) {
  return syscall(TAMALLOC_SYSCALL_TOTAL_STATISTICS, totals, sizeof *totals);
}

/* The same with a size that may be wrong. */
static inline long ctamalloc_total_statistics_sized(
    struct tamalloc_total_statistics *totals, size_t size) {
  return syscall(TAMALLOC_SYSCALL_TOTAL_STATISTICS, totals, size);
}

/* The processor that this thread runs on, or below 0. */
static inline int ctamalloc_processor(void) {
  unsigned int number;
  return syscall(SYS_getcpu, &number, NULL, NULL) == 0 ? (int)number : -1;
}

/* Bytes of a set of processors, a bit each, where this thread may run; below 0
 * where `size` bytes don't hold it. */
static inline long ctamalloc_allowed_processors(unsigned long *set,
                                                size_t size) {
  return syscall(SYS_sched_getaffinity, 0, size, set);
}

/* glibc shows it with _GNU_SOURCE only. */
extern int pthread_setaffinity_np(pthread_t thread, size_t size,
                                  const cpu_set_t *set);

/* Lets a thread run on the processors of a set alone; 0 where it does. */
static inline int ctamalloc_confine(pthread_t thread, const unsigned long *set,
                                    size_t size) {
  return pthread_setaffinity_np(thread, size, (const cpu_set_t *)set);
}

/* The program's arguments, its name first: see arguments.c. */
int ctamalloc_argument_count(void);
const char *ctamalloc_argument(int index);

/* The path that this program was started by, or NULL. */
static inline const char *ctamalloc_program_path(void) {
  return (const char *)getauxval(AT_EXECFN);
}

/* A descriptor of a process that stands for no other one, or below 0. */
static inline int ctamalloc_open_process(int process) {
  return (int)syscall(434 /* pidfd_open */, process, 0);
}

/* From now on orphans among this process's descendants become its children. */
static inline int ctamalloc_adopt_orphans(void) {
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* A child that has ended and waits to be reaped, or 0. */
static inline int ctamalloc_ended_child(void) {
  siginfo_t end = {0};
  return waitid(P_ALL, 0, &end, WEXITED | WNOHANG | WNOWAIT) == 0 ? end.si_pid : 0;
}

/* The rows of a terminal, or 0 where there is none. */
static inline int ctamalloc_terminal_rows(int descriptor) {
  struct winsize size = {0};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

#endif /* CTAMALLOC_STATISTICS_H */
