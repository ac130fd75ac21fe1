/* SPDX-License-Identifier: MIT */
/*
 * Where malloc meets what else a program does: one meeting a run, named by the argument. It is linked with
 * nothing of the library's and runs with it in LD_PRELOAD. Each of them failed once. Above 400 lines, for the
 * cases share how threads and memory are looked at.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                  \
  ((condition) ? (void)0                                                  \
               : (printf("%s:%d: %s\n", __FILE__, __LINE__, #condition), \
                  fflush(stdout), _exit(1)))

enum { MIB = 1 << 20 };

/* Has the heap start its thread: more than a little waits to be given back. */
static void leave_work(void) {
  for (int round = 0; round < 3; round++) {
    void *block = malloc(3 * MIB);
    CHECK(block != NULL);
    memset(block, 1, 3 * MIB);
    free(block);
  }
}

/* Counts threads that live; of how many the named line of /proc's status differs
 * from `wanted` goes to *strangers. */
static int threads(const char *name, const char *wanted, int *strangers) {
  int count = 0;
  DIR *folder = opendir("/proc/self/task");
  CHECK(folder != NULL);
  *strangers = 0;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char path[300], line[300], state = 0;
    int differs = 0;
    FILE *file;
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
    if ((file = fopen(path, "r")) == NULL) continue;
    while (fgets(line, sizeof line, file)) {
      if (strncmp(line, "State:", 6) == 0) sscanf(line + 6, " %c", &state);
      if (strncmp(line, name, strlen(name)) == 0) {
        differs = strcmp(line + strlen(name), wanted) != 0;
      }
    }
    fclose(file);
    /* One that is dead runs nothing any more. */
    if (state == 0 || state == 'X' || state == 'Z') continue;
    count++;
    *strangers += differs;
  }
  closedir(folder);
  return count;
}

/* The heap's thread keeps no rights that the program has given up. A thread that
 * has run its last instruction may be listed for a moment. */
static void expect_no_strangers(const char *name, const char *wanted) {
  int strangers = 1;
  for (int look = 0; look < 1000 && strangers; look++) {
    if (look) usleep(100);
    threads(name, wanted, &strangers);
  }
  CHECK(strangers == 0);
}

static void rights(void) {
  int strangers;
  leave_work();
  CHECK(threads("Uid:", "\t0\t0\t0\t0\n", &strangers) == 2 && strangers == 0);
  CHECK(setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0);
  CHECK(setresuid(65534, 65534, 65534) == 0);
  expect_no_strangers("Uid:", "\t65534\t65534\t65534\t65534\n");
  leave_work();
  CHECK(threads("Gid:", "\t65534\t65534\t65534\t65534\n", &strangers) == 2);
  CHECK(strangers == 0);
  expect_no_strangers("CapEff:", "\t0000000000000000\n");
}

static void privileges(void) {
  int strangers;
  leave_work();
  CHECK(threads("NoNewPrivs:", "\t0\n", &strangers) == 2 && strangers == 0);
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0);
  expect_no_strangers("NoNewPrivs:", "\t1\n");
  /* From now on there is none: it might be that a filter follows. */
  leave_work();
  CHECK(threads("NoNewPrivs:", "\t1\n", &strangers) == 1);
}

/* fork locks the heap and the C library's streams: in one order. */
static volatile int ends;

static void *forks_often(void *unused) {
  for (int turn = 0; turn < 150; turn++) {
    pid_t child = fork();
    if (child == 0) {
      /* The child may use both. */
      void *block = malloc(100000);
      fflush(NULL);
      _exit(block == NULL);
    }
    int status = 1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
  }
  return unused;
}

static void *reads_long_lines(void *unused) {
  while (!ends) {
    char *line = NULL, *text = malloc(300000);
    size_t room = 0;
    FILE *file;
    memset(text, 'a', 299999);
    text[299998] = '\n';
    text[299999] = 0;
    file = fmemopen(text, 300000, "r");
    CHECK(file != NULL);
    CHECK(getline(&line, &room, file) == 299999);
    fclose(file);
    free(line);
    free(text);
  }
  return unused;
}

static void *flushes(void *unused) {
  while (!ends) fflush(NULL);
  return unused;
}

