// SPDX-License-Identifier: MIT

// Frames: allocating and freeing them, their addresses, and windows on high memory.

internal import Pages

extension Machine {
  // MARK: Allocating and freeing

  /// Allocates a block of 2^order frames (alloc_pages).
  ///
  /// - Parameters:
  ///   - order: the size of the block.
  ///   - flags: how to allocate it.
  ///   - node: the preferred node; nil: the current processor's.
  /// - Returns: the block's first frame, with one reference. Its contents are undefined without `zero`.
  /// - Throws: ``MachineError/outOfMemory(order:flags:)`` where Linux returns null;
  ///   ``MachineError/host(_:)`` if a block of high memory must be cleared and the host refuses the
  ///   mapping. Then nothing is allocated.
  /// - Complexity: O(1) for single frames while a cache or a small block has one, otherwise O(orders). If
  ///   memory is low, reclaim may run.
  public mutating func allocatePages(
    order: Order = 0, flags: GFPFlags = .kernel, node: NodeNumber? = nil
  ) throws(MachineError) -> PageFrameNumber {
    if order.rawValue == 0, node == nil, let frame = pages.takeSingle(flags) { return frame }
    return try allocateBlock(order, flags, node)
  }

  /// Any other block: from what is free above the low marks, else by the slow path.
  @inline(never)
  private mutating func allocateBlock(
    _ order: Order, _ flags: GFPFlags, _ node: NodeNumber?
  ) throws(MachineError) -> PageFrameNumber {
    let request = try pages.request(order, flags, node)
    let frame: PageFrameNumber
    if let found = pages.takeAboveLow(request) {
      pages.events.fast &+= 1
      frame = found
    } else {
      frame = try allocateSlowly(request)
    }
    if !flags.isDisjoint(with: [.zero, .compound]) { try pages.prepare(frame, request) }
    return frame
  }

  /// Allocates a zeroed block (get_zeroed_page for order 0).
  ///
  /// - Returns: the address of its first byte.
  /// - Throws: as ``allocatePages(order:flags:node:)``. High memory has no address to return, so that flag
  ///   is ignored.
  public mutating func getZeroedPages(
    order: Order = 0, flags: GFPFlags = .kernel
  ) throws(MachineError) -> KernelAddress {
    let frame = try allocatePages(
      order: order, flags: flags.subtracting(.highMemory).union(.zero))
    return directAddress(of: frame)
  }

  /// Drops a reference to a block (free_pages); the last one frees it.
  ///
  /// - Throws: ``MachineError`` if the frame does not begin an allocated block, the block has another
  ///   order, or is still in use. Then nothing has changed.
  /// - Complexity: O(1) for single frames while the cache has room, otherwise O(orders).
  public mutating func freePages(
    _ frame: PageFrameNumber, order: Order = 0, flags: GFPFlags = []
  ) throws(MachineError) {
    try pages.free(frame, order: order, flags: flags)
  }

  /// Frees a block by the address of its first byte.
  public mutating func freePages(
    at address: KernelAddress, order: Order = 0
  ) throws(MachineError) {
    guard let frame = frame(at: address), address.rawValue & 4095 == 0 else {
      throw .noSuchAddress(address)
    }
    try freePages(frame, order: order)
  }

  /// Adds a reference to a block (get_page).
  public mutating func addReference(_ frame: PageFrameNumber) throws(MachineError) {
    try pages.addReference(frame)
  }

  /// Returns all frames in per-CPU caches to the buddy system (drain_all_pages).
  ///
  /// - Returns: how many there were.
  @discardableResult
  public mutating func drainPerCPUPages(of processor: ProcessorNumber? = nil) -> Int {
    pages.drainPerCPUPages(of: processor)
  }

  /// The head of the block that a frame is part of, if that block is allocated and compound, or the
  /// frame itself where it begins a block (compound_head).
  public func head(of frame: PageFrameNumber) -> PageFrameNumber? { pages.head(of: frame) }

  // MARK: Addresses

  /// Whether a frame is RAM, and not a hole.
  ///
  /// - Complexity: O(log(stretches of RAM)).
  public func isRAM(_ frame: PageFrameNumber) -> Bool { pages.physical.isRAM(frame) }

  /// A frame's record as it is now (pfn_to_page).
  public func record(of frame: PageFrameNumber) throws(MachineError) -> PageFrame {
    try pages.physical.record(of: frame)
  }

  /// The physical address of a frame's first byte.
  public func physicalAddress(of frame: PageFrameNumber) -> PhysicalAddress {
    pages.physical.physicalAddress(of: frame)
  }

  /// The frame at a physical address.
  public func frame(at address: PhysicalAddress) throws(MachineError) -> PageFrameNumber {
    try pages.physical.frame(at: address)
  }

  /// The kernel's address of a frame (page_address), or nil in HIGHMEM without a window.
  public func address(of frame: PageFrameNumber) -> KernelAddress? {
    pages.physical.address(of: frame)
  }

  @inline(__always)
  func directAddress(of frame: PageFrameNumber) -> KernelAddress {
    pages.physical.directAddress(of: frame)
  }

  /// The frame behind an address of the direct map (virt_to_page), or nil for any other address.
  public func frame(at address: KernelAddress) -> PageFrameNumber? {
    pages.physical.frame(at: address)
  }

  /// Calls `body` with the bytes of `count` frames from `frame` on. Frames of HIGHMEM are mapped for the
  /// duration.
  ///
  /// - Throws: ``MachineError/noSuchFrame(_:)`` beyond the end of RAM; ``MachineError/host(_:)`` if the
  ///   host cannot map them.
  public func withBytes<Result>(
    of frame: PageFrameNumber, count: Int = 1,
    _ body: (UnsafeMutableRawBufferPointer) -> Result
  ) throws(MachineError) -> Result {
    try unsafe pages.physical.withBytes(of: frame, count: count, body)
  }

  /// Copies a frame's bytes.
  public func copy(_ source: PageFrameNumber, to target: PageFrameNumber) throws(MachineError) {
    try pages.physical.copy(source, to: target)
  }

  // MARK: Windows

  /// Maps a frame (kmap): at its permanent address if it has one, else in a window.
  ///
  /// - Throws: ``MachineError/noWindow(limit:)`` if all are in use (Linux would sleep).
  public mutating func map(_ frame: PageFrameNumber) throws(MachineError) -> KernelAddress {
    try pages.physical.map(frame)
  }

  /// Releases a window (kunmap); the frame may keep it until another needs it.
  ///
  /// - Throws: ``MachineError/notMapped(_:)`` if the frame has no window in use.
  public mutating func unmap(_ frame: PageFrameNumber) throws(MachineError) {
    try pages.physical.unmap(frame)
  }

  /// Windows that are in use now, and how many there are.
  public var windowUsage: (used: Int, limit: Int) { pages.physical.windowUsage }
}
