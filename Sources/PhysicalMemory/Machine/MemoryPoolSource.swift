// SPDX-License-Identifier: MIT

public import Pages

/// What a pool is made over: the functions that get and give an element, and a number for them (Linux's
/// pool_data).
public struct MemoryPoolSource {
  /// Gets an element: an address, or a frame's number.
  public var allocate: (inout Machine, GFPFlags, UInt64) throws(MachineError) -> UInt64
  /// Gives it back.
  public var free: (inout Machine, UInt64, UInt64) throws(MachineError) -> Void
  /// Handed to both.
  public var data: UInt64

  /// A source of elements; both functions are handed `data`.
  public init(
    data: UInt64,
    allocate: @escaping (inout Machine, GFPFlags, UInt64) throws(MachineError) -> UInt64,
    free: @escaping (inout Machine, UInt64, UInt64) throws(MachineError) -> Void
  ) {
    self.data = data
    self.allocate = allocate
    self.free = free
  }

  /// Objects of a slab cache (mempool_alloc_slab): elements are addresses.
  public static func slab(_ cache: SlabCacheNumber) -> MemoryPoolSource {
    MemoryPoolSource(
      data: UInt64(cache.rawValue),
      allocate: { machine, flags, data throws(MachineError) in
        try machine.allocateObject(
          from: SlabCacheNumber(rawValue: Int(data)), flags: flags
        ).rawValue
      },
      free: { machine, element, data throws(MachineError) in
        try machine.freeObject(
          KernelAddress(rawValue: element), to: SlabCacheNumber(rawValue: Int(data)))
      })
  }

  /// Memory of a size (mempool_kmalloc): elements are addresses.
  public static func kmalloc(_ size: ByteCount) -> MemoryPoolSource {
    MemoryPoolSource(
      data: UInt64(max(0, size.rawValue)),
      allocate: { machine, flags, data throws(MachineError) in
        try machine.kmalloc(ByteCount(Int(data)), flags: flags).rawValue
      },
      free: { machine, element, _ throws(MachineError) in
        try machine.kfree(KernelAddress(rawValue: element))
      })
  }

  /// Blocks of frames (mempool_alloc_pages): elements are numbers of frames.
  public static func pages(_ order: Order) -> MemoryPoolSource {
    MemoryPoolSource(
      data: UInt64(order.rawValue),
      allocate: { machine, flags, data throws(MachineError) in
        UInt64(try machine.allocatePages(order: Order(Int(data)), flags: flags).rawValue)
      },
      free: { machine, element, data throws(MachineError) in
        try machine.freePages(
          PageFrameNumber(rawValue: UInt32(truncatingIfNeeded: element)), order: Order(Int(data)))
      })
  }
}

/// What goes on with an element that was waited for.
public typealias MemoryPoolContinuation = (inout Machine, UInt64) -> Void
