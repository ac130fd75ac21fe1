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
  package var blockOrder: UInt8
  private var spare: UInt8 = 0
  /// The zone's index in ``Machine/zones``, written when the frame is first handed out.
  package var zoneIndex: UInt16
  /// Users; it is freed when the last one goes (Linux's _count).
  public internal(set) var referenceCount: Int32
  /// Page-table entries that point to it (Linux's _mapcount + 1).
  public var mapCount: Int32
  /// Whose it is (Linux's mapping).
  public var owner: FrameOwner
  /// Pages from the owner's first.
  public var index: UInt64
  /// The next frame in the list that it is in, and the one before it; see ``FrameList``.
  private(set) var links: InlineArray<2, UInt32>
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
      && owner == .nobody && index == 0 && links[0] == 0 && links[1] == 0 && privateData == 0
      && windowAddress == 0 && extra == 0
  }

  /// Where the links lie in a record.
  static var linksOffset: Int { 32 }

  /// Sets the link on one side, and none on the other.
  @inline(__always)
  mutating func setLinks(_ side: Int, _ neighbour: UInt32) {
    links[side] = neighbour
    links[1 &- side] = 0
  }

  /// Whether it begins a free block of an order in a zone: one comparison for all three.
  @inline(__always)
  func isFreeBlock(_ order: Int, _ zone: Int) -> Bool {
    let buddy = PageFlags.buddy.rawValue
    let difference =
      (flags.rawValue & buddy ^ buddy) | (UInt32(blockOrder) ^ UInt32(truncatingIfNeeded: order))
      | (UInt32(zoneIndex) ^ UInt32(truncatingIfNeeded: zone))
    return difference == 0
  }

  /// Whether it is a single allocated frame with one user and no state to clean up.
  @inline(__always)
  var isPlainSingle: Bool {
    let special: PageFlags = [
      .allocated, .lru, .writeBack, .slab, .locked, .highMemory, .compound,
    ]
    let difference =
      (flags.intersection(special).rawValue ^ PageFlags.allocated.rawValue)
      | UInt32(blockOrder) | UInt32(bitPattern: referenceCount ^ 1) | UInt32(bitPattern: mapCount)
    return difference == 0
  }

  /// Makes it the first of a block.
  @inline(__always)
  mutating func begin(_ state: PageFlags, _ order: Int, _ zone: Int) {
    flags = state
    blockOrder = UInt8(truncatingIfNeeded: order)
    zoneIndex = UInt16(truncatingIfNeeded: zone)
  }

  /// Clears what its user left.
  @inline(__always)
  mutating func forgetUse() {
    referenceCount = 0
    owner = .nobody
    index = 0
    privateData = 0
    extra = 0
  }
}
