// SPDX-License-Identifier: MIT

// Memory by bytes, physically contiguous.
//
//     size      1 … 8 │ … │ 65 … 96 │ 97 … 128 │ 129 … 192 │ … │ 4097 … 8192 │ 8193 … 4 MiB
//     from   kmalloc-8 │ … │ -96     │ -128     │ -192      │ … │ kmalloc-8k  │ whole pages
//
// The general caches are slab caches like any other; each size has one more for devices that reach only
// 16 MiB. `kfree` is told nothing but the address: the frame's record says whose the object is.
//
// Source: mm/slab_common.c (kmalloc_info, setup_kmalloc_cache_index_table), Linux 6.12.

public import Pages

extension Machine {
  /// Sizes of the general caches, in the order in which they are made, and their names.
  static let generalSizes: [(size: Int, name: String)] = [
    (8, "8"), (16, "16"), (32, "32"), (64, "64"), (96, "96"), (128, "128"), (192, "192"),
    (256, "256"), (512, "512"), (1024, "1k"), (2048, "2k"), (4096, "4k"), (8192, "8k"),
  ]
  static let generalCount = 13
  /// Requests above it get whole pages.
  public static var largestObject: ByteCount { 8192 }
  /// What `kmalloc(0)` returns: nobody may read or write there (ZERO_SIZE_PTR).
  public static let zeroSizeAddress = KernelAddress(rawValue: 16)

  /// Makes the general caches: records alone, and no slab.
  mutating func createGeneralCaches() {
    for prefix in ["kmalloc-", "dma-kmalloc-"] {
      for (size, name) in Self.generalSizes {
        // A power of two aligns its objects to itself, up to a page.
        let alignment = size & (size - 1) == 0 ? min(size, 4096) : 8
        let options: SlabCacheOptions = prefix == "kmalloc-" ? [.general] : [.general, .dma]
        // Such caches can be.
        _ = try? createSlabCache(
          prefix + name, objectSize: ByteCount(size), alignment: ByteCount(alignment),
          options: options)
      }
    }
  }

  /// The index of the general cache for a size.
  ///
  /// - Precondition: the size is 1 to 8,192.
  @inline(__always)
  func generalCacheIndex(_ size: Int, dma: Bool) -> Int {
    let index: Int
    if size <= 64 {
      index = size <= 8 ? 0 : Int.bitWidth &- (size &- 1).leadingZeroBitCount &- 3
    } else if size <= 192 {
      index = size <= 96 ? 4 : size <= 128 ? 5 : 6
    } else {
      index = Int.bitWidth &- (size &- 1).leadingZeroBitCount &- 1
    }
    return dma ? index &+ Self.generalCount : index
  }

  /// Allocates `size` bytes side by side in physical memory.
  ///
  /// - Returns: an address aligned to 8 at least, and to the size where that is a power of two.
  /// - Throws: as ``allocatePages(order:flags:node:)``; ``MachineError/invalidSize(_:)`` above 4 MiB.
  @inline(__always)
  public mutating func kmalloc(
    _ size: ByteCount, flags: GFPFlags = .kernel
  ) throws(MachineError) -> KernelAddress {
    guard size.rawValue &- 1 >= 0, size <= Self.largestObject else {
      return try kmallocPages(size, flags)
    }
    return try allocate(
      number: generalCacheIndex(size.rawValue, dma: flags.contains(.dma)), flags)
  }

  /// Frees what ``kmalloc(_:flags:)`` returned; address 0 and that of 0 bytes are ignored.
  ///
  /// - Throws: ``SlabError``: it is free already, or was never allocated.
  @inline(__always)
  public mutating func kfree(_ address: KernelAddress) throws(MachineError) {
    if address.rawValue <= Self.zeroSizeAddress.rawValue {
      if address.rawValue == 0 || address == Self.zeroSizeAddress { return }
    }
    guard let offset = liveOffset(address) else { throw refusal(address) }
    let owner = frames[PageFrameNumber(index: offset >> 12)].owner
    guard owner.kind == .slab else { return try kfreePages(offset) }
    try freeObject(offset: offset, Int(truncatingIfNeeded: owner.number))
  }

  /// The bytes that an object really has (ksize).
  public func ksize(_ address: KernelAddress) throws(MachineError) -> ByteCount {
    if address.rawValue == 0 || address == Self.zeroSizeAddress { return 0 }
    guard let offset = liveOffset(address) else { throw notLive(address) }
    let owner = frames[PageFrameNumber(index: offset >> 12)].owner
    if owner.kind == .slab { return ByteCount(slabs.caches[Int(owner.number)].objectSize) }
    return frames[PageFrameNumber(index: offset >> 12)].order.size
  }

  @inline(never)
  private mutating func kmallocPages(
    _ size: ByteCount, _ flags: GFPFlags
  ) throws(MachineError) -> KernelAddress {
    if size == 0 { return Self.zeroSizeAddress }
    let order = try Order(holding: size)
    let frame = try allocatePages(order: order, flags: flags.subtracting([.highMemory, .movable]))
    frames[frame].owner = FrameOwner(.kmalloc, number: UInt64(size.rawValue))
    pages.add(order.frameCount, to: .slabUnreclaimable, of: frame)
    slabs.flip(frame.index << 12)
    return directAddress(of: frame)
  }

  @inline(never)
  private mutating func kfreePages(_ offset: Int) throws(MachineError) {
    let frame = PageFrameNumber(index: offset >> 12)
    guard frames[frame].owner.kind == .kmalloc else {
      throw .slab(.notAnObject(plan.directMap.lowerBound + ByteCount(offset)))
    }
    let order = frames[frame].order
    slabs.flip(offset)
    pages.add(-order.frameCount, to: .slabUnreclaimable, of: frame)
    frames[frame].owner = .nobody
    try freePages(frame, order: order)
  }
}
