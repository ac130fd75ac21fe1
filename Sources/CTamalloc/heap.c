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
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ctamalloc_heap.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

__thread void *ctamalloc_thread_heap;
__thread unsigned ctamalloc_thread_frees;
void *ctamalloc_process_heap;

#ifdef __x86_64__

/* The thread area: what lies below its pointer, and what the ABI wants at it. */
enum { AREA_BELOW = 16384, AREA_ABOVE = 4096 };

static uintptr_t thread_pointer(void) {
  uintptr_t pointer;
  __asm__("mov %%fs:0, %0" : "=r"(pointer));
  return pointer;
}

int ctamalloc_start_thread(int (*body)(void *), void *argument, void *stack,
                           size_t size, int *running) {
  uintptr_t mine = thread_pointer();
  uintptr_t lowest = (uintptr_t)&errno < (uintptr_t)&ctamalloc_thread_heap
                         ? (uintptr_t)&errno
                         : (uintptr_t)&ctamalloc_thread_heap;
  if (lowest > mine || mine - lowest > AREA_BELOW - 64 ||
      size < AREA_BELOW + AREA_ABOVE + 16384) {
    return -1;
  }
  char *top = (char *)stack + size - AREA_ABOVE;
  /* Zero as it is the first time. Where pages are locked they stay. */
  if (madvise(top - AREA_BELOW, AREA_BELOW + AREA_ABOVE, MADV_DONTNEED) != 0) {
    memset(top - AREA_BELOW, 0, AREA_BELOW + AREA_ABOVE);
  }
  /* Its own address twice, the stack protector's number, the pointer guard. */
  uintptr_t *area = (uintptr_t *)top;
  area[0] = area[2] = (uintptr_t)top;
  area[5] = ((uintptr_t *)mine)[5];
  area[6] = ((uintptr_t *)mine)[6];

  unsigned long all = ~0UL, before;
  if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8) != 0) {
    return -1;
  }
  *running = 1;
  int thread = clone(body, top - AREA_BELOW,
                     CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                         CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
                         CLONE_CHILD_CLEARTID,
                     argument, NULL, top, running);
  if (thread < 0) *running = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
  return thread < 0 ? -1 : 0;
}

#else

int ctamalloc_start_thread(int (*body)(void *), void *argument, void *stack,
                           size_t size, int *running) {
  (void)body, (void)argument, (void)stack, (void)size, (void)running;
  return -1;
}

#endif
