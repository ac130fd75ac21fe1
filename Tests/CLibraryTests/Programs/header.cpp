// SPDX-License-Identifier: MIT
// The header is C++ too, and its names are C's.
#include <tamalloc.h>

static_assert(TAMALLOC_VERSION_MAJOR >= 0, "the version is a number");

int main() {
  auto *block = static_cast<unsigned char *>(tamalloc(1u << 30));
  if (block == nullptr || block[12345] != 0) return 1;
  block[12345] = 1;
  struct tamalloc_usage usage;
  if (tamalloc_usage(block, &usage) != 0 || usage.reserved != 1u << 30) return 1;
  tafree(block);
  return 0;
}
