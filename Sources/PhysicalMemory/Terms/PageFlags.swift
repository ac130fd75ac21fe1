// SPDX-License-Identifier: MIT

/// What is true of a page frame, a bit each (Linux's page flags).
public struct PageFlags: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public let rawValue: UInt32

  @inlinable
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Somebody works on its contents and others must wait.
  public static let locked = PageFlags(rawValue: 1 << 0)
  /// It was used since reclaim last looked.
  public static let referenced = PageFlags(rawValue: 1 << 1)
  /// Its contents are newer than those of the file or swap slot behind it.
  public static let dirty = PageFlags(rawValue: 1 << 2)
  /// It is in one of its node's lists for reclaim.
  public static let lru = PageFlags(rawValue: 1 << 3)
  /// The list is an active one.
  public static let active = PageFlags(rawValue: 1 << 4)
  /// A slab cache holds it.
  public static let slab = PageFlags(rawValue: 1 << 5)
  /// It is no page of the allocators: a hole, or the machine's own.
  public static let reserved = PageFlags(rawValue: 1 << 6)
  /// It begins a free block in the buddy system's list of its order.
  public static let buddy = PageFlags(rawValue: 1 << 7)
  /// It begins an allocated block of an order above 0.
  public static let head = PageFlags(rawValue: 1 << 8)
  /// It follows the head in a compound block.
  public static let tail = PageFlags(rawValue: 1 << 9)
  /// It has no address of its own.
  public static let highMemory = PageFlags(rawValue: 1 << 10)
  /// Its contents are on the way to a file or to swap.
  public static let writeBack = PageFlags(rawValue: 1 << 11)
  /// Its contents have a swap slot as well.
  public static let swapCache = PageFlags(rawValue: 1 << 12)
  /// Its contents come from no file.
  public static let swapBacked = PageFlags(rawValue: 1 << 13)
  /// Reclaim leaves it where it is.
  public static let unevictable = PageFlags(rawValue: 1 << 14)
  /// It is free and in a per-CPU cache.
  public static let perCPU = PageFlags(rawValue: 1 << 15)
  /// It was handed out before: what it holds is not known to be zero. The flag outlives a free.
  public static let used = PageFlags(rawValue: 1 << 16)
  /// It was allocated, and not freed since.
  public static let allocated = PageFlags(rawValue: 1 << 17)
  /// The kernel's copy-on-write of it is pending: more than one address space maps it.
  public static let shared = PageFlags(rawValue: 1 << 18)
  /// A page table, a kernel stack or another table of the kernel.
  public static let table = PageFlags(rawValue: 1 << 19)
  /// It begins a block whose other frames know it.
  public static let compound = PageFlags(rawValue: 1 << 20)

  /// The flags and their names, lowest bit first.
  public static let names: [(flag: PageFlags, name: String)] = [
    (.locked, "locked"), (.referenced, "referenced"), (.dirty, "dirty"), (.lru, "lru"),
    (.active, "active"), (.slab, "slab"), (.reserved, "reserved"), (.buddy, "buddy"),
    (.head, "head"), (.tail, "tail"), (.highMemory, "highmem"), (.writeBack, "writeback"),
    (.swapCache, "swapcache"), (.swapBacked, "swapbacked"), (.unevictable, "unevictable"),
    (.perCPU, "pcp"), (.used, "used"), (.allocated, "allocated"), (.shared, "shared"),
    (.table, "table"), (.compound, "compound"),
  ]
}

extension PageFlags: CustomStringConvertible {
  /// The names of the flags that are set, as in `lru|active`, or `none`.
  public var description: String {
    let set = Self.names.filter { contains($0.flag) }.map(\.name)
    return set.isEmpty ? "none" : set.joined(separator: "|")
  }
}
