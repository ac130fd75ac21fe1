// SPDX-License-Identifier: MIT

// The allocator that the program would have had without the recorder: what the dynamic linker finds
// behind it, the C library's or another preloaded one.
//
// To look its functions up may take memory itself, through the very functions that are being looked
// up. Those requests, and no others, are served from a small arena, which is never given back:
//
//     first call ──▶ looking up (this thread is inside) ──▶ known, for good
//                          └─ a call from there: the arena

internal import CRecorder

/// The functions that calls are passed on to.
@safe
struct NextAllocator {
  typealias Allocate = @convention(c) (Int) -> UnsafeMutableRawPointer?
  typealias AllocateTwo = @convention(c) (Int, Int) -> UnsafeMutableRawPointer?
  typealias Reallocate =
    @convention(c) (UnsafeMutableRawPointer?, Int) -> UnsafeMutableRawPointer?
  typealias Free = @convention(c) (UnsafeMutableRawPointer?) -> Void
  typealias AllocateAligned =
    @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>?, Int, Int) -> Int32

  let malloc: Allocate
  let calloc: AllocateTwo
  let realloc: Reallocate
  let free: Free
  let posixMemalign: AllocateAligned
  let alignedAlloc: AllocateTwo
  let memalign: AllocateTwo
  let valloc: Allocate
  let pvalloc: Allocate

  /// Looks all functions up, or returns nil where this thread is doing so already.
  ///
  /// Two threads that get here concurrently find the same.
  static var current: NextAllocator? {
    if let known = unsafe known { return known }
    guard crecorder_is_inside() == 0 else { return nil }
    crecorder_set_inside(1)
    defer { crecorder_set_inside(0) }
    let found = unsafe NextAllocator(
      malloc: function("malloc"), calloc: function("calloc"), realloc: function("realloc"),
      free: function("free"), posixMemalign: function("posix_memalign"),
      alignedAlloc: function("aligned_alloc"), memalign: function("memalign"),
      valloc: function("valloc"), pvalloc: function("pvalloc"))
    unsafe known = found
    return found
  }

  nonisolated(unsafe) private static var known: NextAllocator?

  private static func function<Function>(_ name: StaticString) -> Function {
    // SAFETY: a literal ends with a 0; the function of that name has that type in every C library.
    guard
      let address = unsafe crecorder_next(
        UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
    else {
      Message.end("no allocator is behind the recorder")
    }
    return unsafe unsafeBitCast(address, to: Function.self)
  }
}

/// Memory for the time in which the next allocator is being looked up.
@safe
enum Arena {
  private static var size: Int { 1 << 16 }
  nonisolated(unsafe) private static var start: UnsafeMutableRawPointer?
  nonisolated(unsafe) private static var used = 0

  /// Zeroed bytes, or nil where the arena is used up.
  static func allocate(_ size: Int, alignment: Int = 16) -> UnsafeMutableRawPointer? {
    if unsafe start == nil { unsafe start = crecorder_map(Self.size) }
    guard let start = unsafe start, size >= 0, size <= Self.size, alignment <= 4096 else {
      return nil
    }
    let first = unsafe (used + alignment - 1) & -alignment
    guard first + size <= Self.size else { return nil }
    unsafe used = first + size
    return unsafe start + first
  }

  /// Whether a block is the arena's.
  static func holds(_ block: UnsafeMutableRawPointer) -> Bool {
    guard let start = unsafe start else { return false }
    return unsafe block >= start && block < start + size
  }

  /// Copies a block of the arena, or nothing, into a new block.
  ///
  /// Nobody knows how long it is, but for where the arena ends; what is copied beyond it is unspecified.
  static func reallocate(
    _ block: UnsafeMutableRawPointer?, _ size: Int, _ new: UnsafeMutableRawPointer?
  ) -> UnsafeMutableRawPointer? {
    guard let block = unsafe block, let new = unsafe new, let start = unsafe start else {
      return unsafe new
    }
    let rest = unsafe start + Self.size - block
    // SAFETY: the block is the arena's, which ends `rest` bytes behind its beginning.
    unsafe new.copyMemory(from: block, byteCount: min(size, max(rest, 0)))
    return unsafe new
  }
}
