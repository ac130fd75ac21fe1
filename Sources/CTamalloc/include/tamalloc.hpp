/* SPDX-License-Identifier: MIT */
/*
 * tamalloc for C++17 and later: arrays, an allocator and a memory resource over
 * memory that reads as any value and costs nothing until it is touched.
 *
 *     tamalloc::array<double> ones(1'000'000'000, 1.0);   8 GB, none committed
 *     ones[7] = 2;                                        commits one page
 *
 *     tamalloc::vector<int> counts(1'000'000'000);        zeros, none committed
 *
 *     tamalloc::memory_resource pages;
 *     std::pmr::unsynchronized_pool_resource pool(&pages);
 *
 * Terms and rules are those of tamalloc.h, which this header includes; include
 * it first, or alone: the namespace and C's function tamalloc have one name.
 * Link with -ltamalloc.
 *
 * Errors.  std::bad_array_new_length where a count's bytes overflow,
 * std::bad_alloc where a limit of the process or the system is met,
 * std::invalid_argument for what can't be, std::system_error for what the
 * kernel says besides.
 */
#ifndef TAMALLOC_HPP
#define TAMALLOC_HPP

#if defined(TAMALLOC_H)
#error "include <tamalloc.hpp> before <tamalloc.h>, or alone"
#endif
#if __cplusplus < 201703L
#error "tamalloc.hpp needs C++17"
#endif

#include <tamalloc.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace tamalloc {

namespace detail {

[[noreturn]] inline void fail(const char *function) {
  switch (errno) {
    case ENOMEM:
      throw std::bad_alloc();
    case EINVAL:
      throw std::invalid_argument(function);
    default:
      throw std::system_error(errno, std::generic_category(), function);
  }
}

template <class T>
std::size_t bytes(std::size_t count) {
  if (count > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / sizeof(T)) {
    throw std::bad_array_new_length();
  }
  return count * sizeof(T);
}

}  // namespace detail

/* What memory holds, in bytes: reserved, committed, swapped. */
using usage_type = ::tamalloc_usage_t;

/* Elements first up to, but not including, last. */
struct range {
  std::size_t first;
  std::size_t last;
  friend bool operator==(range a, range b) { return a.first == b.first && a.last == b.last; }
  friend bool operator!=(range a, range b) { return !(a == b); }
};

/*
 * An array of any length that starts as one value everywhere and commits a page
 * when it is first written.  It owns its memory, can be moved and not copied: a
 * copy would touch every page.  It is a contiguous range, and so converts to
 * std::span.
 *
 * Requires: T is trivially copyable and trivially destructible; sizeof(T) is at
 * most 4096, or the value's bytes are all the same.
 */
