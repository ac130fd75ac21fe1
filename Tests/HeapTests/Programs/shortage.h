/* SPDX-License-Identifier: MIT */
/* How memory runs out on purpose: system calls that fail, and a limit. */
#ifndef SHORTAGE_H
#define SHORTAGE_H

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whether either is in force. */
static int failing, limited;
static unsigned long shortage_seed;
static atomic_ulong calls, refusals;

/* There is no block: is that as it should be? */
static void refused(const char *what) {
  if (!(failing || limited) || errno != ENOMEM) {
    perror(what);
    abort();
  }
  atomic_fetch_add(&refusals, 1);
  errno = 4711;
}

/* Whether a call may succeed: seven in eight. */
static int may_call(void) {
  uint64_t number;
  if (!failing) return 1;
  number = (shortage_seed + atomic_fetch_add(&calls, 1)) * 0x9E3779B97F4A7C15u;
  number = (number ^ number >> 29) * 0xBF58476D1CE4E5B9u;
  return number >> 61 != 0;
}

static long call_kernel(long number, const long *a) {
#if defined __x86_64__
  long result;
  register long fourth __asm__("r10") = a[3];
  register long fifth __asm__("r8") = a[4];
  register long sixth __asm__("r9") = a[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "rcx", "r11", "memory");
  return result;
#elif defined __aarch64__
  register long which __asm__("x8") = number;
  register long first __asm__("x0") = a[0];
  register long second __asm__("x1") = a[1];
  register long third __asm__("x2") = a[2];
  register long fourth __asm__("x3") = a[3];
  register long fifth __asm__("x4") = a[4];
  register long sixth __asm__("x5") = a[5];
  __asm__ volatile("svc 0"
                   : "+r"(first)
                   : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "memory");
  return first;
#endif
}

/* The heap's system calls pass here: it makes them by number, and a program's own
 * functions come first. */
long syscall(long number, ...) {
  long arguments[6], result;
  va_list list;
  va_start(list, number);
  for (int index = 0; index < 6; index++) arguments[index] = va_arg(list, long);
  va_end(list);
  if ((number == SYS_mmap || number == SYS_munmap || number == SYS_mprotect ||
       number == SYS_madvise) &&
      !may_call()) {
    errno = ENOMEM;
    return -1;
  }
  result = call_kernel(number, arguments);
  if (result < 0 && result > -4096) {
    errno = (int)-result;
    return -1;
  }
  return result;
}

/* No more than 48 MiB besides what is mapped now. */
static void set_limit(void) {
  char text[64] = "";
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || !fgets(text, sizeof text, file)) {
    perror("stress: /proc/self/statm");
    exit(1);
  }
  fclose(file);
  rlim_t bytes = strtoul(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE) + (48u << 20);
  struct rlimit limit = {bytes, bytes};
  setrlimit(RLIMIT_AS, &limit);
}

#endif /* SHORTAGE_H */
