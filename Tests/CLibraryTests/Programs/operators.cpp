// SPDX-License-Identifier: MIT
// Every form of new and delete; with TAMALLOC_HARDENED=1 a wrong size ends the program.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#define CHECK(condition)                                                         \
  do {                                                                           \
    if (!(condition)) {                                                          \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                              \
    }                                                                            \
  } while (0)

struct alignas(256) Wide {
  char bytes[300];
};

// Nobody may see through a size, or leave the calls out.
static void *volatile sink;
static volatile std::size_t huge = static_cast<std::size_t>(-1) / 4;

static void every_form() {
  const std::align_val_t wide{4096};
  for (std::size_t size = 0; size < 200000; size = size * 2 + 1) {
    void *blocks[] = {
        operator new(size), operator new[](size), operator new(size, std::nothrow),
        operator new[](size, std::nothrow), operator new(size, wide), operator new[](size, wide),
        operator new(size, wide, std::nothrow), operator new[](size, wide, std::nothrow)};
    for (int index = 0; index < 8; index++) {
      CHECK(blocks[index] != nullptr);
      if (index >= 4) CHECK(reinterpret_cast<std::uintptr_t>(blocks[index]) % 4096 == 0);
      std::memset(blocks[index], 1, size);
    }
    operator delete(blocks[0]);
    operator delete[](blocks[1], size);
    operator delete(blocks[2], size);
    operator delete[](blocks[3]);
    operator delete(blocks[4], wide);
    operator delete[](blocks[5], size, wide);
    operator delete(blocks[6], size, wide);
    operator delete[](blocks[7], wide);
  }
  operator delete(nullptr, 8);
  std::vector<Wide> wides(10);
  auto one = std::make_unique<Wide>();
  CHECK(reinterpret_cast<std::uintptr_t>(one.get()) % 256 == 0);
  std::vector<std::vector<int>> nested(100, std::vector<int>(50, 7));
  CHECK(nested[99][49] == 7);
}

static int asked = 0;

static void no_memory() {
  bool thrown = false;
  try {
    sink = operator new(huge);
  } catch (const std::bad_alloc &) {
    thrown = true;
  }
  CHECK(thrown && operator new(huge, std::nothrow) == nullptr);
  CHECK(operator new[](huge, std::align_val_t(64), std::nothrow) == nullptr);
  std::set_new_handler([] {
    if (++asked == 3) std::set_new_handler(nullptr);
  });
  CHECK(operator new[](huge, std::nothrow) == nullptr && asked == 3);
}

// Whether a child that deletes with a wrong size ends by SIGABRT.
static bool is_caught(std::size_t size, std::size_t told, bool is_aligned) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    std::freopen("/dev/null", "w", stderr);
    const std::align_val_t wide{256};
    if (is_aligned) {
      operator delete(operator new(size, wide), told, wide);
    } else {
      operator delete(operator new(size), told);
    }
    _exit(0);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status) || status == 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

int main() {
  const char *hardened = std::getenv("TAMALLOC_HARDENED");
  const bool is_hardened = hardened != nullptr && *hardened == '1';
  every_form();
  no_memory();
  for (const std::size_t size : {24u, 1000u, 300000u}) {
    for (const bool is_aligned : {false, true}) {
      CHECK(!is_caught(size, size, is_aligned));
      CHECK(is_caught(size, size - 8, is_aligned) == is_hardened);
      CHECK(is_caught(size, size + 1, is_aligned) == is_hardened);
    }
  }
  return 0;
}