template <class T>
class array {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>,
                "elements are bytes that nobody constructs or destroys one by one");
  static_assert(alignof(T) <= 4096, "a block begins at a page");

 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T &;
  using const_reference = const T &;
  using pointer = T *;
  using const_pointer = const T *;
  using iterator = T *;
  using const_iterator = const T *;

  /* No elements. */
  array() noexcept = default;

  /* count elements that read as value.  O(1) where its bytes are 0, else O(sqrt(count)). */
  explicit array(size_type count, const T &value = T()) : count_(count) {
    if (count == 0) return;
    const size_type size = detail::bytes<T>(count);
    /* Bytes between members are zero: then more values have one byte, or a shorter pattern. */
    alignas(T) unsigned char pattern[sizeof(T)] = {};
    ::new (static_cast<void *>(pattern)) T(value);
    bool is_uniform = true;
    for (unsigned char byte : pattern) is_uniform = is_uniform && byte == pattern[0];
    void *block = is_uniform ? ::tamalloc_fill(whole(size), pattern[0])
                             : ::tamalloc_pattern(whole(size), pattern, sizeof(T));
    if (block == nullptr) detail::fail("tamalloc::array");
    data_ = static_cast<T *>(block);
  }

  array(array &&other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}

  array &operator=(array &&other) noexcept {
    array taken(std::move(other));
    swap(taken);
    return *this;
  }

  ~array() { ::tafree(data_); }

  void swap(array &other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
  }
  friend void swap(array &a, array &b) noexcept { a.swap(b); }

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  size_type size() const noexcept { return count_; }
  T *data() noexcept { return data_; }
  const T *data() const noexcept { return data_; }

  /* Reading commits nothing, writing commits one page. */
  T &operator[](size_type index) noexcept { return data_[index]; }
  const T &operator[](size_type index) const noexcept { return data_[index]; }

  /* The same, but throws std::out_of_range. */
  T &at(size_type index) {
    check(index);
    return data_[index];
  }
  const T &at(size_type index) const {
    check(index);
    return data_[index];
  }

  iterator begin() noexcept { return data_; }
  iterator end() noexcept { return data_ + count_; }
  const_iterator begin() const noexcept { return data_; }
  const_iterator end() const noexcept { return data_ + count_; }
  const_iterator cbegin() const noexcept { return data_; }
  const_iterator cend() const noexcept { return data_ + count_; }

  /* Makes the elements first up to last read as the initial value again, and gives their whole
   * pages back. */
  void discard(size_type first, size_type last) {
    check(first, last);
    if (first < last && ::tadiscard(data_, first * sizeof(T), (last - first) * sizeof(T)) != 0) {
      detail::fail("tamalloc::array::discard");
    }
  }

  /* Makes all elements read as the initial value again; up to keep_resident bytes, from the
   * beginning on, stay committed. */
  void reset(size_type keep_resident) {
    if (count_ > 0 && ::tareset(data_, keep_resident) != 0) {
      detail::fail("tamalloc::array::reset");
    }
  }

  /* What the array holds now, exactly. */
  usage_type usage() const { return usage(0, count_); }

  /* What the pages hold that the elements first up to last lie in. */
  usage_type usage(size_type first, size_type last) const {
    usage_type usage = {};
    check(first, last);
    if (count_ > 0 && ::tausage_range(data_, first * sizeof(T), (last - first) * sizeof(T),
                                      &usage) != 0) {
      detail::fail("tamalloc::array::usage");
    }
    return usage;
  }

  /* The elements that lie in committed pages, at least in part; all others read as the initial
   * value. */
  std::vector<range> committed() const {
    std::vector<range> found;
    const size_type size = count_ * sizeof(T);
    size_type position = 0;
    tamalloc_range_t parts[64];
    while (position < size) {
      const long count = ::tacommitted(data_, position, size - position, parts, 64);
      if (count < 0) detail::fail("tamalloc::array::committed");
      for (long index = 0; index < count; index++) {
        const size_type end = parts[index].offset + parts[index].length;
        const range next = {parts[index].offset / sizeof(T), (end + sizeof(T) - 1) / sizeof(T)};
        /* An element may lie in the end of one stretch and the beginning of the next. */
        if (!found.empty() && next.first <= found.back().last) {
          found.back().last = next.last;
        } else {
          found.push_back(next);
        }
        position = end;
      }
      if (count < 64) break;
    }
    return found;
  }

 private:
  /* A block of less than a page would share it with others, and a page's alignment is promised. */
  static size_type whole(size_type size) { return size < 4096 ? 4096 : size; }

  void check(size_type index) const {
    if (index >= count_) throw std::out_of_range("tamalloc::array: index out of range");
  }
  void check(size_type first, size_type last) const {
    if (first > last || last > count_) {
      throw std::out_of_range("tamalloc::array: elements out of range");
    }
  }

  T *data_ = nullptr;
  size_type count_ = 0;
};

/*
 * A standard allocator of zeroed memory: a container that begins as count zeros
 * commits nothing.
 *
 * A container constructs its elements one by one.  One whose value is zero need
 * not be written where the memory has been nobody's yet: the allocator remembers
 * from where on that is so of the block that it allocated last.  Anywhere else
 * an element's bytes are looked at first, and written only if one is not zero.
 */
