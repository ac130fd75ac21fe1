/* SPDX-License-Identifier: MIT */
/*
 * workload NAME SIZE TOUCH [calloc|malloc [best]]: one workload of one allocator, which LD_PRELOAD has
 * put in place. Prints the nanoseconds of each step, by the median of several rounds, and the resident
 * kibibytes. With best it is the best of many short rounds: what a machine does that is busy with other
 * things, too.
 *
 *   fresh SIZE           one block after the other, none freed
 *   pairs SIZE           a block, and free it
 *   churn LOW-HIGH       1000 blocks (fewer if large) of sizes between; each step replaces one
 *   cross LOW-HIGH       the same, freed by another thread
 *   grow LOW-HIGH        realloc from the one size to the other in 64 steps; touched
 *   pairs2, churn2       the same by two threads at once
 *
 * TOUCH says how much of each block is written: whole, sparse (every 100th page), none.
 *
 * Resident is what the page tables say (Rss in smaps_rollup) while the workload holds its most: all
 * blocks of fresh and churn, one block of pairs, a ring full of cross's, a block grown to its full size.
 * The peak that Linux keeps (VmHWM) is not that: since Linux 6.2 each processor counts for itself, and
 * what it has not told yet is missing or too much, up to some hundred KiB. But it alone knows what was
 * resident for a moment, such as both copies of a block that realloc copies. So where blocks are touched
 * wholly, and a few hundred KiB are little, the larger one of both is printed; elsewhere the exact one.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum touch { NONE, SPARSE, WHOLE };

static size_t low, high;
static enum touch touch;
static int zeroed;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static long kibibytes(const char *path, const char *label) {
  static char text[8192];
  int file = open(path, O_RDONLY);
  if (file < 0) return 0;
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  text[length > 0 ? length : 0] = 0;
  char *line = strstr(text, label);
  return line ? atol(line + strlen(label)) : 0;
}

static void forget_peak(void) {
  int file = open("/proc/self/clear_refs", O_WRONLY);
  if (file >= 0) {
    if (write(file, "5", 1) != 1) perror("clear_refs");
    close(file);
  }
}

static long resident(void) {
  long exact = kibibytes("/proc/self/smaps_rollup", "Rss:");
  long peak = kibibytes("/proc/self/status", "VmHWM:");
  return exact && (touch != WHOLE || exact > peak) ? exact : peak;
}

static uint64_t next(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Logarithmically even between low and high. */
static size_t any_size(uint64_t *state) {
  uint64_t number = next(state);
  size_t size = low;
  int doublings = 0;
  while (size << (doublings + 1) <= high) doublings++;
  if (doublings == 0) return low;
  size = low << number % (uint64_t)doublings;
  return size + (number >> 20) % size;
}

static volatile unsigned char sink;

static void *get(size_t size) {
  unsigned char *block = zeroed ? calloc(1, size) : malloc(size);
  size_t offset;
  if (!block) {
    perror("workload: no block");
    exit(1);
  }
  if (touch == WHOLE) memset(block, 0x5A, size);
  if (touch == SPARSE) {
    for (offset = 0; offset < size; offset += 409600) block[offset] = 1;
  }
  sink = (unsigned char)(uintptr_t)block;
  return block;
}

static void fresh(uint64_t steps) {
  while (steps--) get(low);
}

static void pairs(uint64_t steps) {
  while (steps--) free(get(low));
}

static unsigned slots(void) {
  size_t fit = ((size_t)256 << 20) / high;
  return fit > 1000 ? 1000 : fit < 8 ? 8 : (unsigned)fit;
}

static __thread void *mine[1000];
static __thread uint64_t my_state = 88172645463325252u;

static void churn(uint64_t steps) {
  unsigned count = slots();
  while (steps--) {
    unsigned index = (unsigned)((next(&my_state) >> 20) % count);
    free(mine[index]);
    mine[index] = get(any_size(&my_state));
  }
}

/*
 * The first, second … processor that this program may run on, for a thread. Two threads that spin for each
 * other on one processor each use up a slice of time for every step, and Linux often leaves a new thread
 * where its creator is: without this a row says where threads were put, and not what an allocator does.
 */
static void settle(pthread_t thread, int place) {
  static cpu_set_t allowed;
  static int known;
  if (!known) {
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    known = 1;
  }
  if (CPU_COUNT(&allowed) < 2) return;
  for (int processor = 0; processor < CPU_SETSIZE; processor++) {
    if (CPU_ISSET(processor, &allowed) && place-- == 0) {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(processor, &one);
      pthread_setaffinity_np(thread, sizeof one, &one);
      return;
    }
  }
}

/* A ring between a thread that allocates and one that frees. */
enum { RING = 1024 };
static _Atomic(void *) ring[RING];

static void produce(uint64_t steps) {
  uint64_t step;
  for (step = 0; step < steps; step++) {
    void *block = get(any_size(&my_state));
    while (atomic_load_explicit(&ring[step % RING], memory_order_acquire)) {
    }
    atomic_store_explicit(&ring[step % RING], block, memory_order_release);
  }
}

