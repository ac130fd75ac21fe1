/* SPDX-License-Identifier: MIT */
/* Every function of malloc's interface: what it promises, and how it fails. */
#include <malloc.h>
#include <stdint.h>

#include "check.h"

static int is_zero(const void *block) {
  return all(block, malloc_usable_size((void *)block), 0);
}

static void sizes(void) {
  size_t size;
  for (size = 0; size < 300000; size += size < 2000 ? 1 : 997) {
    unsigned char *block = malloc(size);
    CHECK(block != NULL && (uintptr_t)block % 16 == 0);
    CHECK(malloc_usable_size(block) >= size && is_zero(block));
    memset(block, 0xff, malloc_usable_size(block));
    free(block);
  }
}

static void alignments(void) {
  size_t alignment;
  for (alignment = 1; alignment <= GIB; alignment *= 2) {
    void *block = aligned_alloc(alignment, 100), *other = NULL, *third;
    CHECK(block != NULL && (uintptr_t)block % alignment == 0 && is_zero(block));
    CHECK((posix_memalign(&other, alignment, 300) == 0) == (alignment >= 8));
    CHECK((uintptr_t)other % alignment == 0);
    third = memalign(alignment, alignment < MIB ? alignment * 3 : 1);
    CHECK(third != NULL && (uintptr_t)third % alignment == 0);
    third = realloc(third, 5000);
    CHECK(third != NULL && is_zero(third));
    free(block);
    free(other);
    free(third);
  }
  alignment = 3;
  CHECK_FAILS(aligned_alloc(*(volatile size_t *)&alignment, 10), NULL, EINVAL);
  alignment = 0;
  CHECK_FAILS(aligned_alloc(*(volatile size_t *)&alignment, 10), NULL, EINVAL);
}

static void failures(void) {
  static volatile size_t huge[] = {(size_t)-1,     (size_t)-4096,
                                   PTRDIFF_MAX,    (size_t)PTRDIFF_MAX + 1,
                                   (size_t)1 << 63, PTRDIFF_MAX - 4096};
  size_t index;
  void *kept = malloc(1000), *other = kept;
  memset(kept, 7, 1000);
  for (index = 0; index < sizeof huge / sizeof huge[0]; index++) {
    CHECK_FAILS(malloc(huge[index]), NULL, ENOMEM);
    CHECK_FAILS(calloc(1, huge[index]), NULL, ENOMEM);
    CHECK_FAILS(calloc(huge[index], 2), NULL, ENOMEM);
    CHECK_FAILS(realloc(kept, huge[index]), NULL, ENOMEM);
    CHECK_FAILS(reallocarray(kept, huge[index], 16), NULL, ENOMEM);
    CHECK_FAILS(aligned_alloc(4096, huge[index]), NULL, ENOMEM);
    CHECK_FAILS(memalign(64, huge[index]), NULL, ENOMEM);
    CHECK_FAILS(valloc(huge[index]), NULL, ENOMEM);
    CHECK_FAILS(pvalloc(huge[index]), NULL, ENOMEM);
    errno = 77;
    CHECK(posix_memalign(&other, 64, huge[index]) == ENOMEM);
    CHECK(errno == 77 && other == kept);
  }
  CHECK(posix_memalign(&other, 3, 10) == EINVAL);
  CHECK(posix_memalign(&other, 4, 10) == EINVAL);
  CHECK(all(kept, 1000, 7));
  free(kept);
}

static void resizing(void) {
  unsigned char *block = realloc(NULL, 100), *other;
  CHECK(block != NULL && is_zero(block));
  memset(block, 1, 100);
  block = realloc(block, 50);
  block = realloc(block, 90);
  CHECK(all(block, 50, 1) && all(block + 50, malloc_usable_size(block) - 50, 0));
  /* What it may use it has used, but for the ends: then it gets a little more. */
  block = realloc(block, 1100);
  block = realloc(block, 1150);
  memset(block + 1158, 4, malloc_usable_size(block) - 1166);
  block = realloc(block, 1160);
  CHECK(all(block + 1160, malloc_usable_size(block) - 1160, 0));
  CHECK(block[1157] == 0 && block[1158] == 4 && block[1159] == 4);
  memset(block + 50, 0, 1110);
  block = reallocarray(block, 1000, 1000);
  CHECK(all(block, 50, 1) && all(block + 50, 999950, 0));
  memset(block, 2, 1000000);
  block = realloc(block, 500000);
  block = realloc(block, 8 * MIB);
  CHECK(all(block, 500000, 2) && all(block + 500000, 8 * MIB - 500000, 0));
  memset(block, 3, 8 * MIB);
  block = realloc(block, 4 * MIB + 1);
  block = realloc(block, 5 * MIB);
  CHECK(all(block, 4 * MIB + 1, 3));
  CHECK(all(block + 4 * MIB + 1, malloc_usable_size(block) - 4 * MIB - 1, 0));
  block = realloc(block, 10);
  CHECK(all(block, 10, 3) && all(block + 10, malloc_usable_size(block) - 10, 0));
  CHECK(realloc(block, 0) == NULL);
  other = malloc(0);
  block = malloc(0);
  CHECK(block != NULL && other != NULL && block != other);
  free(block);
  free(other);
  free(NULL);
  CHECK(malloc_usable_size(NULL) == 0);
}

static void pages(void) {
  void *block = valloc(10), *other = pvalloc(10);
  CHECK((uintptr_t)block % 4096 == 0 && (uintptr_t)other % 4096 == 0);
  CHECK(malloc_usable_size(other) >= 4096);
  free(block);
  free(other);
}

static void information(void) {
  struct mallinfo2 before = mallinfo2(), after;
  char text[4096];
  FILE *file;
  void *small = malloc(40000), *large = malloc(3 * MIB);
  after = mallinfo2();
  CHECK(after.uordblks >= before.uordblks + 40000);
  CHECK(after.hblkhd >= before.hblkhd + 3 * MIB && after.hblks == before.hblks + 1);
  free(small);
  free(large);
  file = fmemopen(text, sizeof text, "w");
  CHECK(malloc_info(0, file) == 0);
  fclose(file);
  CHECK(strstr(text, "<malloc version=") == text && strstr(text, "</malloc>\n"));
  CHECK_FAILS(malloc_info(1, stdout), -1, EINVAL);
  CHECK(malloc_trim(0) == 1);
}

/* Either way of freeing works for every block. */
static void mixed(void) {
  void *block;
  size_t size;
  for (size = 1; size < 4 * MIB; size = size * 3 + 1) {
    block = tamalloc(size);
    CHECK(block != NULL && is_zero(block));
    free(block);
    block = malloc(size);
    tafree(block);
    block = tamalloc_fill(size, 9);
    block = realloc(block, size + 10000);
    CHECK(all(block, size, 9));
    free(block);
    block = tarealloc(malloc(size), size * 2);
    CHECK(is_zero(block));
    tafree(block);
  }
}

int main(void) {
  errno = 77;
  sizes();
  CHECK(errno == 77);
  resizing();
  pages();
  mixed();
  CHECK(errno == 77);
  alignments();
  failures();
  information();
  return 0;
}
