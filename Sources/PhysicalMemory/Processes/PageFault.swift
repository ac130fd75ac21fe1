// SPDX-License-Identifier: MIT

// What happens when a process touches a page.
//
//     entry          read                              write
//     nothing        the zero page                     a zeroed frame
//     zero page      –                                 a zeroed frame
//     own frame      –                                 –
//     shared frame   –                                 the last one keeps it, others get a copy
//     swap slot      its page, from cache or device    the same, and then as above
//
// A fault is decided in steps. A step that lacks a frame says what for; ``Machine`` allocates one and hands
// it over (Machine/Machine+Faults.swift). While memory is sought, reclaim may take any page of any process,
// and the process itself may be ended: the entry is looked at again, and if it changed the frame is given
// back. Then the next step is decided, until the page is there.
//
// Source: handle_pte_fault(), do_anonymous_page(), do_wp_page(), do_swap_page() of mm/memory.c, Linux
// 6.12.

extension AddressSpaces {
  /// An entry of a page's, and what it was when a step was decided.
  struct SeenEntry {
    var place: Int
    var value: PageTableEntry
  }

  /// What a fault needs next.
  enum FaultStep {
    /// Nothing: the page is in this frame.
    case done(PageFrameNumber)
    /// A zeroed frame for ``addTable(_:at:of:_:)``.
    case table(at: Int)
    /// A zeroed frame for ``adoptZeroFrame(_:_:)``.
    case zeroFrame
    /// A zeroed anonymous frame for ``map(_:at:of:_:_:)``.
    case newFrame(SeenEntry)
    /// An anonymous frame for ``map(_:at:of:_:_:)``, which the page is copied into.
    case copy(SeenEntry)
    /// The page of a slot, read into memory, for ``mapSwapped(_:_:at:of:_:_:)``.
    case swapIn(SeenEntry)
    /// Nothing: the entry has changed, and is looked at again.
    case again
  }

  /// Decides the next step that makes a page readable, or writable.
  mutating func nextStep(
    _ number: ProcessNumber, _ page: UInt64, writing: Bool, _ pages: borrowing PageAllocator,
    _ store: inout SwapAndCache
  ) throws(MachineError) -> FaultStep {
    guard isAlive(number) else { throw gone(number) }
    guard hasPage(page, number) else {
      throw .process(.segmentationFault(number, UserAddress(rawValue: page << 12)))
    }
    let place: Int
    switch try entryPlace(number, page, pages) {
    case .found(let found): place = found
    case .needsTable(let at): return .table(at: at)
    }
    let value = entry(place, pages)
    let seen = SeenEntry(place: place, value: value)
    if value == .none { return writing ? .newFrame(seen) : mapZero(number, place, pages) }
    if !value.isPresent { return .swapIn(seen) }
    guard isUsersFrame(value.frame, pages) else {
      throw .process(.corruptedPageTable(number, UserAddress(rawValue: page << 12)))
    }
    setEntry(place, PageTableEntry(rawValue: value.rawValue | PageTableEntry.accessed), pages)
    if !writing || value.isWritable { return .done(value.frame) }
    return makeWritable(number, place, pages, &store)
  }

  private mutating func mapZero(
    _ number: ProcessNumber, _ place: Int, _ pages: borrowing PageAllocator
  ) -> FaultStep {
    guard let zeroFrame else { return .zeroFrame }
    setEntry(place, PageTableEntry(zeroFrame, isWritable: false), pages)
    zeroMappings += 1
    records[number.rawValue]!.minorFaults += 1
    return .again
  }

  /// Ends the sharing of a page that is written to: the last one that has it keeps it.
  private mutating func makeWritable(
    _ number: ProcessNumber, _ place: Int, _ pages: borrowing PageAllocator,
    _ store: inout SwapAndCache
  ) -> FaultStep {
    // Including the accessed bit that this fault has set: otherwise a frame would be allocated in vain.
    let seen = SeenEntry(place: place, value: entry(place, pages))
    let frame = seen.value.frame
    if frame == zeroFrame { return .newFrame(seen) }
    guard pages.frames[frame].mapCount == 1, !store.isSlotShared(frame, pages) else {
      return .copy(seen)
    }
    store.dropSwapCache(frame, pages)
    setEntry(place, PageTableEntry(frame, isWritable: true), pages)
    records[number.rawValue]!.minorFaults += 1
    return .again
  }

  // MARK: Frames handed over

  /// Whether an entry is what it was when a step was decided.
  private func isUnchanged(
    _ seen: SeenEntry, of number: ProcessNumber, _ pages: borrowing PageAllocator
  ) -> Bool {
    isAlive(number) && entry(seen.place, pages) == seen.value
  }

  /// Gives a page an anonymous frame of its own, zeroed or to be a copy of what the entry points to.
  ///
  /// - Throws: where the host refuses a mapping; then the frame is free.
  mutating func map(
    _ new: PageFrameNumber, at seen: SeenEntry, copying: Bool, of number: ProcessNumber,
    _ pages: inout PageAllocator, _ store: inout SwapAndCache
  ) throws(MachineError) {
    guard isUnchanged(seen, of: number, pages) else { return store.freeAnonymous(new, &pages) }
    if copying {
      do throws(MachineError) {
        try pages.physical.copy(seen.value.frame, to: new)
      } catch {
        store.freeAnonymous(new, &pages)
        throw error
      }
    } else {
      addResident(1, number)
      if seen.value != .none { zeroMappings -= 1 }
    }
    pages.frames[new].mapCount = 1
    setEntry(seen.place, PageTableEntry(new, isWritable: true), pages)
    if copying { dropMapping(seen.value.frame, &pages, &store) }
    records[number.rawValue]!.minorFaults += 1
  }

  /// Maps a page that was read back from swap; it is not writable yet.
  mutating func mapSwapped(
    _ frame: PageFrameNumber, _ page: UInt64, at seen: SeenEntry, of number: ProcessNumber,
    _ pages: inout PageAllocator, _ store: inout SwapAndCache
  ) {
    guard isUnchanged(seen, of: number, pages) else { return }
    pages.frames[frame].owner = FrameOwner(
      .anonymous, number: records[number.rawValue]!.family)
    pages.frames[frame].index = page
    addMapping(frame, pages)
    setEntry(seen.place, PageTableEntry(frame, isWritable: false), pages)
    addResident(1, number)
    records[number.rawValue]!.swapped -= 1
    records[number.rawValue]!.majorFaults += 1
    store.release(seen.value.slot, &pages)
  }
}
