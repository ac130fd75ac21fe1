// SPDX-License-Identifier: MIT
// tamalloc.hpp: arrays, vectors and pmr containers hold what the standard's hold, and commit what is
// written.
#include <tamalloc.hpp>

#include <tamalloc.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <list>
#include <map>
#include <numeric>
#include <random>
#include <string>
#if __cplusplus >= 202002L
#include <span>
#endif

#define CHECK(condition)                                                \
  do {                                                                  \
    if (!(condition)) {                                                 \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,   \
                   #condition);                                         \
      std::exit(1);                                                     \
    }                                                                   \
  } while (0)

template <class Error, class Body>
static bool throws(Body body) {
  try {
    body();
  } catch (const Error &) {
    return true;
  }
  return false;
}

struct Point {
  double x;
  char tag;
  bool operator==(const Point &other) const { return x == other.x && tag == other.tag; }
};

struct Large {
  char bytes[5000];
};

static void arrays() {
  tamalloc::array<double> ones(1000000000, 1.0);
  CHECK(ones.size() == 1000000000 && ones[0] == 1 && ones[999999999] == 1);
  CHECK(ones.usage().committed == 0 && ones.usage().reserved >= 8000000000);
  for (std::size_t index = 0; index < ones.size(); index += 100000) ones[index] = 2;
  CHECK(ones.usage().committed == 10000 * 4096);
  CHECK(ones.committed().size() == 10000);
  CHECK(ones.usage(0, 512).committed == 4096);
  ones.discard(0, 100001);
  CHECK(ones[0] == 1 && ones[100000] == 1 && ones[200000] == 2);
  ones.reset(4096);
  CHECK(ones[200000] == 1 && ones.usage().committed == 4096);

  tamalloc::array<double> moved = std::move(ones);
  CHECK(ones.empty() && moved.size() == 1000000000);
  ones = tamalloc::array<double>(10, 3.5);
  swap(ones, moved);
  CHECK(std::accumulate(moved.begin(), moved.end(), 0.0) == 35);
  CHECK(throws<std::out_of_range>([&] { moved.at(10) = 1; }));
  CHECK(throws<std::out_of_range>([&] { moved.discard(3, 11); }));
  CHECK(throws<std::out_of_range>([&] { moved.discard(3, 2); }));
#if __cplusplus >= 202002L
  std::span<double> view(moved);
  CHECK(view.size() == 10 && view[9] == 3.5);
#endif

  const Point point = {2.5, 'p'};
  tamalloc::array<Point> points(100000, point);
  for (const Point &each : points) CHECK(each == point);
  points[50000].tag = 'q';
  CHECK(points.committed().size() == 1);
  const tamalloc::range found = points.committed()[0];
  CHECK(found.first <= 50000 && found.last > 50000 && found.last - found.first <= 258);

  tamalloc::array<int Point::*> members(1000);  // a null pointer to a member is -1
  CHECK(members[999] == nullptr);
  tamalloc::array<Large> zeros(1000);
  CHECK(zeros[999].bytes[4999] == 0);
  Large odd = {};
  odd.bytes[1] = 1;
  CHECK(throws<std::invalid_argument>([&] { tamalloc::array<Large> none(10, odd); }));
  CHECK(throws<std::bad_array_new_length>(
      [] { tamalloc::array<double> none(static_cast<std::size_t>(-1) / 2, 1.0); }));
  CHECK(throws<std::bad_alloc>([] { tamalloc::array<double> none(std::size_t(1) << 52, 1.0); }));
  CHECK(tamalloc::array<double>(0, 1.0).usage().reserved == 0);
  CHECK(tamalloc::array<int>().committed().empty());
}

template <class Vector>
static std::size_t committed(const Vector &vector) {
  tamalloc_usage_t usage;
  CHECK(tausage(vector.data(), &usage) == 0);
  return usage.committed;
}

static void vectors() {
  tamalloc::vector<double> zeros(10000000);
  CHECK(zeros[0] == 0 && zeros[9999999] == 0 && committed(zeros) == 0);
  zeros[5000000] = 1;
  CHECK(committed(zeros) == 4096);
  zeros.resize(5000000);
  zeros.resize(10000000);
  CHECK(zeros[5000000] == 0);
  tamalloc::vector<double> other = std::move(zeros);
  other.clear();
  other.resize(10000000);
  CHECK(other[5000000] == 0 && committed(other) == 4096);
  CHECK(throws<std::length_error>([&] { other.resize(static_cast<std::size_t>(-1)); }));

  // Side by side with the standard allocator's, whatever is done to both.
  std::mt19937 random(7);
  tamalloc::vector<int> ours;
  std::vector<int> theirs;
  for (int round = 0; round < 20000; round++) {
    const std::size_t size = random() % 3000, place = theirs.empty() ? 0 : random() % theirs.size();
    const int value = static_cast<int>(random());
    switch (random() % 9) {
      case 0: ours.resize(size), theirs.resize(size); break;
      case 1: ours.resize(size, value), theirs.resize(size, value); break;
      case 2: ours.push_back(value), theirs.push_back(value); break;
      case 3: ours.emplace_back(), theirs.emplace_back(); break;
      case 4: ours.insert(ours.begin() + place, 3, value),
              theirs.insert(theirs.begin() + place, 3, value); break;
      case 5: if (theirs.empty()) break;
              ours.erase(ours.begin() + place), theirs.erase(theirs.begin() + place); break;
      case 6: ours.reserve(size), theirs.reserve(size); break;
      case 7: ours.shrink_to_fit(), theirs.shrink_to_fit(); break;
      default: { auto copy = ours; ours.swap(copy); copy.assign(2, value); } break;
    }
    CHECK(ours.size() == theirs.size());
    for (std::size_t index = 0; index < theirs.size(); index++) CHECK(ours[index] == theirs[index]);
  }
  std::list<std::string, tamalloc::allocator<std::string>> words(3, "word");
  std::deque<int, tamalloc::allocator<int>> queue(3000);
  CHECK(words.back() == "word" && queue[2999] == 0);
}

static void resources() {
  tamalloc::memory_resource pages, others;
  CHECK(pages == others && pages != *std::pmr::new_delete_resource());
  std::pmr::unsynchronized_pool_resource pool(&pages);
  std::pmr::map<int, std::pmr::string> names(&pool);
  for (int index = 0; index < 1000; index++) names[index] = std::string(100, 'x');
  CHECK(names[999].size() == 100);
  auto *block = static_cast<unsigned char *>(pages.allocate(1 << 30, 1 << 21));
  CHECK(reinterpret_cast<std::uintptr_t>(block) % (1 << 21) == 0 && block[12345] == 0);
  pages.deallocate(block, 1 << 30, 1 << 21);
  CHECK(throws<std::bad_alloc>([&] { pages.deallocate(pages.allocate(std::size_t(1) << 60), 1); }));
}

int main() {
  arrays();
  vectors();
  resources();
  return 0;
}
