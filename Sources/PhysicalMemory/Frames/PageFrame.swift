// SPDX-License-Identifier: MIT

// The record of a page frame (Linux's struct page): 64 bytes each, 1.6 % of what they describe.
//
//      0       4       5  6       8            12         16      24      32     36         40
//      │ flags │ order │··│ zone  │ references │ mappings │ owner │ index │ next │ previous │ …
//     40        48        56     64
//      │ private │ virtual │ extra │
//
// A record is in exactly one of these states:
//
//      untouched    all zero: never handed out; in a free block, or a hole in RAM
//      free         in a block whose first record has `buddy` and the block's order
//      cached       `perCPU`: free, in a per-CPU cache
//      allocated    `allocated`; above order 0 the first is `head`, the others `tail`
//
// Invariants: `next` and `previous` mean something only while the frame is in a list. The reference
// count is above 0 iff the frame is allocated and no tail.
//
// Source: include/linux/mm_types.h of Linux 2.6 and 6.12; M. Gorman, "Understanding the Linux Virtual
// Memory Manager", chapter 2.

/// Whose page it is: what Linux's `mapping` points to.
public struct FrameOwner: Sendable, Hashable, BitwiseCopyable {
  /// The kinds of owners.
  public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
    /// Whoever allocated it, who alone knows why.
    case nobody = 0
    /// A file's page cache: the number is the file's.
    case file = 1
    /// Anonymous memory of a process: the number is its owner's choice.
    case anonymous = 2
    /// A slab cache: the number is the cache's.
    case slab = 3
    /// A vmalloc area: the number is the area's.
    case vmalloc = 4
    /// A kernel stack: the number is the process's.
    case kernelStack = 5
    /// Page tables: the number is the process's.
    case pageTable = 6
    /// A page source for allocators (``MachinePages``).
    case pageSource = 7
    /// Pages that kmalloc took whole: the number is the bytes asked for.
    case kmalloc = 8
  }

  /// The kind in the top byte, the number below.
  public let rawValue: UInt64

  /// Nobody in particular.
  public static let nobody = FrameOwner(.nobody, number: 0)

  /// - Precondition: `number` is below 2^56.
  public init(_ kind: Kind, number: UInt64) {
    rawValue = UInt64(kind.rawValue) << 56 | number & (1 << 56 - 1)
  }

  /// What kind of owner it is.
  public var kind: Kind { Kind(rawValue: UInt8(truncatingIfNeeded: rawValue >> 56)) ?? .nobody }

  /// The owner's number among its kind.
  public var number: UInt64 { rawValue & (1 << 56 - 1) }
}

/// The record of a page frame: 64 bytes.
public struct PageFrame: Sendable, BitwiseCopyable {
  /// What is true of it.
  public var flags: PageFlags
  /// The order of the block that it begins, free or allocated.
  var blockOrder: UInt8
  private var spare: UInt8 = 0
  /// The zone's index in ``Machine/zones``, written when the frame is first handed out.
  var zoneIndex: UInt16
  /// Users; it is freed when the last one goes (Linux's _count).
  public internal(set) var referenceCount: Int32
  /// Page-table entries that point to it (Linux's _mapcount + 1).
  public var mapCount: Int32
  /// Whose it is (Linux's mapping).
  public var owner: FrameOwner
  /// Pages from the owner's first.
  public var index: UInt64
  /// The next frame in the list that it is in.
  var next: UInt32
  /// The frame before it in the list that it is in.
  var previous: UInt32
  /// The owner's: a swap slot, a slab's state.
  public var privateData: UInt64
  /// The address of a window on it, where it is in HIGHMEM and has one; else 0.
  var windowAddress: UInt64
  /// The owner's.
  public var extra: UInt64
}

extension PageFrame {
  /// The order of the block that this frame begins.
  public var order: Order { Order(unchecked: Int(blockOrder)) }

  /// Whether it was never written.
  public var isUntouched: Bool {
    flags.isEmpty && blockOrder == 0 && zoneIndex == 0 && referenceCount == 0 && mapCount == 0
      && owner == .nobody && index == 0 && next == 0 && previous == 0 && privateData == 0
      && windowAddress == 0 && extra == 0
  }
}
