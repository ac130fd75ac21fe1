// SPDX-License-Identifier: MIT

public import Pages
public import Reservations
internal import System

/// A range of memory that reads as its fill and costs nothing until it is touched.
///
/// ```swift
/// var memory = try LazyMemory(size: .gibibytes(64))
/// memory[40_000_000_000] = 1                          // commits one page
/// try print(memory.usage.committed)                   // 4 KiB
/// ```
///
/// Creation reserves address space. The first access to a page finds the fill there; the first write
/// commits the page, one page frame at a time. When the value goes, so does the memory.
///
/// ## What other tools show
///
/// Zeroed memory adds its size to VmSize, and to RssAnon what is written. A page that was only read
/// is the kernel's zero page, which no counter counts.
///
/// Memory with another fill is mapped from a small file in memory, the *tile*, over and over: 4 MiB
/// for 1 GiB, 128 MiB for 1 TiB. Pages that were only read show the tile's, and the kernel counts
/// each of them in VmRSS and RssShmem, although no memory was taken: PSS divides a page by the number
/// of its mappings and comes close to the truth; ``usage`` is exact. Written pages are copies, and
/// count in RssAnon. The tile itself is in no process's RSS before it is read; it is in Shmem of
/// /proc/meminfo.
///
/// ## Threads, forks, limits
///
/// A memory may move to another thread; its accessors follow the law of exclusivity, as an array's
/// do. After a fork the child has a private copy, committed page by page where either side writes.
/// No lock is held anywhere.
///
/// After `mlockall(MCL_FUTURE)` the kernel commits every page of a new mapping at once, this one's
/// too, unless it was told `MCL_ONFAULT`. `RLIMIT_AS` counts what is reserved. Under
/// `vm.overcommit_memory=2` the kernel counts it as promised.
@safe
public struct LazyMemory: ~Copyable, @unchecked Sendable {
  /// What is reserved, and how.
  var reservation: Reservation

  /// What untouched bytes read as.
  public let fill: FillPattern

  /// Where the memory begins. It changes only where ``resize(to:)`` must move it.
  @usableFromInline
  var base: UnsafeMutableRawPointer

  /// The bytes reserved, as a plain number for the accessors.
  @usableFromInline
  var byteCount: Int

  /// Reserves memory, and commits nothing.
  ///
  /// - Parameters:
  ///   - size: in bytes; rounded up to whole pages.
  ///   - alignment: in bytes: a power of two up to 1 GiB. A page is the least in any case.
  ///   - fill: what untouched bytes read as.
  ///   - options: what is to be different from the usual.
  /// - Throws: ``AllocationError``: invalid size, alignment or fill; limits of the process or the
  ///   system; no address space.
  /// - Complexity: O(1) for zero. O(√size) for another fill: 3 ms for 1 GiB, below 100 ms for 1 TiB.
  public init(
    size: ByteCount, alignment: ByteCount = 1, fill: FillPattern = .zero,
    options: LazyMemoryOptions = []
  ) throws(AllocationError) {
    let reservation = try Reservation.reserve(
      size: size, alignment: alignment, fill: fill, options: options)
    self.reservation = reservation
    self.fill = fill.simplified
    // SAFETY: a mapping never begins at address 0.
    unsafe base = reservation.start.pointer.unsafelyUnwrapped
    byteCount = reservation.size.rawValue
  }

  deinit {
    reservation.release()
  }

  // MARK: Facts

  /// The bytes reserved: whole pages.
  public var size: ByteCount { reservation.size }

  /// The alignment of the first byte.
  public var alignment: ByteCount { reservation.alignment }

  /// How this memory was asked for.
  public var options: LazyMemoryOptions { reservation.options }

  /// The size of the pages that are committed one by one.
  public static var pageSize: PageSize { Syscalls.pageSize }

  /// What is reserved and committed now, exactly.
  ///
  /// Pages that read as the fill but hold no memory of their own are not committed.
  ///
  /// - Throws: ``AllocationError/usageUnavailable(errorNumber:)`` where /proc can't be read.
  /// - Complexity: O(pages committed) from Linux 6.7 on, 3 ms for a GiB of them and 15 ms with a
  ///   fill; O(pages) before.
  public var usage: MemoryUsage {
    get throws(AllocationError) { try usage(of: 0..<byteCount) }
  }

  /// What a range of bytes, widened to whole pages, holds now.
  public func usage(of range: Range<Int>) throws(AllocationError) -> MemoryUsage {
    try reservation.usage(of: try checked(range))
  }

  // MARK: Verbs

  /// Gives the range's committed pages back; its bytes read as the fill again.
  ///
  /// Whole pages are given back. At the ends of the range, bytes that share their page with others
  /// are overwritten with the fill.
  public mutating func discard(_ range: Range<Int>) throws(AllocationError) {
    try reservation.discard(try checked(range))
  }

  /// Commits every page that the range touches, in one go; contents stay.
  ///
  /// - Complexity: O(pages), 1.1 µs each.
  public mutating func prefault(_ range: Range<Int>) throws(AllocationError) {
    try reservation.prefault(try checked(range))
  }

  /// Grows or shrinks to `newSize` bytes, rounded up to whole pages.
  ///
  /// Contents stay; new pages are lazy. The memory moves only where it can't grow in its place, and
  /// then no page is copied. If this throws, the memory is what it was.
  public mutating func resize(to newSize: ByteCount) throws(AllocationError) {
    // The reservation may have moved even where it throws: prefaulting may fail after a move.
    defer {
      unsafe base = reservation.start.pointer.unsafelyUnwrapped
      byteCount = reservation.size.rawValue
    }
    try reservation.resize(to: newSize)
  }

  /// Whether the invariants of the memory's parts hold.
  public func checkInvariants() -> Bool {
    unsafe reservation.checkInvariants() && VirtualAddress(base) == reservation.start
      && byteCount == reservation.size.rawValue
  }

  func checked(_ range: Range<Int>) throws(AllocationError) -> Range<ByteCount> {
    let lower = ByteCount(range.lowerBound)
    let upper = ByteCount(range.upperBound)
    guard lower >= 0, upper <= size else {
      throw .invalidRange(lower: lower, upper: upper, size: size)
    }
    return lower..<upper
  }
}
