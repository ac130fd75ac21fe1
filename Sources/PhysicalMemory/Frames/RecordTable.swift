// SPDX-License-Identifier: MIT

// The one file through which the model's records are read and written.
//
// A *table* is lazily committed memory seen as records side by side, all bits zero at first. A record
// is found by its index; `table[7].field = 1` is one store. Its memory never moves or grows.
//
// Invariant: the memory has room for `count` records and lives as long as the table's owner, a
// ``RecordMemory``, which the machine keeps beside the table.

internal import Pages
internal import Tamalloc

/// Records side by side, zero at first.
///
/// - Precondition: every bit pattern of zeros is a valid `Record`.
@safe
public struct RecordTable<Record: BitwiseCopyable>: @unchecked Sendable, BitwiseCopyable {
  private let base: UnsafeMutablePointer<Record>
  /// The number of records.
  public let count: Int

  init(_ memory: borrowing RecordMemory<Record>) {
    unsafe base = memory.base
    count = memory.count
  }

  /// The record at an index.
  ///
  /// - Precondition: the index is at least 0 and below ``count``.
  @inline(__always)
  public subscript(index: Int) -> Record {
    unsafeAddress {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "Record index out of range")
      // SAFETY: see the invariant above.
      return unsafe UnsafePointer(base + index)
    }
    nonmutating unsafeMutableAddress {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "Record index out of range")
      return unsafe base + index
    }
  }
}

extension RecordTable where Record == PageFrame {
  /// The record of a frame.
  @inline(__always)
  public subscript(frame: PageFrameNumber) -> PageFrame {
    unsafeAddress {
      precondition(frame.index < count, "Frame number out of range")
      return unsafe UnsafePointer(base + frame.index)
    }
    nonmutating unsafeMutableAddress {
      precondition(frame.index < count, "Frame number out of range")
      return unsafe base + frame.index
    }
  }

  /// The address of a frame's link on a side; the frame need not exist unless it is accessed.
  @inline(__always)
  @unsafe
  func link(of frame: UInt32, _ side: Int) -> UnsafeMutableRawPointer {
    let offset = Int(frame) &* MemoryLayout<PageFrame>.stride &+ PageFrame.linksOffset
    let start = unsafe UInt(bitPattern: base) &+ UInt(bitPattern: offset &+ side &* 4)
    return unsafe UnsafeMutableRawPointer(bitPattern: start).unsafelyUnwrapped
  }
}

/// The memory of a table.
@safe
struct RecordMemory<Record: BitwiseCopyable>: ~Copyable {
  private var memory: LazyMemory
  fileprivate let base: UnsafeMutablePointer<Record>
  fileprivate let count: Int

  /// The size from which a table may use huge pages, as Linux maps its mem_map
  /// (arch/x86/mm/init_64.c, vmemmap_populate_hugepages): records of high-order buddies lie far apart,
  /// and a TLB miss for each would cost more than the record.
  private static var large: Int { 64 << 20 }

  /// Reserves room for `count` records, and commits nothing.
  ///
  /// - Precondition: `count` is positive.
  init(count: Int) throws(AllocationError) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Record>.stride)
    guard !overflow else { throw .invalidCount(count) }
    memory = try LazyMemory(
      size: ByteCount(bytes), alignment: 64, options: bytes >= Self.large ? .hugePages : [])
    // SAFETY: the memory is never resized and lives as long as this value does.
    let start = unsafe memory.withUnsafeMutableBytes { unsafe $0.baseAddress.unsafelyUnwrapped }
    unsafe base = start.bindMemory(to: Record.self, capacity: count)
    self.count = count
  }
}
