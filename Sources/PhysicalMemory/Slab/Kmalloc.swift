// SPDX-License-Identifier: MIT

// Memory by bytes, physically contiguous.
//
//     size      1 … 8 │ … │ 65 … 96 │ 97 … 128 │ 129 … 192 │ … │ 4097 … 8192 │ 8193 … 4 MiB
//     from   kmalloc-8 │ … │ -96     │ -128     │ -192      │ … │ kmalloc-8k  │ whole pages
//
// The general caches are slab caches like any other; each size has one more for devices that reach only
// 16 MiB. `kfree` needs only the address: the frame's record says which cache the object belongs to.
//
// Source: mm/slab_common.c (kmalloc_info, setup_kmalloc_cache_index_table), Linux 6.12.

internal import Pages

extension SlabAllocator {
  /// Sizes of the general caches, in the order in which they are made, and their names.
  static let generalSizes: [(size: Int, name: String)] = [
    (8, "8"), (16, "16"), (32, "32"), (64, "64"), (96, "96"), (128, "128"), (192, "192"),
    (256, "256"), (512, "512"), (1024, "1k"), (2048, "2k"), (4096, "4k"), (8192, "8k"),
  ]
  static let generalCount = 13
  /// What a request for 0 bytes gets (ZERO_SIZE_PTR).
  static let zeroSizeAddress = KernelAddress(rawValue: 16)

  /// Creates the general caches, without slabs.
  mutating func createGeneralCaches(_ layout: MachineLayout) {
    for prefix in ["kmalloc-", "dma-kmalloc-"] {
      for (size, name) in Self.generalSizes {
        // A power of two aligns its objects to itself, up to a page.
        let alignment = size & (size - 1) == 0 ? min(size, 4096) : 8
        let options: SlabCacheOptions = prefix == "kmalloc-" ? [.general] : [.general, .dma]
        // These parameters are valid.
        _ = try? create(
          prefix + name, objectSize: ByteCount(size), alignment: ByteCount(alignment),
          options: options, for: layout)
      }
    }
  }

  /// The index of the general cache for a size.
  ///
  /// - Precondition: the size is 1 to 8,192.
  @inline(__always)
  static func generalCacheIndex(_ size: Int, dma: Bool) -> Int {
    let index: Int
    if size <= 64 {
      index = size <= 8 ? 0 : Int.bitWidth &- (size &- 1).leadingZeroBitCount &- 3
    } else if size <= 192 {
      index = size <= 96 ? 4 : size <= 128 ? 5 : 6
    } else {
      index = Int.bitWidth &- (size &- 1).leadingZeroBitCount &- 1
    }
    return dma ? index &+ generalCount : index
  }

  /// Frees what kmalloc returned; address 0 and that of 0 bytes are ignored.
  @inline(__always)
  mutating func kfree(
    _ address: KernelAddress, _ pages: inout PageAllocator
  ) throws(MachineError) {
    if address.rawValue <= Self.zeroSizeAddress.rawValue {
      if address.rawValue == 0 || address == Self.zeroSizeAddress { return }
    }
    guard let offset = liveOffset(address) else { throw notLive(address, pages) }
    let owner = pages.frames[PageFrameNumber(index: offset >> 12)].owner
    guard owner.kind == .slab else { return try kfreePages(offset, &pages) }
    try free(offset: offset, Int(truncatingIfNeeded: owner.number), &pages)
  }

  /// An object's actual size.
  func ksize(
    _ address: KernelAddress, _ pages: borrowing PageAllocator
  ) throws(MachineError) -> ByteCount {
    if address.rawValue == 0 || address == Self.zeroSizeAddress { return 0 }
    guard let offset = liveOffset(address) else { throw notLive(address, pages) }
    let frame = PageFrameNumber(index: offset >> 12)
    let owner = pages.frames[frame].owner
    if owner.kind == .slab { return ByteCount(caches[Int(owner.number)].objectSize) }
    return pages.frames[frame].order.size
  }

  /// Marks a block of frames as kmalloc's.
  func adoptPages(_ frame: PageFrameNumber, _ size: ByteCount, _ pages: borrowing PageAllocator) {
    pages.frames[frame].owner = FrameOwner(.kmalloc, number: UInt64(size.rawValue))
    pages.add(pages.frames[frame].order.frameCount, to: .slabUnreclaimable, of: frame)
    flip(frame.index << 12)
  }

  @inline(never)
  private mutating func kfreePages(
    _ offset: Int, _ pages: inout PageAllocator
  ) throws(MachineError) {
    let frame = PageFrameNumber(index: offset >> 12)
    guard pages.frames[frame].owner.kind == .kmalloc else {
      throw .slab(.notAnObject(directStart + ByteCount(offset)))
    }
    let order = pages.frames[frame].order
    flip(offset)
    pages.add(-order.frameCount, to: .slabUnreclaimable, of: frame)
    pages.frames[frame].owner = .nobody
    try pages.free(frame, order: order, flags: [])
  }
}
