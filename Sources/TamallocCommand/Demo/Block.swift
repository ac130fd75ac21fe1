// SPDX-License-Identifier: MIT

// The contenders' memory, each a non-copyable owner. SAFETY, for all of this file: `start` points to
// at least `size` bytes from malloc, calloc or mmap until deinit gives them back, once.

internal import Glibc
internal import Pages
internal import Tamalloc

/// A block of memory that reads as its fill.
protocol Block: ~Copyable {
  /// - Throws: ``Refusal`` if such memory is not available.
  init(layout: Layout) throws(Refusal)

  /// Calls `body` with the bytes, at least as many as were asked for.
  mutating func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result
}

/// Why an allocator gave no memory.
struct Refusal: Error {
  var reason: String
}

/// What the textbook does: malloc, and memset over all of it.
///
/// The fill is no constant here, or the compiler would make one calloc of the two calls.
@safe
struct MallocBlock: Block, ~Copyable {
  private let start: UnsafeMutableRawPointer
  private let size: Int

  init(layout: Layout) throws(Refusal) {
    guard let start = unsafe malloc(layout.size) else { throw Refusal.byLibrary("malloc") }
    unsafe memset(start, Int32(layout.fill), layout.size)
    unsafe self.start = unsafe start
    size = layout.size
  }

  deinit { unsafe free(start) }

  mutating func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
    unsafe body(UnsafeMutableRawBufferPointer(start: start, count: size))
  }
}

/// The C library's zeroed memory.
@safe
struct CallocBlock: Block, ~Copyable {
  private let start: UnsafeMutableRawPointer
  private let size: Int

  init(layout: Layout) throws(Refusal) {
    guard let start = unsafe calloc(layout.size, 1) else { throw Refusal.byLibrary("calloc") }
    unsafe self.start = unsafe start
    size = layout.size
  }

  deinit { unsafe free(start) }

  mutating func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
    unsafe body(UnsafeMutableRawBufferPointer(start: start, count: size))
  }
}

/// A bare mapping, as whoever wants nothing of a library takes it.
@safe
struct MappedBlock: Block, ~Copyable {
  private let start: UnsafeMutableRawPointer
  private let size: Int

  init(layout: Layout) throws(Refusal) {
    let start = unsafe mmap(
      nil, layout.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let start = unsafe start, unsafe start != MAP_FAILED else {
      throw Refusal(reason: "mmap failed: \(errorText(errno))")
    }
    unsafe self.start = unsafe start
    size = layout.size
  }

  deinit { unsafe _ = munmap(start, size) }

  mutating func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
    unsafe body(UnsafeMutableRawBufferPointer(start: start, count: size))
  }
}

/// This library's memory.
struct LazyBlock: Block, ~Copyable {
  private var memory: LazyMemory

  init(layout: Layout) throws(Refusal) {
    do throws(AllocationError) {
      memory = try LazyMemory(size: ByteCount(layout.size), fill: .byte(layout.fill))
    } catch {
      throw Refusal(reason: error.description)
    }
  }

  mutating func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
    unsafe memory.withUnsafeMutableBytes(body)
  }
}

extension Refusal {
  fileprivate static func byLibrary(_ call: String) -> Refusal {
    Refusal(reason: "\(call) returned NULL: \(errorText(errno))")
  }
}
