// SPDX-License-Identifier: MIT

// Which entries point to which frames, and back again for reclaim.
//
// A frame's owner is a family, its index a page number: the entries that can point to it are those of
// that page in the family's processes, and are all looked at.
//
// Source: mm/rmap.c (try_to_unmap, folio_referenced), Linux 6.12.

internal import Pages

extension Machine {
  mutating func addResident(_ change: Int, _ number: ProcessNumber) {
    processes.records[number.rawValue]!.resident += change
    let resident = processes.records[number.rawValue]!.resident
    if resident > processes.records[number.rawValue]!.peakResident {
      processes.records[number.rawValue]!.peakResident = resident
    }
  }

  /// One entry more points to a frame.
  func addMapping(_ frame: PageFrameNumber) {
    frames[frame].mapCount += 1
    if frames[frame].mapCount > 1 { frames[frame].flags.formUnion(.shared) }
  }

  /// One entry less points to a frame; with the last one it is freed, unless swap entries name its slot.
  mutating func dropMapping(_ frame: PageFrameNumber) {
    frames[frame].mapCount -= 1
    if frames[frame].mapCount == 1 { frames[frame].flags.remove(.shared) }
    if frames[frame].mapCount == 0, !isSlotShared(frame) { freeAnonymous(frame) }
  }

  /// Whether swap entries name the slot of a frame.
  func isSlotShared(_ frame: PageFrameNumber) -> Bool {
    guard frames[frame].flags.contains(.swapCache) else { return false }
    let slot = SwapSlot(rawValue: UInt32(truncatingIfNeeded: frames[frame].privateData))
    return ((try? users(of: slot)) ?? 0) > 0
  }

  /// One entry less names a slot. With the last one its cache is freed, if nobody maps that.
  mutating func releaseSlot(_ slot: SwapSlot) {
    guard (try? users(of: slot)) != nil else { return }
    let cache = reclaim.swap.records[Int(slot.rawValue)].framePlusOne
    try? removeUser(slot)
    guard cache != 0 else { return }
    let frame = PageFrameNumber(rawValue: cache - 1)
    let flags = frames[frame].flags
    if flags.isSuperset(of: [.allocated, .swapBacked]), !flags.contains(.swapCache),
      frames[frame].mapCount == 0, frames[frame].owner.kind == .anonymous
    {
      freeAnonymous(frame)
    }
  }

  /// Has a child have the page that its parent has.
  mutating func share(
    _ page: UInt64, from parent: ProcessNumber, with child: ProcessNumber
  ) throws(MachineError) {
    let target = try makeEntry(child, page)
    guard isAlive(parent) else { throw gone(parent) }
    guard isAlive(child) else { throw gone(child) }
    guard let source = findEntry(parent, page) else { return }
    let value = entry(source)
    if value == .none { return }
    guard value.isPresent else {
      guard (try? addUser(value.slot)) != nil else {
        throw .process(.corruptedPageTable(parent, UserAddress(rawValue: page << 12)))
      }
      setEntry(target, value)
      processes.records[child.rawValue]!.swapped += 1
      return
    }
    guard isUsersFrame(value.frame) else {
      throw .process(.corruptedPageTable(parent, UserAddress(rawValue: page << 12)))
    }
    let shared = PageTableEntry(rawValue: value.rawValue & ~PageTableEntry.writable)
    setEntry(source, shared)
    setEntry(target, shared)
    if value.frame == processes.zeroFrame {
      processes.zeroMappings += 1
    } else {
      addMapping(value.frame)
      addResident(1, child)
    }
  }

  /// Takes pages out of a process's tables, and frees tables that have none left.
  mutating func unmapPages(_ number: ProcessNumber, _ pages: Range<UInt64>) {
    visitEntries(number, pages, freesTables: true) { machine, place, _ in
      let value = machine.entry(place)
      machine.setEntry(place, .none)
      if !value.isPresent {
        machine.processes.records[number.rawValue]!.swapped -= 1
        machine.releaseSlot(value.slot)
      } else if value.frame == machine.processes.zeroFrame {
        machine.processes.zeroMappings -= 1
      } else if machine.isUsersFrame(value.frame) {
        machine.addResident(-1, number)
        machine.dropMapping(value.frame)
      }
    }
  }

  // MARK: For reclaim

  /// The entries that point to a frame, and whose they are.
  func mappings(of frame: PageFrameNumber) -> [(process: ProcessNumber, place: Int)] {
    var found: [(process: ProcessNumber, place: Int)] = []
    let owner = frames[frame].owner
    guard owner.kind == .anonymous, let family = processes.families[owner.number] else {
      return []
    }
    for process in family {
      if found.count == Int(frames[frame].mapCount) { break }
      let number = ProcessNumber(rawValue: process)
      guard let place = findEntry(number, frames[frame].index) else { continue }
      let value = entry(place)
      if value.isPresent, value.frame == frame { found.append((number, place)) }
    }
    return found
  }

  /// Has the shrinker of slab caches, page tables and the end of the worst process known to reclaim.
  mutating func registerUpperHalf() {
    _ = register(
      Shrinker(
        name: "slab", count: { $0.slabs.emptyObjects },
        scan: { machine, _, _ in machine.reapSlabCaches() }))
    pageTables = PageTableOwner(
      testAndClearReferenced: { machine, frame in
        var wasReferenced = false
        for (_, place) in machine.mappings(of: frame) {
          let value = machine.entry(place).rawValue
          if value & PageTableEntry.accessed != 0 { wasReferenced = true }
          machine.setEntry(place, PageTableEntry(rawValue: value & ~PageTableEntry.accessed))
        }
        return wasReferenced
      },
      unmap: { machine, frame, slot in
        guard let slot else { return false }
        let mappings = machine.mappings(of: frame)
        guard !mappings.isEmpty, mappings.count == Int(machine.frames[frame].mapCount) else {
          return false
        }
        for (number, place) in mappings {
          guard (try? machine.addUser(slot)) != nil else { return false }
          machine.setEntry(place, PageTableEntry(slot))
          machine.frames[frame].mapCount -= 1
          machine.addResident(-1, number)
          machine.processes.records[number.rawValue]!.swapped += 1
        }
        machine.frames[frame].flags.remove(.shared)
        return true
      })
    outOfMemoryHandler = { machine, _ in machine.endWorst() }
  }
}