static void consume(uint64_t steps) {
  uint64_t step;
  for (step = 0; step < steps; step++) {
    void *block;
    while (!(block = atomic_load_explicit(&ring[step % RING],
                                          memory_order_acquire))) {
    }
    atomic_store_explicit(&ring[step % RING], NULL, memory_order_release);
    free(block);
  }
}

static void *grown(void) {
  size_t size = low, step = (high - low) / 64;
  unsigned char *block = get(size);
  while (size < high) {
    block = realloc(block, size + step);
    if (!block) exit(1);
    if (touch == WHOLE) memset(block + size, 0x5A, step);
    size += step;
  }
  return block;
}

static void grow(uint64_t steps) {
  while (steps--) free(grown());
}

/* What a workload holds at most, where its steps leave nothing. */
static void hold_nothing(uint64_t steps) { (void)steps; }
static void hold_ring(uint64_t steps) { produce(steps * RING); }
static void hold_grown(uint64_t steps) {
  while (steps--) sink = (unsigned char)(uintptr_t)grown();
}

typedef void work(uint64_t steps);

static const struct workload {
  const char *name;
  work *body, *hold;
  /* What another thread does meanwhile. */
  work *body2, *hold2;
} table[] = {{"fresh", fresh, hold_nothing, NULL, NULL},
             {"pairs", pairs, fresh, NULL, NULL},
             {"churn", churn, hold_nothing, NULL, NULL},
             {"cross", produce, hold_ring, consume, hold_nothing},
             {"grow", grow, hold_grown, NULL, NULL},
             {"pairs2", pairs, fresh, pairs, fresh},
             {"churn2", churn, hold_nothing, churn, hold_nothing}};

/*
 * Waits until both threads are here. It does not sleep: to be woken takes a tenth of a short round. It
 * yields, for there may be one processor.
 */
static void meet(void) {
  static _Atomic unsigned arrivals;
  unsigned both = atomic_fetch_add(&arrivals, 1) / 2 * 2 + 2;
  while ((int)(atomic_load(&arrivals) - both) < 0) sched_yield();
}

static work *work2;
static uint64_t steps2;

static void *second(void *unused) {
  for (;;) {
    meet();
    work2(steps2);
    meet();
  }
  return unused;
}

/*
 * Nanoseconds that some steps take; with two threads, until both are done. The second one lives as long
 * as the process, and keeps its blocks: making threads, and filling what is new and empty, is not measured.
 */
static double timed(work *first, work *other, uint64_t steps) {
  double start;
  work2 = other;
  steps2 = steps;
  if (other) meet();
  start = now();
  first(steps);
  if (other) meet();
  return now() - start;
}

static int order(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return difference < 0 ? -1 : difference > 0;
}

int main(int count, char **arguments) {
  const struct workload *load = NULL;
  unsigned index;
  if (count < 4) {
    fputs("usage: workload NAME SIZE|LOW-HIGH whole|sparse|none [calloc|malloc [best]]\n",
          stderr);
    return 2;
  }
  for (index = 0; index < sizeof table / sizeof table[0]; index++) {
    if (strcmp(table[index].name, arguments[1]) == 0) load = &table[index];
  }
  char *rest;
  low = strtoul(arguments[2], &rest, 10);
  high = *rest == '-' ? strtoul(rest + 1, NULL, 10) : low;
  touch = arguments[3][0] == 'w' ? WHOLE : arguments[3][0] == 's' ? SPARSE : NONE;
  zeroed = count < 5 || strcmp(arguments[4], "malloc") != 0;
  if (!load || !low || high < low) return 2;

  forget_peak();
  if (load->body2) {
    pthread_t thread;
    settle(pthread_self(), 0);
    if (pthread_create(&thread, NULL, second, NULL) != 0) return 1;
    settle(thread, 1);
  }
  int best = count > 5 && strcmp(arguments[5], "best") == 0;
  double times[150], least = best ? 8e5 : 2e7;
  int rounds = 0, wanted = best ? 150 : 9;
  if (load->body == fresh) {
    /* So much that every allocator has to ask for more, in one round. */
    size_t total = touch == WHOLE ? (size_t)256 << 20 : (size_t)1 << 30;
    uint64_t steps = total / low > 2000000 ? 2000000 : total / low;
    if (steps < 1) steps = 1;
    times[rounds++] = timed(fresh, NULL, steps) / (double)steps;
  } else {
    /* Warm, find how many steps take 20 ms, and take the median of 9 rounds. Churn is warm when every
     * block has been replaced some times: what the first ones cost is what fresh measures. */
    if (load->body == churn) timed(load->body, load->body2, 4 * slots());
    uint64_t steps = 1;
    double taken = 0;
    while (taken < least && steps < 1u << 30) {
      taken = timed(load->body, load->body2, steps);
      if (taken < least) steps *= taken < least / 10 ? 8 : 2;
    }
    for (; rounds < wanted; rounds++) {
      times[rounds] = timed(load->body, load->body2, steps) / (double)steps;
    }
  }
  qsort(times, (size_t)rounds, sizeof times[0], order);
  timed(load->hold, load->hold2, 1);
  printf("%.1f %ld\n", times[best ? 0 : rounds / 2], resident());
  return 0;
}
