/* SPDX-License-Identifier: MIT */
/*
 * C++'s operator new and delete, in front of those of the C++ library: sized and aligned ones tell
 * the heap what they know, and in the hardened mode a wrong size is caught.
 *
 * A program may have operators of its own.  Then its delete has to free what its new has made, and
 * the C++ library's sized delete, which stands here in another form, calls the program's plain one.
 * So does this: it looks whose operator the plain name means.
 *
 * Where there is no memory the C++ library's own operator is called, which asks the program's
 * new_handler and throws std::bad_alloc.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

void *ctamalloc_malloc(size_t size);
void ctamalloc_free(void *block);
void ctamalloc_check_size(void *block, size_t size);
extern void *heap_aligned(size_t alignment, size_t size) __asm__("memalign");

#define NAMED(name) __asm__(name)

/* What a program's call of the plain operators gets, perhaps the program's own. */
extern void *plain_new(size_t size) NAMED("_Znwm");
extern void *plain_new_aligned(size_t size, size_t alignment) NAMED("_ZnwmSt11align_val_t");
extern void plain_delete(void *block) NAMED("_ZdlPv");
extern void plain_delete_array(void *block) NAMED("_ZdaPv");
extern void plain_delete_aligned(void *block, size_t alignment) NAMED("_ZdlPvSt11align_val_t");
extern void plain_delete_array_aligned(void *block, size_t alignment)
    NAMED("_ZdaPvSt11align_val_t");

/* What it gets where the program has none: second names of what stands below, that nobody can replace. */
#define SECOND_NAME(second, first) __asm__(".hidden " second "\n.set " second ", " first)
extern __attribute__((visibility("hidden"))) void *own_new(size_t size) NAMED("own_new");
extern __attribute__((visibility("hidden"))) void *own_new_aligned(size_t size, size_t alignment)
    NAMED("own_new_aligned");
extern __attribute__((visibility("hidden"))) void own_delete(void *block) NAMED("own_delete");
extern __attribute__((visibility("hidden"))) void own_delete_array(void *block) NAMED("own_delete_array");
extern __attribute__((visibility("hidden"))) void own_delete_aligned(void *block, size_t alignment) NAMED("own_delete_aligned");
extern __attribute__((visibility("hidden"))) void own_delete_array_aligned(void *block, size_t alignment)
    NAMED("own_delete_array_aligned");
SECOND_NAME("own_new", "_Znwm");
SECOND_NAME("own_new_aligned", "_ZnwmSt11align_val_t");
SECOND_NAME("own_delete", "_ZdlPv");
SECOND_NAME("own_delete_array", "_ZdaPv");
SECOND_NAME("own_delete_aligned", "_ZdlPvSt11align_val_t");
SECOND_NAME("own_delete_array_aligned", "_ZdaPvSt11align_val_t");

/* The compiler takes it that functions with two names are two. */
static int is_same(const void *function, const void *other) {
  __asm__("" : "+r"(function));
  return function == other;
}
#define IS_OURS(plain, own) is_same((void *)(plain), (void *)(own))

static void *next(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (function == NULL) abort();
  return function;
}

/*
 * new and new[], plain, aligned, and with nothrow.  Where the program has a plain one of its own, that
 * is what the others call: the C++ library's do so, and catch what it throws.
 */
void *operator_new(size_t size) NAMED("_Znwm");
void *operator_new(size_t size) {
  void *block = ctamalloc_malloc(size);
  if (block != NULL) return block;
  return ((void *(*)(size_t))next("_Znwm"))(size);
}

void *operator_new_aligned(size_t size, size_t alignment) NAMED("_ZnwmSt11align_val_t");
void *operator_new_aligned(size_t size, size_t alignment) {
  void *block = heap_aligned(alignment, size);
  if (block != NULL) return block;
  return ((void *(*)(size_t, size_t))next("_ZnwmSt11align_val_t"))(size, alignment);
}

