/* SPDX-License-Identifier: MIT */
/*
 * What the heap needs of C: some words of state that must be where one
 * instruction finds them (heap.c defines them), and stores that the optimiser
 * does not turn into calls.
 */
#ifndef CTAMALLOC_HEAP_H
#define CTAMALLOC_HEAP_H

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CTAMALLOC_HIDDEN __attribute__((visibility("hidden")))

/* The calling thread's heap; null until its first block. The initial-exec
 * model makes it one load relative to %fs. */
extern CTAMALLOC_HIDDEN __thread void *ctamalloc_thread_heap
    __attribute__((tls_model("initial-exec")));

/* Blocks of others that the calling thread has freed while it had no heap. */
extern CTAMALLOC_HIDDEN __thread unsigned ctamalloc_thread_frees
    __attribute__((tls_model("initial-exec")));

/* The process's heap; null until the first block. */
extern CTAMALLOC_HIDDEN void *ctamalloc_process_heap;

static inline void *ctamalloc_thread(void) { return ctamalloc_thread_heap; }
static inline void ctamalloc_set_thread(void *heap) {
  ctamalloc_thread_heap = heap;
}

/* Counts one more of ctamalloc_thread_frees. */
static inline unsigned ctamalloc_count_free(void) {
  return ++ctamalloc_thread_frees;
}

/* Something that no other living thread has. */
static inline uintptr_t ctamalloc_thread_identity(void) {
  return (uintptr_t)&ctamalloc_thread_heap;
}

static inline void *ctamalloc_process(void) {
  return __atomic_load_n(&ctamalloc_process_heap, __ATOMIC_ACQUIRE);
}

/* Publishes the process's heap; returns the one that is there now. */
static inline void *ctamalloc_publish_process(void *heap) {
  void *none = NULL;
  return __atomic_compare_exchange_n(&ctamalloc_process_heap, &none, heap, 0,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
             ? heap
             : none;
}

typedef long long ctamalloc_lane
    __attribute__((vector_size(16), aligned(16), may_alias));

/*
 * Clears size bytes, a multiple of 16 and at least that, at a multiple of 16.
 * Up to 256 bytes by stores that overlap: a call of memset would cost more than
 * they do. Where sizes are mixed a branch that nobody can foresee costs more
 * than storing twice, so there is one only; up to 64 bytes it is four stores.
 */
static inline void ctamalloc_clear(void *start, size_t size) {
  char *first = (char *)start, *last = first + size - 16;
  const ctamalloc_lane zero = {0, 0};
  if (size > 256) {
    memset(first, 0, size);
    return;
  }
#define CTAMALLOC_STORE(place) (*(ctamalloc_lane *)(place) = zero)
  if (size <= 64) {
    size_t second = size > 32 ? 16 : 0;
    CTAMALLOC_STORE(first);
    CTAMALLOC_STORE(first + second);
    CTAMALLOC_STORE(last - second);
    CTAMALLOC_STORE(last);
    return;
  }
  CTAMALLOC_STORE(first);
  CTAMALLOC_STORE(first + 16);
  CTAMALLOC_STORE(first + 32);
  CTAMALLOC_STORE(first + 48);
  CTAMALLOC_STORE(last - 48);
  CTAMALLOC_STORE(last - 32);
  CTAMALLOC_STORE(last - 16);
  CTAMALLOC_STORE(last);
  size_t upper = size > 128 ? 64 : 0;
  CTAMALLOC_STORE(first + upper);
  CTAMALLOC_STORE(first + upper + 16);
  CTAMALLOC_STORE(first + upper + 32);
  CTAMALLOC_STORE(first + upper + 48);
  CTAMALLOC_STORE(last - upper - 48);
  CTAMALLOC_STORE(last - upper - 32);
  CTAMALLOC_STORE(last - upper - 16);
  CTAMALLOC_STORE(last - upper);
#undef CTAMALLOC_STORE
}

/* A moment between two looks at a word that another processor will change. */
static inline void ctamalloc_pause(void) {
#if defined __x86_64__
  __builtin_ia32_pause();
#elif defined __aarch64__
  __asm__ volatile("isb" ::: "memory");
#endif
}

/* Sleeps while a word has a value, for some time at most; wakes one sleeper. */
static inline void ctamalloc_wait_word(const void *word, uint32_t value,
                                       long microseconds) {
  struct timespec time = {microseconds / 1000000,
                          microseconds % 1000000 * 1000};
  syscall(SYS_futex, word, 128 /* FUTEX_WAIT, private */, value, &time, NULL, 0);
}

static inline void ctamalloc_wake_word(const void *word) {
  syscall(SYS_futex, word, 129 /* FUTEX_WAKE, private */, 1, NULL, NULL, 0);
}

/* Whether the page at an address is in memory. */
static inline int ctamalloc_is_resident(void *page) {
  unsigned char is_there = 0;
  return syscall(SYS_mincore, page, 1, &is_there) == 0 && (is_there & 1);
}

/* Whether size bytes, anywhere, are all zero. */
static inline int ctamalloc_is_zero(const void *start, size_t size) {
  typedef long long lane
      __attribute__((vector_size(16), aligned(1), may_alias));
  typedef uint64_t word __attribute__((aligned(1), may_alias));
  const char *place = (const char *)start, *end = place + size;
  for (; end - place >= 64; place += 64) {
    const lane *lanes = (const lane *)place;
    lane all = lanes[0] | lanes[1] | lanes[2] | lanes[3];
    if (all[0] | all[1]) return 0;
  }
  for (; end - place >= 8; place += 8) {
    if (*(const word *)place) return 0;
  }
  for (; place < end; place++) {
    if (*place) return 0;
  }
  return 1;
}

/* Milliseconds of a clock that only goes forward. */
static inline int64_t ctamalloc_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void ctamalloc_sleep(long microseconds) {
  struct timespec time = {microseconds / 1000000,
                          microseconds % 1000000 * 1000};
  syscall(SYS_nanosleep, &time, NULL);
}

/* The environment's settings, NAME=value, up to a null; null itself before the
 * C library has it. getenv would make 64 KiB of the C library resident. */
static inline char **ctamalloc_environment(void) {
  extern char **environ;
  return environ;
}

/* Calls end(heap) when the calling thread ends: once, and again if heap is set
 * anew meanwhile. */
static inline int ctamalloc_key_create(unsigned *key, void (*end)(void *)) {
  return pthread_key_create(key, end);
}

typedef void ctamalloc_fork_handler(void);

/* Has functions called before each fork, and after it in both processes
 * (forks.c says how). */
void ctamalloc_at_fork(ctamalloc_fork_handler *prepare,
                       ctamalloc_fork_handler *parent,
                       ctamalloc_fork_handler *child) CTAMALLOC_HIDDEN;

/* A copy of a descriptor, at or above a number, closed on exec. */
static inline int ctamalloc_raise_descriptor(int descriptor, int lowest) {
  return (int)syscall(SYS_fcntl, descriptor, 1030 /* F_DUPFD_CLOEXEC */,
                      lowest);
}

/* A number that nobody can guess; the clock's, where the kernel has none. */
static inline uintptr_t ctamalloc_random_word(void) {
  uintptr_t word = 0;
  if (syscall(SYS_getrandom, &word, sizeof word, 1U /* not blocking */) !=
      sizeof word) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    word = (uintptr_t)now.tv_nsec * 0x9E3779B97F4A7C15u;
  }
  return word;
}