static void streams(void) {
  pthread_t forkers[2], readers[4], flusher;
  alarm(100);
  CHECK(pthread_create(&flusher, NULL, flushes, NULL) == 0);
  for (int i = 0; i < 4; i++) pthread_create(&readers[i], NULL, reads_long_lines, NULL);
  for (int i = 0; i < 2; i++) pthread_create(&forkers[i], NULL, forks_often, NULL);
  for (int i = 0; i < 2; i++) pthread_join(forkers[i], NULL);
  ends = 1;
  for (int i = 0; i < 4; i++) pthread_join(readers[i], NULL);
  pthread_join(flusher, NULL);
}

/* A process keeps one descriptor of its page tables. */
static pthread_barrier_t together;

static void *frees_large_blocks(void *unused) {
  void *blocks[8];
  for (int i = 0; i < 8; i++) {
    blocks[i] = malloc(3 * MIB);
    memset(blocks[i], 1, 3 * MIB);
  }
  pthread_barrier_wait(&together);
  for (int i = 0; i < 8; i++) free(blocks[i]);
  return unused;
}

static int pagemaps(void) {
  int found = 0;
  DIR *folder = opendir("/proc/self/fd");
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char name[300], target[300];
    ssize_t length;
    snprintf(name, sizeof name, "/proc/self/fd/%s", entry->d_name);
    length = readlink(name, target, sizeof target - 1);
    if (length < 0) continue;
    target[length] = 0;
    if (strstr(target, "pagemap")) found++;
  }
  closedir(folder);
  return found;
}

static void descriptors(void) {
  pthread_t workers[8];
  /* Those of who runs this program. */
  int inherited = pagemaps();
  pthread_barrier_init(&together, NULL, 8);
  for (int i = 0; i < 8; i++) pthread_create(&workers[i], NULL, frees_large_blocks, NULL);
  for (int i = 0; i < 8; i++) pthread_join(workers[i], NULL);
  CHECK(pagemaps() == inherited + 1);
  for (int generation = 1; generation <= 4; generation++) {
    pid_t child = fork();
    int status = 1;
    if (child) {
      CHECK(waitpid(child, &status, 0) == child && status == 0);
      if (generation > 1) _exit(0);
      return;
    }
    for (int size = 3; size <= 9; size += 2) {
      void *block = malloc((size_t)size * MIB);
      memset(block, 1, (size_t)size * MIB);
      free(block);
    }
    CHECK(pagemaps() == inherited + 1);
  }
  _exit(0);
}

/* A library, here the program, has functions of the names of system calls, and
 * allocates in them. */
#ifdef STANDS_BEFORE_MMAP
static __thread int depth;

static void allocate_inside(void) {
  CHECK(++depth < 50);
  free(malloc(100));
  free(malloc(300000));
  free(malloc(3 * MIB));
  depth--;
}

void *mmap(void *place, size_t size, int protection, int flags, int file, off_t offset) {
  allocate_inside();
  return (void *)syscall(SYS_mmap, place, size, protection, flags, file, offset);
}

int munmap(void *place, size_t size) {
  allocate_inside();
  return (int)syscall(SYS_munmap, place, size);
}

int madvise(void *place, size_t size, int advice) {
  allocate_inside();
  return (int)syscall(SYS_madvise, place, size, advice);
}

int mprotect(void *place, size_t size, int protection) {
  allocate_inside();
  return (int)syscall(SYS_mprotect, place, size, protection);
}
#endif

static void interposed(void) {
  static void *blocks[2000];
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 2000; i++) blocks[i] = calloc(1, (size_t)1 << i % 22);
    for (int i = 0; i < 2000; i++) free(blocks[i]);
    malloc_trim(0);
  }
}

/* A thread area too large for the heap's thread: memory goes back when the
 * program frees. */
#ifdef LARGE_AREA
__thread char area[20000];
#endif

static long resident(void) {
  char line[200] = "";
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file && fgets(line, sizeof line, file) && sscanf(line, "%*d %ld", &pages) == 1);
  fclose(file);
  return pages * sysconf(_SC_PAGESIZE) / MIB;
}

static void no_thread(void) {
  enum { COUNT = 40000 };
  void **blocks = malloc(COUNT * sizeof *blocks);
  int strangers;
#ifdef LARGE_AREA
  area[0] = 1;
#endif
  for (int i = 0; i < COUNT; i++) blocks[i] = memset(malloc(4000), 1, 4000);
  CHECK(resident() > 140);
  for (int i = 0; i < COUNT; i++) free(blocks[i]);
  CHECK(threads("Uid:", "", &strangers) == 1);
  for (int i = 0; i < 20; i++) {
    void *block = memset(malloc(2 * MIB), 1, 2 * MIB);
    usleep(100000);
    free(block);
  }
  CHECK(resident() < 40);
}

