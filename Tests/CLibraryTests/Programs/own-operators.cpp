// SPDX-License-Identifier: MIT
// A program with operators of its own, which put a header before each block, and without a sized
// delete: whatever is deleted goes through its own.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

static long made = 0, deleted = 0;

void *operator new(std::size_t size) {
  auto *block = static_cast<std::size_t *>(std::malloc(size + 64));
  if (block == nullptr) throw std::bad_alloc();
  block[0] = 0x5a5a;
  made++;
  return block + 8;
}

void operator delete(void *pointer) noexcept {
  if (pointer == nullptr) return;
  auto *block = static_cast<std::size_t *>(pointer) - 8;
  if (block[0] != 0x5a5a) std::abort();
  block[0] = 0;
  deleted++;
  std::free(block);
}

struct Base {
  virtual ~Base() = default;
  std::string name = "a name that is too long for the string itself";
};

int main() {
  {
    std::vector<std::unique_ptr<Base>> all;
    for (int index = 0; index < 1000; index++) all.push_back(std::make_unique<Base>());
    delete[] new std::string[10];
    operator delete(operator new(100), 100);
    operator delete[](operator new[](100), 100);
  }
  std::printf("%ld made, %ld deleted\n", made, deleted);
  return made > 2000 && made == deleted ? 0 : 1;
}