/* What malloc_info prints, after glibc's example. */
static inline int ctamalloc_print_information(FILE *file, size_t reserved,
                                              size_t live, size_t large,
                                              size_t vacant) {
  return fprintf(file,
                 "<malloc version=\"1\">\n<heap nr=\"0\">\n"
                 "<system type=\"current\" size=\"%zu\"/>\n"
                 "<total type=\"live\" size=\"%zu\"/>\n"
                 "<total type=\"large\" size=\"%zu\"/>\n"
                 "<total type=\"rest\" size=\"%zu\"/>\n"
                 "</heap>\n</malloc>\n",
                 reserved, live, large, vacant) < 0
             ? -1
             : 0;
}

/* The C library's list of open streams, which its fork locks, too; nothing
 * where the C library is another one. */
extern void _IO_list_lock(void) __attribute__((weak));
extern void _IO_list_unlock(void) __attribute__((weak));
extern void _IO_list_resetlock(void) __attribute__((weak));

static inline void ctamalloc_lock_streams(void) {
  if (_IO_list_lock) _IO_list_lock();
}

static inline void ctamalloc_unlock_streams(void) {
  if (_IO_list_unlock) _IO_list_unlock();
}

/* In the child of a fork, where the C library has let go of it already if the
 * parent had threads. */
static inline void ctamalloc_reset_streams(void) {
  if (_IO_list_resetlock) _IO_list_resetlock();
}

enum ctamalloc_start {
  ctamalloc_started,
  ctamalloc_not_now,      /* somebody holds it back */
  ctamalloc_not_possible, /* on this machine, or in this process */
};

/* Starts a thread that the C library knows nothing of (heap.c says why). While
 * it runs, *running is not 0. */
enum ctamalloc_start ctamalloc_start_thread(int (*body)(void *), void *argument,
                                            void *stack, size_t size,
                                            int *running) CTAMALLOC_HIDDEN;

/* Sleeps in that thread; returns whether it has to end. */
int ctamalloc_pause_thread(long microseconds) CTAMALLOC_HIDDEN;

/* Ends that thread, if it runs, and lets none begin until it may again. */
void ctamalloc_hold_thread(void) CTAMALLOC_HIDDEN;
void ctamalloc_resume_thread(void) CTAMALLOC_HIDDEN;

/* In the child of a fork: the thread, and who held it, are in the parent. */
void ctamalloc_forget_thread(void) CTAMALLOC_HIDDEN;

#endif /* CTAMALLOC_HEAP_H */