template <class T>
class allocator {
 public:
  using value_type = T;
  using is_always_equal = std::true_type;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;

  allocator() noexcept = default;
  /* Another container's block is not this one's. */
  allocator(const allocator &) noexcept {}
  template <class U>
  allocator(const allocator<U> &) noexcept {}
  allocator(allocator &&other) noexcept : fresh_(std::exchange(other.fresh_, nullptr)) {}
  allocator &operator=(const allocator &) noexcept {
    fresh_ = nullptr;
    return *this;
  }
  allocator &operator=(allocator &&other) noexcept {
    fresh_ = std::exchange(other.fresh_, nullptr);
    return *this;
  }

  [[nodiscard]] T *allocate(std::size_t count) {
    const std::size_t size = count == 0 ? 1 : detail::bytes<T>(count);
    void *block = alignof(T) > 16 ? ::tamalloc_aligned(alignof(T), size) : ::tamalloc_fill(size, 0);
    if (block == nullptr) detail::fail("tamalloc::allocator");
    fresh_ = static_cast<unsigned char *>(block);
    return static_cast<T *>(block);
  }

  void deallocate(T *block, std::size_t) noexcept {
    fresh_ = nullptr;
    ::tafree(block);
  }

  /* Value-initialises an element. */
  template <class U>
  void construct(U *element) noexcept(std::is_nothrow_default_constructible_v<U>) {
    unsigned char *bytes = reinterpret_cast<unsigned char *>(element);
    if constexpr (is_zero_when_new<U>) {
      if (bytes == fresh_) {
        fresh_ = bytes + sizeof(U);
        return;
      }
      pass(bytes, sizeof(U));
      for (std::size_t index = 0; index < sizeof(U); index++) {
        if (bytes[index] != 0) {
          ::new (static_cast<void *>(element)) U();
          return;
        }
      }
    } else {
      pass(bytes, sizeof(U));
      ::new (static_cast<void *>(element)) U();
    }
  }

  template <class U, class First, class... Rest>
  void construct(U *element, First &&first, Rest &&...rest) {
    pass(reinterpret_cast<unsigned char *>(element), sizeof(U));
    ::new (static_cast<void *>(element))
        U(std::forward<First>(first), std::forward<Rest>(rest)...);
  }

  friend bool operator==(const allocator &, const allocator &) noexcept { return true; }
  friend bool operator!=(const allocator &, const allocator &) noexcept { return false; }

 private:
  /* Types whose value-initialised bytes are zero.  A null pointer to a member is not. */
  template <class U>
  static constexpr bool is_zero_when_new =
      std::is_arithmetic_v<U> || std::is_enum_v<U> || std::is_pointer_v<U>;

  /* Notes that bytes are no longer nobody's. */
  void pass(unsigned char *bytes, std::size_t size) noexcept {
    if (fresh_ != nullptr && bytes >= fresh_) fresh_ = bytes + size;
  }

  /* From here on the block is as it was allocated; null where nothing is known. */
  unsigned char *fresh_ = nullptr;
};

/* A vector whose zeros cost nothing until they are written. */
template <class T>
using vector = std::vector<T, allocator<T>>;

/* Lazy memory for the containers of std::pmr: zeroed, whole pages from 4096 bytes on. */
class memory_resource : public std::pmr::memory_resource {
  void *do_allocate(std::size_t size, std::size_t alignment) override {
    const std::size_t least = size == 0 ? 1 : size;
    void *block =
        alignment > 16 ? ::tamalloc_aligned(alignment, least) : ::tamalloc_fill(least, 0);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }

  void do_deallocate(void *block, std::size_t, std::size_t) override { ::tafree(block); }

  bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override {
    return dynamic_cast<const memory_resource *>(&other) != nullptr;
  }
};

}  // namespace tamalloc

#endif /* TAMALLOC_HPP */