/* A limit on the size of files is met with an error, not with a signal. */
static void *in_library(const char *name) { return dlsym(RTLD_DEFAULT, name); }

static void file_limit(void) {
  void *(*fill)(size_t, int) = (void *(*)(size_t, int))in_library("tamalloc_fill");
  void *block;
  CHECK(fill != NULL);
  errno = 0;
  block = fill((size_t)1 << 30, 0xff);
  CHECK(block != NULL || errno == EFBIG || errno == ENOMEM);
}

/* What realloc adds is zero to the last usable byte, though the program has used
 * what malloc_usable_size told. */
static void tails(void) {
  for (size_t size = 1000; size < 3000000; size += size / 9) {
    unsigned char *block = malloc(size);
    size_t usable = malloc_usable_size(block), next = size + 1552, end;
    memset(block, 0xaa, usable);
    block = realloc(block, next);
    end = malloc_usable_size(block);
    for (size_t i = next > usable ? usable : next; i < end; i++) CHECK(block[i] == 0);
    block = realloc(block, next + 7000);
    end = malloc_usable_size(block);
    for (size_t i = next; i < end; i++) CHECK(block[i] == 0);
    free(block);
  }
}

static void alignments(void) {
  volatile size_t most = (size_t)1 << 63, odd = 24;
  void *block = NULL;
  errno = 0;
  CHECK(memalign(most, 4096) == NULL && errno == ENOMEM);
  errno = 0;
  CHECK(aligned_alloc(most, 4096) == NULL && errno == ENOMEM);
  CHECK(posix_memalign(&block, most, 4096) == ENOMEM && block == NULL);
  errno = 0;
  CHECK(memalign(most + 1, 4096) == NULL && errno == EINVAL);
  CHECK(aligned_alloc(odd, 4096) == NULL && errno == EINVAL);
  CHECK(posix_memalign(&block, odd, 4096) == EINVAL);
}

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static void other_names(void) {
  free(__libc_malloc(10));
  free(__libc_realloc(__libc_calloc(3, 5), 200000));
  __libc_free(malloc(10));
  void *block = __libc_memalign(4096, 10);
  CHECK(((uintptr_t)block & 4095) == 0);
  free(block);
}

/* A library that is loaded such that it finds malloc in the C library first, and
 * its block is the program's to free. */
static void deep(const char *library) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_DEEPBIND);
  char *(*make)(void);
  if (handle == NULL) printf("%s\n", dlerror());
  CHECK(handle != NULL);
  make = (char *(*)(void))dlsym(handle, "make_text");
  CHECK(make != NULL);
  free(make());
}

/* Opened, used and closed, it does not go away: a thread that ends later has
 * something to do there. */
static void *opens_and_closes(void *library) {
  void *handle = dlopen(library, RTLD_NOW);
  void *(*make)(size_t);
  void (*release)(void *);
  CHECK(handle != NULL);
  make = (void *(*)(size_t))dlsym(handle, "tamalloc");
  release = (void (*)(void *))dlsym(handle, "tafree");
  CHECK(make != NULL && release != NULL);
  release(make(100));
  release(memset(make(4 * MIB), 1, 4 * MIB));
  CHECK(dlclose(handle) == 0);
  return NULL;
}

