// SPDX-License-Identifier: MIT

// Which entries point to which frames, and back again for reclaim.
//
// A frame's owner is a family, its index a page number: the entries that can point to it are those of
// that page in the family's processes, and are all looked at.
//
// Source: mm/rmap.c (try_to_unmap, folio_referenced), Linux 6.12.

extension AddressSpaces {
  mutating func addResident(_ change: Int, _ number: ProcessNumber) {
    records[number.rawValue]!.resident += change
    let resident = records[number.rawValue]!.resident
    if resident > records[number.rawValue]!.peakResident {
      records[number.rawValue]!.peakResident = resident
    }
  }

  /// One entry more points to a frame.
  func addMapping(_ frame: PageFrameNumber, _ pages: borrowing PageAllocator) {
    pages.frames[frame].mapCount += 1
    if pages.frames[frame].mapCount > 1 { pages.frames[frame].flags.formUnion(.shared) }
  }

  /// One entry less points to a frame; with the last one it is freed, unless swap entries name its slot.
  func dropMapping(
    _ frame: PageFrameNumber, _ pages: inout PageAllocator, _ store: inout SwapAndCache
  ) {
    assert(pages.frames[frame].mapCount > 0, "frame \(frame): one mapping less than none")
    pages.frames[frame].mapCount -= 1
    if pages.frames[frame].mapCount == 1 { pages.frames[frame].flags.remove(.shared) }
    if pages.frames[frame].mapCount == 0, !store.isSlotShared(frame, pages) {
      store.freeAnonymous(frame, &pages)
    }
  }

  /// Whether an entry may point to a frame: whatever else it says, somebody else wrote it.
  func isUsersFrame(_ frame: PageFrameNumber, _ pages: borrowing PageAllocator) -> Bool {
    frame == zeroFrame
      || frame.index < pages.spannedFrames && pages.frames[frame].mapCount > 0
        && pages.frames[frame].owner.kind == .anonymous
  }

  /// Gives back what an entry named that a process no longer has.
  mutating func drop(
    _ value: PageTableEntry, of number: ProcessNumber, _ pages: inout PageAllocator,
    _ store: inout SwapAndCache
  ) {
    if !value.isPresent {
      records[number.rawValue]!.swapped -= 1
      store.release(value.slot, &pages)
    } else if value.frame == zeroFrame {
      zeroMappings -= 1
    } else if isUsersFrame(value.frame, pages) {
      addResident(-1, number)
      dropMapping(value.frame, &pages, &store)
    }
  }

  /// Has a child have the page that its parent has.
  ///
  /// - Parameter target: where the child's entry is.
  mutating func share(
    _ page: UInt64, from parent: ProcessNumber, with child: ProcessNumber, at target: Int,
    _ pages: borrowing PageAllocator, _ store: borrowing SwapAndCache
  ) throws(MachineError) {
    guard isAlive(parent) else { throw gone(parent) }
    guard isAlive(child) else { throw gone(child) }
    guard let source = findEntry(parent, page, pages) else { return }
    let value = entry(source, pages)
    if value == .none { return }
    guard value.isPresent else {
      guard (try? store.swap.addUser(value.slot)) != nil else {
        throw .process(.corruptedPageTable(parent, UserAddress(rawValue: page << 12)))
      }
      setEntry(target, value, pages)
      records[child.rawValue]!.swapped += 1
      return
    }
    guard isUsersFrame(value.frame, pages) else {
      throw .process(.corruptedPageTable(parent, UserAddress(rawValue: page << 12)))
    }
    let shared = PageTableEntry(rawValue: value.rawValue & ~PageTableEntry.writable)
    setEntry(source, shared, pages)
    setEntry(target, shared, pages)
    if value.frame == zeroFrame {
      zeroMappings += 1
    } else {
      addMapping(value.frame, pages)
      addResident(1, child)
    }
  }

  // MARK: For reclaim

  /// The entries that point to a frame, and whose they are.
  private func mappings(
    of frame: PageFrameNumber, _ pages: borrowing PageAllocator
  ) -> [(process: ProcessNumber, place: Int)] {
    var found: [(process: ProcessNumber, place: Int)] = []
    let record = pages.frames[frame]
    guard record.owner.kind == .anonymous, let family = families[record.owner.number] else {
      return []
    }
    for process in family {
      if found.count == Int(record.mapCount) { break }
      let number = ProcessNumber(rawValue: process)
      guard let place = findEntry(number, record.index, pages) else { continue }
      let value = entry(place, pages)
      if value.isPresent, value.frame == frame { found.append((number, place)) }
    }
    return found
  }

  /// Whether any entry of a frame was used since it was last asked; forgets it (page_referenced).
  func testAndClearReferenced(
    _ frame: PageFrameNumber, _ pages: borrowing PageAllocator
  ) -> Bool {
    var wasReferenced = false
    for (_, place) in mappings(of: frame, pages) {
      let value = entry(place, pages).rawValue
      if value & PageTableEntry.accessed != 0 { wasReferenced = true }
      setEntry(place, PageTableEntry(rawValue: value & ~PageTableEntry.accessed), pages)
    }
    return wasReferenced
  }

  /// Takes a frame out of all page tables, which afterwards have the slot in its place (try_to_unmap).
  ///
  /// - Returns: false where not every entry is known; then nothing has changed.
  mutating func unmap(
    _ frame: PageFrameNumber, leaving slot: SwapSlot, _ pages: borrowing PageAllocator,
    _ store: borrowing SwapAndCache
  ) -> Bool {
    let mappings = mappings(of: frame, pages)
    guard !mappings.isEmpty, mappings.count == Int(pages.frames[frame].mapCount) else {
      return false
    }
    for (number, place) in mappings {
      guard (try? store.swap.addUser(slot)) != nil else { return false }
      setEntry(place, PageTableEntry(slot), pages)
      pages.frames[frame].mapCount -= 1
      addResident(-1, number)
      records[number.rawValue]!.swapped += 1
    }
    pages.frames[frame].flags.remove(.shared)
    return true
  }
}