void *operator_new_array(size_t size) NAMED("_Znam");
void *operator_new_array(size_t size) { return plain_new(size); }

void *operator_new_array_aligned(size_t size, size_t alignment) NAMED("_ZnamSt11align_val_t");
void *operator_new_array_aligned(size_t size, size_t alignment) {
  return plain_new_aligned(size, alignment);
}

#define NEW_NOTHROW(function, name)                                      \
  void *function(size_t size, const void *tag) NAMED(name);              \
  void *function(size_t size, const void *tag) {                         \
    if (IS_OURS(plain_new, own_new)) {                                   \
      void *block = ctamalloc_malloc(size);                              \
      if (block != NULL) return block;                                   \
    }                                                                    \
    return ((void *(*)(size_t, const void *))next(name))(size, tag);     \
  }
#define NEW_ALIGNED_NOTHROW(function, name)                              \
  void *function(size_t size, size_t alignment, const void *tag)         \
      NAMED(name);                                                       \
  void *function(size_t size, size_t alignment, const void *tag) {       \
    if (IS_OURS(plain_new_aligned, own_new_aligned)) {                   \
      void *block = heap_aligned(alignment, size);                       \
      if (block != NULL) return block;                                   \
    }                                                                    \
    return ((void *(*)(size_t, size_t, const void *))next(name))(        \
        size, alignment, tag);                                           \
  }

NEW_NOTHROW(operator_new_nothrow, "_ZnwmRKSt9nothrow_t")
NEW_NOTHROW(operator_new_array_nothrow, "_ZnamRKSt9nothrow_t")
NEW_ALIGNED_NOTHROW(operator_new_aligned_nothrow, "_ZnwmSt11align_val_tRKSt9nothrow_t")
NEW_ALIGNED_NOTHROW(operator_new_array_aligned_nothrow, "_ZnamSt11align_val_tRKSt9nothrow_t")

/* delete and delete[], plain, sized, aligned and both. */
#define DELETE(function, name, other)                                   \
  void function(void *block) NAMED(name);                               \
  void function(void *block) { other(block); }
#define DELETE_SIZED(function, name, own, plain)                        \
  void function(void *block, size_t size) NAMED(name);                  \
  void function(void *block, size_t size) {                             \
    if (IS_OURS(plain_delete, own_delete) && IS_OURS(plain, own)) {     \
      ctamalloc_check_size(block, size);                                \
    }                                                                   \
    plain(block);                                                       \
  }
#define DELETE_ALIGNED(function, name)                                  \
  void function(void *block, size_t alignment) NAMED(name);             \
  void function(void *block, size_t alignment) {                        \
    (void)alignment;                                                    \
    ctamalloc_free(block);                                              \
  }
#define DELETE_SIZED_ALIGNED(function, name, own, plain)                \
  void function(void *block, size_t size, size_t alignment)             \
      NAMED(name);                                                      \
  void function(void *block, size_t size, size_t alignment) {           \
    if (IS_OURS(plain, own)) ctamalloc_check_size(block, size);         \
    plain(block, alignment);                                            \
  }

DELETE(operator_delete, "_ZdlPv", ctamalloc_free)
DELETE(operator_delete_array, "_ZdaPv", plain_delete)
DELETE_SIZED(operator_delete_sized, "_ZdlPvm", own_delete, plain_delete)
DELETE_SIZED(operator_delete_array_sized, "_ZdaPvm", own_delete_array, plain_delete_array)
DELETE_ALIGNED(operator_delete_aligned, "_ZdlPvSt11align_val_t")
DELETE_ALIGNED(operator_delete_array_aligned, "_ZdaPvSt11align_val_t")
DELETE_SIZED_ALIGNED(operator_delete_sized_aligned, "_ZdlPvmSt11align_val_t",
                     own_delete_aligned, plain_delete_aligned)
DELETE_SIZED_ALIGNED(operator_delete_array_sized_aligned, "_ZdaPvmSt11align_val_t",
                     own_delete_array_aligned, plain_delete_array_aligned)