static void closed(char *library) {
  pthread_t thread;
  for (int i = 0; i < 3; i++) {
    CHECK(pthread_create(&thread, NULL, opens_and_closes, library) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
  }
  usleep(700000);
}

/* A child that shares the memory is no fork's: the heap's lock stays whose it is. */
static void *works_with_big_blocks(void *seed) {
  unsigned number = (unsigned)(uintptr_t)seed;
  while (!ends) {
    size_t size;
    unsigned char *block;
    number = number * 1664525u + 1013904223u;
    size = 70000 + (number >> 8) % 150000;
    block = malloc(size);
    memset(block, (int)(uintptr_t)seed, size);
    for (size_t i = 0; i < size; i += 512) CHECK(block[i] == (unsigned char)(uintptr_t)seed);
    free(block);
  }
  return NULL;
}

static int mallocs(void *unused) {
  (void)unused;
  for (int i = 0; i < 50; i++) free(malloc(100000));
  _exit(0);
}

static void shared_memory(void) {
  enum { WORKERS = 24 };
  pthread_t workers[WORKERS];
  char *stack = malloc(65536);
  for (int i = 0; i < WORKERS; i++) {
    pthread_create(&workers[i], NULL, works_with_big_blocks, (void *)(uintptr_t)(i + 1));
  }
  for (int i = 0; i < 300; i++) {
    int status = 1;
    pid_t child = clone(mallocs, stack + 65536, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
  }
  ends = 1;
  for (int i = 0; i < WORKERS; i++) pthread_join(workers[i], NULL);
}

/* A child of which the C library knows nothing, made while the heap's thread runs. */
static void untold_child(void) {
  enum { COUNT = 25000 };
  void **blocks = malloc(COUNT * sizeof *blocks);
  int status = 1, strangers;
  pid_t child;
  for (int i = 0; i < COUNT; i++) blocks[i] = memset(malloc(4000), 1, 4000);
  leave_work();
  CHECK(threads("Uid:", "", &strangers) == 2);
  child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
  if (child == 0) {
    for (int i = 0; i < COUNT; i++) free(blocks[i]);
    /* By itself, when it seems that the thread should have come by. */
    for (int i = 0; i < 35; i++) {
      void *block = memset(malloc(2 * MIB), 1, 2 * MIB);
      usleep(100000);
      free(block);
    }
    CHECK(resident() < 40);
    _exit(0);
  }
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

/* Where all that is mapped is locked, no more is than was asked for. */
static void locked(void) {
  char line[200];
  long before = -1, after = -1;
  CHECK(mlockall(MCL_FUTURE) == 0);
  for (int look = 0; look < 2; look++) {
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, file)) sscanf(line, "VmLck: %ld", look ? &after : &before);
    fclose(file);
    if (!look) CHECK(malloc(4 * MIB) != NULL);
  }
  CHECK(before >= 0 && after - before < 5 * 1024);
}

/* A thread's stack may be of 16 KiB, whatever it asks the heap for. */
static void *asks_for_much(void *unused) {
  (void)unused;
  malloc_stats();
  for (int round = 0; round < 20; round++) {
    char *block = calloc(1, 40 * MIB), *grown;
    CHECK(block != NULL);
    for (int i = 0; i < 40 * MIB; i += 3 * 65536) block[i] = 1;
    grown = realloc(block, 60 * MIB);
    CHECK(grown != NULL);
    free(grown);
    malloc_trim(0);
  }
  return NULL;
}

static void small_stack(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  CHECK(pthread_attr_setstacksize(&attributes, 16384) == 0);
  CHECK(freopen("/dev/null", "w", stderr) != NULL);
  CHECK(pthread_create(&thread, &attributes, asks_for_much, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
}

/* The hardened mode leaves the program mappings of its own. */
static void mappings(void) {
  pthread_t thread;
  int lines = 0, byte;
  FILE *file;
  for (int i = 0; i < 60000; i++) CHECK(malloc(70000) != NULL);
  for (int i = 0; i < 3000000; i++) CHECK(malloc(100) != NULL);
  file = fopen("/proc/self/maps", "r");
  while ((byte = fgetc(file)) != EOF) lines += byte == '\n';
  fclose(file);
  CHECK(lines > 10000 && lines < 65530 * 11 / 20);
  ends = 1;
  CHECK(pthread_create(&thread, NULL, flushes, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

int main(int count, char **arguments) {
  const char *name = count > 1 ? arguments[1] : "";
  char *path = count > 2 ? arguments[2] : NULL;
  if (strcmp(name, "rights") == 0) rights();
  else if (strcmp(name, "privileges") == 0) privileges();
  else if (strcmp(name, "streams") == 0) streams();
  else if (strcmp(name, "descriptors") == 0) descriptors();
  else if (strcmp(name, "interposed") == 0) interposed();
  else if (strcmp(name, "no-thread") == 0) no_thread();
  else if (strcmp(name, "file-limit") == 0) file_limit();
  else if (strcmp(name, "shared-memory") == 0) shared_memory();
  else if (strcmp(name, "untold-child") == 0) untold_child();
  else if (strcmp(name, "locked") == 0) locked();
  else if (strcmp(name, "small-stack") == 0) small_stack();
  else if (strcmp(name, "mappings") == 0) mappings();
  else if (strcmp(name, "tails") == 0) tails();
  else if (strcmp(name, "alignments") == 0) alignments();
  else if (strcmp(name, "other-names") == 0) other_names();
  else if (strcmp(name, "deep") == 0 && path) deep(path);
  else if (strcmp(name, "closed") == 0 && path) closed(path);
  else return 64;
  printf("passed\n");
  return 0;
}
