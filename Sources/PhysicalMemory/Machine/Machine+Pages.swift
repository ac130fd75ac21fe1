// SPDX-License-Identifier: MIT

// Frames: taking and giving back, their addresses, and windows on high memory.

internal import Pages

extension Machine {
  // MARK: Taking and giving back

  /// Takes a block of 2^order frames (alloc_pages).
  ///
  /// - Parameters:
  ///   - order: the size of the block.
  ///   - flags: how it is to be had.
  ///   - node: where it should be; nil: near the current processor.
  /// - Returns: the block's first frame, with one reference. What it holds is not said but for `zero`.
  /// - Throws: ``MachineError/outOfMemory(order:flags:)`` where Linux returns null;
  ///   ``MachineError/host(_:)`` where a block of high memory is to be zero and the host refuses the
  ///   mapping that it takes to clear it. Then nothing is allocated.
  /// - Complexity: O(1) for single frames while a cache or a small block has one; O(orders) else. Where
  ///   memory is low, reclaim may run.
  public mutating func allocatePages(
    order: Order = 0, flags: GFPFlags = .kernel, node: NodeNumber? = nil
  ) throws(MachineError) -> PageFrameNumber {
    if order.rawValue == 0, node == nil, let frame = pages.takeSingle(flags) { return frame }
    return try allocateBlock(order, flags, node)
  }

  /// Any other block: what is free above the low marks, else what the slow path finds.
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

  /// Takes a block and makes it zero (get_zeroed_page for order 0).
  ///
  /// - Returns: the address of its first byte.
  /// - Throws: as ``allocatePages(order:flags:node:)``; high memory has no address to return, so that
  ///   the flag is ignored.
  public mutating func getZeroedPages(
    order: Order = 0, flags: GFPFlags = .kernel
  ) throws(MachineError) -> KernelAddress {
    let frame = try allocatePages(
      order: order, flags: flags.subtracting(.highMemory).union(.zero))
    return directAddress(of: frame)
  }

  /// Gives a block's reference back (free_pages); with the last one the block is free.
  ///
  /// - Throws: ``MachineError``: the frame begins no allocated block, the block has another order, or
  ///   something uses it still. Then nothing has changed.
  /// - Complexity: O(1) for single frames while the cache has room; O(orders) else.
  public mutating func freePages(
    _ frame: PageFrameNumber, order: Order = 0, flags: GFPFlags = []
  ) throws(MachineError) {
    try pages.free(frame, order: order, flags: flags)
  }

  /// Gives a block back by the address of its first byte.
  public mutating func freePages(
    at address: KernelAddress, order: Order = 0
  ) throws(MachineError) {
    guard let frame = frame(at: address), address.rawValue & 4095 == 0 else {
      throw .noSuchAddress(address)
    }
    try freePages(frame, order: order)
  }

  /// Counts one more user of a block (get_page).
  public mutating func addReference(_ frame: PageFrameNumber) throws(MachineError) {
    try pages.addReference(frame)
  }

  /// Gives all that processors keep for themselves back to the buddy system (drain_all_pages).
  ///
  /// - Returns: the frames given back.
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

  /// Hands on the bytes of `count` frames from `frame` on, wherever they are: frames of HIGHMEM are
  /// mapped for that time.
  ///
  /// - Throws: ``MachineError/noSuchFrame(_:)`` beyond the end of RAM; where the host can't map them.
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

  /// Gives a frame an address (kmap): its own where it has one, else a window's.
  ///
  /// - Throws: ``MachineError/noWindow(limit:)`` where all are in use (Linux would sleep).
  public mutating func map(_ frame: PageFrameNumber) throws(MachineError) -> KernelAddress {
    try pages.physical.map(frame)
  }

  /// Gives a window back (kunmap); its frame may keep it until others need it.
  ///
  /// - Throws: ``MachineError/notMapped(_:)`` where the frame has no window in use.
  public mutating func unmap(_ frame: PageFrameNumber) throws(MachineError) {
    try pages.physical.unmap(frame)
  }

  /// Windows that are in use now, and how many there are.
  public var windowUsage: (used: Int, limit: Int) { pages.physical.windowUsage }
}
