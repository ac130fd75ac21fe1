// SPDX-License-Identifier: MIT

// The memory that the demonstration compares, by each way to get it. SAFETY, for all of this file: `start`
// points to at least `size` bytes from malloc, calloc or mmap until deinit gives them back, once.

internal import Glibc
internal import Pages
internal import Tamalloc

/// Why an allocator gave no memory.
struct Refusal: Error {
  var reason: String
}

/// A block of memory that reads as its fill.
@safe
struct ContenderMemory: ~Copyable {
  private let start: UnsafeMutableRawPointer?
  private let size: Int
  private let isMapped: Bool
  /// This library's memory, where it is that.
  private var lazy: LazyMemory?

  private init(_ start: UnsafeMutableRawPointer?, size: Int, from call: String) throws(Refusal) {
    isMapped = call == "mmap"
    guard let start = unsafe start, unsafe start != MAP_FAILED else {
      throw Refusal(
        reason: "\(call) \(isMapped ? "failed" : "returned NULL"): \(errorText(errno))")
    }
    unsafe self.start = unsafe start
    self.size = size
    lazy = nil
  }

  /// What the textbook does: malloc, and memset over all of it.
  ///
  /// The fill is no constant here, or the compiler would make one calloc of the two calls.
  static func mallocAndMemset(size: Int, fill: UInt8) throws(Refusal) -> ContenderMemory {
    let memory = unsafe try ContenderMemory(malloc(size), size: size, from: "malloc")
    if let start = unsafe memory.start { unsafe memset(start, Int32(fill), size) }
    return memory
  }

  /// The C library's zeroed memory.
  static func calloc(size: Int) throws(Refusal) -> ContenderMemory {
    unsafe try ContenderMemory(Glibc.calloc(size, 1), size: size, from: "calloc")
  }

  /// A bare mapping, without any library.
  static func mmap(size: Int) throws(Refusal) -> ContenderMemory {
    unsafe try ContenderMemory(
      Glibc.mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      size: size, from: "mmap")
  }

  /// This library's memory.
  init(lazy size: Int, fill: UInt8) throws(Refusal) {
    do throws(AllocationError) {
      lazy = try LazyMemory(size: ByteCount(size), fill: .byte(fill))
    } catch {
      throw Refusal(reason: error.description)
    }
    unsafe start = nil
    self.size = size
    isMapped = false
  }

  deinit {
    guard let start = unsafe start else { return }
    if isMapped { unsafe _ = munmap(start, size) } else { unsafe free(start) }
  }

  /// Calls `body` with the bytes, at least as many as were asked for.
  mutating func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
    if let result = unsafe lazy?.withUnsafeMutableBytes(body) { return result }
    return unsafe body(UnsafeMutableRawBufferPointer(start: start, count: size))
  }
}

/// Whether two buffers hold the same bytes, as many as the first has.
///
/// By memcmp: a loop in a build that is not optimised takes minutes for a gigabyte.
func holdSameBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
  guard let first = left.baseAddress, let second = right.baseAddress else {
    return unsafe left.isEmpty
  }
  return unsafe left.count <= right.count && memcmp(first, second, left.count) == 0
}
