// SPDX-License-Identifier: MIT

// Pages that can leave memory: files, anonymous memory, swap, and the lists for reclaim. ``SwapAndCache``
// owns them; frames for new pages are allocated here.

extension Machine {
  // MARK: Files

  /// Makes a file whose bytes are zero.
  ///
  /// - Throws: ``MachineError/invalidSize(_:)`` for no page, or more than the disk has left.
  public mutating func createFile(pages count: Int) throws(MachineError) -> FileNumber {
    try store.cache.create(pages: count)
  }

  /// The frame that holds a page of a file, if any does.
  public func cachedPage(_ file: FileNumber, _ index: Int) -> PageFrameNumber? {
    store.cache.frame(file, index)
  }

  /// Reads a page of a file: from memory, or from the disk into a new frame.
  public mutating func readPage(
    _ file: FileNumber, _ index: Int, flags: GFPFlags = .highUserMovable
  ) throws(MachineError) -> PageFrameNumber {
    try store.cache.check(file, index)
    if let frame = cachedPage(file, index) {
      markAccessed(frame)
      return frame
    }
    let frame = try allocatePages(flags: flags)
    try store.read(file, index, into: frame, &pages)
    return frame
  }

  /// Says that a cached page was written to.
  public mutating func markDirty(_ frame: PageFrameNumber) throws(MachineError) {
    try store.markDirty(frame, at: clock.now, pages)
  }

  /// Drops a file's pages from memory, written or not, and the file (truncate and unlink).
  public mutating func remove(_ file: FileNumber) throws(MachineError) {
    try store.remove(file, &pages)
  }

  /// Pages on the way to their devices.
  public var pendingWrites: Int { store.writes.count }

  /// Writes every dirty page, and lets the time pass that it takes (sync).
  ///
  /// - Throws: ``MachineError/host(_:)`` where the host refuses a mapping of a page in high memory; all
  ///   others are written, and what is not stays dirty.
  public mutating func sync() throws(MachineError) {
    defer { while store.writes.count > 0, !clock.isTicking { tick() } }
    try store.writeAll(&pages)
  }

  // MARK: Anonymous memory

  /// A new frame for anonymous memory, known to reclaim; the caller maps it.
  public mutating func allocateAnonymous(
    owner: UInt64, index: UInt64, flags: GFPFlags = .highUserMovable, node: NodeNumber? = nil
  ) throws(MachineError) -> PageFrameNumber {
    let frame = try allocatePages(flags: flags, node: node)
    try store.adopt(frame, owner: owner, index: index, pages)
    return frame
  }

  /// Frees an anonymous frame that nobody maps any more.
  ///
  /// - Precondition: its map count is 0 and it has one reference.
  public mutating func freeAnonymous(_ frame: PageFrameNumber) {
    store.freeAnonymous(frame, &pages)
  }

  // MARK: Swap

  /// The slots of the swap area, and those that are free.
  public var swapSlots: (all: Int, free: Int) { (store.swap.slots, store.swap.freeSlots) }

  /// Page table entries that name a slot.
  public func users(of slot: SwapSlot) throws(MachineError) -> Int {
    try store.swap.users(of: slot)
  }

  /// One more page table entry names a slot (swap_duplicate).
  public mutating func addUser(_ slot: SwapSlot) throws(MachineError) {
    try store.swap.addUser(slot)
  }

  /// One page table entry less names a slot (swap_free). With the last one its cache becomes an
  /// anonymous page like any other.
  public mutating func removeUser(_ slot: SwapSlot) throws(MachineError) {
    try store.removeUser(slot, &pages)
  }

  /// The page of a slot in a frame: its cache, or a new one that it is read into.
  ///
  /// The caller maps it, and takes the user that the page table entry was off the slot.
  public mutating func swapIn(
    _ slot: SwapSlot, flags: GFPFlags = .highUserMovable
  ) throws(MachineError) -> PageFrameNumber {
    guard store.swap.isUsed(slot) else { throw .swapSlotFree(slot) }
    if let cache = store.swap.cache(of: slot) { return cache }
    // While memory is sought for it, the slot must stay: its user keeps it.
    let frame = try allocatePages(flags: flags)
    try store.read(slot, into: frame, &pages)
    return frame
  }

  // MARK: Lists for reclaim

  /// Puts a frame into the lists for reclaim (lru_cache_add).
  ///
  /// - Parameters:
  ///   - isAnonymous: no file has its contents.
  ///   - isActive: into the active list.
  /// - Throws: where it is no allocated single frame, or in a list already.
  public mutating func addToReclaim(
    _ frame: PageFrameNumber, isAnonymous: Bool, isActive: Bool = false
  ) throws(MachineError) {
    try store.add(frame, isAnonymous: isAnonymous, isActive: isActive, pages)
  }

  /// Takes a frame out of the lists; nothing happens where it is in none.
  public mutating func removeFromReclaim(_ frame: PageFrameNumber) {
    store.remove(frame, pages)
  }

  /// Says that a frame was used (mark_page_accessed): the second time, it becomes active.
  public mutating func markAccessed(_ frame: PageFrameNumber) {
    store.markAccessed(frame, &pages)
  }

  /// The frames of a node's list.
  public func count(_ list: ReclaimList, of node: NodeNumber) throws(MachineError) -> Int {
    store.count(list, of: try pages.check(node))
  }

  /// The frames of all nodes' lists of a kind.
  public func count(_ list: ReclaimList) -> Int { store.count(list) }
}
