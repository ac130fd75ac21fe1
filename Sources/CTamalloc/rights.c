/* SPDX-License-Identifier: MIT */
/*
 * No thread of the heap has more rights than the program's own. Who a thread is
 * and what it may do is set for each thread by itself; the C library does it for
 * the threads that it knows, and the heap's is none of them (heap.c). A library
 * that stands in front of the C library ends its thread before, and starts
 * another when there is work again: that one is like the thread that starts it.
 *
 *     program ── setuid ──▶ hold the heap's thread ──▶ the C library ──▶ resume
 *
 * Once a process has given up new privileges or filters its system calls, a
 * filter may follow that no function of the C library tells of (seccomp and
 * Landlock are called by number), and it may end who creates a thread: from then
 * on the heap does without, and gives memory back when the program frees.
 *
 * Linked statically the heap stands in front of nothing; TAMALLOC_PURGE_THREAD=0
 * is for such programs. The linker gives these functions the names that they
 * stand in for: see ../../Malloc/build.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ctamalloc_heap.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/types.h>

/* Defines before_NAME, which calls what comes next under the name. */
#define STAND_BEFORE(name, parameters, arguments)                      \
  int before_##name parameters;                                        \
  int before_##name parameters {                                       \
    int(*next) parameters = (int(*) parameters)dlsym(RTLD_NEXT, #name); \
    int result, number;                                                \
    if (!next) {                                                       \
      errno = ENOSYS;                                                  \
      return -1;                                                       \
    }                                                                  \
    ctamalloc_hold_thread();                                           \
    result = next arguments;                                           \
    number = errno;                                                    \
    ctamalloc_resume_thread();                                         \
    errno = number;                                                    \
    return result;                                                     \
  }

STAND_BEFORE(setuid, (uid_t user), (user))
STAND_BEFORE(seteuid, (uid_t user), (user))
STAND_BEFORE(setreuid, (uid_t real, uid_t effective), (real, effective))
STAND_BEFORE(setresuid, (uid_t real, uid_t effective, uid_t saved),
             (real, effective, saved))
STAND_BEFORE(setfsuid, (uid_t user), (user))
STAND_BEFORE(setgid, (gid_t group), (group))
STAND_BEFORE(setegid, (gid_t group), (group))
STAND_BEFORE(setregid, (gid_t real, gid_t effective), (real, effective))
STAND_BEFORE(setresgid, (gid_t real, gid_t effective, gid_t saved),
             (real, effective, saved))
STAND_BEFORE(setfsgid, (gid_t group), (group))
STAND_BEFORE(setgroups, (size_t count, const gid_t *groups), (count, groups))
STAND_BEFORE(initgroups, (const char *user, gid_t group), (user, group))
STAND_BEFORE(capset, (cap_user_header_t header, cap_user_data_t data),
             (header, data))
STAND_BEFORE(unshare, (int flags), (flags))
STAND_BEFORE(setns, (int descriptor, int kind), (descriptor, kind))

int before_prctl(int option, ...);
int before_prctl(int option, ...) {
  int (*next)(int, ...) = (int (*)(int, ...))dlsym(RTLD_NEXT, "prctl");
  unsigned long argument[4];
  va_list list;
  int result, number, is_final, changes_rights;
  va_start(list, option);
  for (int index = 0; index < 4; index++) {
    argument[index] = va_arg(list, unsigned long);
  }
  va_end(list);
  if (!next) {
    errno = ENOSYS;
    return -1;
  }
  is_final = option == PR_SET_NO_NEW_PRIVS || option == PR_SET_SECCOMP;
  changes_rights = is_final || option == PR_SET_SECUREBITS ||
                   option == PR_SET_KEEPCAPS || option == PR_CAPBSET_DROP ||
                   option == PR_CAP_AMBIENT;
  if (changes_rights) ctamalloc_hold_thread();
  result = next(option, argument[0], argument[1], argument[2], argument[3]);
  number = errno;
  if (changes_rights && !(is_final && result == 0)) ctamalloc_resume_thread();
  errno = number;
  return result;
}

/*
 * RTLD_DEEPBIND has a library find malloc in the C library first, while the rest
 * of the program has ours: then a block of the one is freed by the other. Such
 * a library is loaded without it, as sanitizers' runtimes refuse it. By a jump,
 * not a call: the loader looks at who calls it, for the paths to search.
 */
void *before_dlopen(const char *file, int mode);
void *before_dlopen(const char *file, int mode) {
  void *(*next)(const char *, int) =
      (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
  if (!next) return NULL;
  __attribute__((musttail)) return next(file, mode & ~RTLD_DEEPBIND);
}

/* glibc's other names of malloc and its kin, which some programs call: blocks of
 * theirs are freed by free. */
extern void *ctamalloc_malloc(size_t) __attribute__((weak));
extern void ctamalloc_free(void *) __attribute__((weak));

void *before___libc_malloc(size_t size);
void *before___libc_malloc(size_t size) { return ctamalloc_malloc(size); }

void before___libc_free(void *block);
void before___libc_free(void *block) { ctamalloc_free(block); }

void *before___libc_calloc(size_t count, size_t size);
void *before___libc_calloc(size_t count, size_t size) {
  return calloc(count, size);
}

void *before___libc_realloc(void *block, size_t size);
void *before___libc_realloc(void *block, size_t size) {
  return realloc(block, size);
}

void *before___libc_memalign(size_t alignment, size_t size);
void *before___libc_memalign(size_t alignment, size_t size) {
  return memalign(alignment, size);
}
