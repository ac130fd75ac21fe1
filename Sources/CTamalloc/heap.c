/* SPDX-License-Identifier: MIT */
/*
 * The heap's few words of state, and how a thread is started without the C
 * library.
 *
 * free must not call pthread_create: the C library itself frees while it holds
 * the lock on its stacks, which pthread_create would wait for. The thread that
 * gives idle memory back is therefore the kernel's alone. It has a thread area
 * of its own, for errno and for the heap's word, blocks all signals, and calls
 * nothing of the C library but thin system calls and memset.
 *
 * Nor does setuid of the C library know it: what a thread may do is the kernel's
 * business, thread by thread, and the C library tells its own threads one after
 * the other. So the thread is not there while the process changes what it may do
 * (rights.c): it is *held* back. Who holds it writes `holds` and then looks
 * whether one runs; who starts one does it the other way round.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ctamalloc_heap.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

__thread void *ctamalloc_thread_heap;
__thread unsigned ctamalloc_thread_frees;
void *ctamalloc_process_heap;

static int holds;
/* The word that the kernel clears when the thread has ended. */
static int *last_running;
static int has_to_end;

static long futex(int *word, int operation, int value,
                  const struct timespec *time) {
  return syscall(SYS_futex, word, operation, value, time, NULL, 0);
}

void ctamalloc_hold_thread(void) {
  const struct timespec while_it_ends = {0, 10000000};
  int before = errno, *running;
  __atomic_fetch_add(&holds, 1, __ATOMIC_SEQ_CST);
  running = __atomic_load_n(&last_running, __ATOMIC_SEQ_CST);
  while (running && __atomic_load_n(running, __ATOMIC_SEQ_CST)) {
    __atomic_store_n(&has_to_end, 1, __ATOMIC_SEQ_CST);
    futex(&has_to_end, FUTEX_WAKE, 1, NULL);
    futex(running, FUTEX_WAIT, 1, &while_it_ends);
  }
  errno = before;
}

void ctamalloc_resume_thread(void) {
  __atomic_fetch_sub(&holds, 1, __ATOMIC_SEQ_CST);
}

void ctamalloc_forget_thread(void) {
  __atomic_store_n(&last_running, NULL, __ATOMIC_SEQ_CST);
}

int ctamalloc_pause_thread(long microseconds) {
  struct timespec time = {microseconds / 1000000,
                          microseconds % 1000000 * 1000};
  futex(&has_to_end, FUTEX_WAIT, 0, &time);
  return __atomic_load_n(&has_to_end, __ATOMIC_SEQ_CST);
}

#ifdef __x86_64__

/* The thread area: what lies below its pointer, and what the ABI wants at it. */
enum { AREA_BELOW = 16384, AREA_ABOVE = 4096 };

static uintptr_t thread_pointer(void) {
  uintptr_t pointer;
  __asm__("mov %%fs:0, %0" : "=r"(pointer));
  return pointer;
}

enum ctamalloc_start ctamalloc_start_thread(int (*body)(void *), void *argument, void *stack,
                           size_t size, int *running) {
  uintptr_t mine = thread_pointer();
  uintptr_t lowest = (uintptr_t)&errno < (uintptr_t)&ctamalloc_thread_heap
                         ? (uintptr_t)&errno
                         : (uintptr_t)&ctamalloc_thread_heap;
  if (lowest > mine || mine - lowest > AREA_BELOW - 64 ||
      size < AREA_BELOW + AREA_ABOVE + 16384) {
    return ctamalloc_not_possible;
  }
  char *top = (char *)stack + size - AREA_ABOVE;
  /* Zero as it is the first time. Where pages are locked they stay. */
  if (syscall(SYS_madvise, top - AREA_BELOW, AREA_BELOW + AREA_ABOVE,
              MADV_DONTNEED) != 0) {
    memset(top - AREA_BELOW, 0, AREA_BELOW + AREA_ABOVE);
  }
  /* Its own address twice, the stack protector's number, the pointer guard. */
  uintptr_t *area = (uintptr_t *)top;
  area[0] = area[2] = (uintptr_t)top;
  area[5] = ((uintptr_t *)mine)[5];
  area[6] = ((uintptr_t *)mine)[6];

  unsigned long all = ~0UL, before;
  if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8) != 0) {
    return ctamalloc_not_possible;
  }
  __atomic_store_n(&has_to_end, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(running, 1, __ATOMIC_SEQ_CST);
  __atomic_store_n(&last_running, running, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&holds, __ATOMIC_SEQ_CST) != 0) {
    __atomic_store_n(running, 0, __ATOMIC_SEQ_CST);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
    return ctamalloc_not_now;
  }
  int thread = clone(body, top - AREA_BELOW,
                     CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                         CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
                         CLONE_CHILD_CLEARTID,
                     argument, NULL, top, running);
  if (thread < 0) *running = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
  return thread < 0 ? ctamalloc_not_possible : ctamalloc_started;
}

#else

enum ctamalloc_start ctamalloc_start_thread(int (*body)(void *), void *argument, void *stack,
                           size_t size, int *running) {
  (void)body, (void)argument, (void)stack, (void)size, (void)running;
  return ctamalloc_not_possible;
}

#endif
