// SPDX-License-Identifier: MIT

// What must hold of processes, their page tables, frames and slots.

extension AddressSpaces {
  /// Checks processes against page tables, frames and slots.
  ///
  /// - Returns: what does not hold, and where; nothing where all is well.
  func checkInvariants(
    _ pages: borrowing PageAllocator, _ store: borrowing SwapAndCache
  ) -> [String] {
    var broken: [String] = []
    var mappings: [PageFrameNumber: Int] = [:]
    var slots: [UInt32: Int] = [:]
    var zero = 0
    var tables = 0
    var promised = 0
    var alive = 0
    for case let process? in records {
      let name = "process \(process.number)"
      alive += 1
      promised += process.reserved
      tables += process.pageTables
      if process.areas.reduce(0, { $0 + $1.count }) != process.reserved {
        broken.append("\(name): areas of other than \(process.reserved) pages")
      }
      for (area, next) in zip(process.areas, process.areas.dropFirst())
      where area.upperBound >= next.lowerBound {
        broken.append("\(name): areas \(area) and \(next) touch")
      }
      if process.areas.contains(where: \.isEmpty) { broken.append("\(name): an empty area") }
      if families[process.family]?.contains(process.number.rawValue) != true {
        broken.append("\(name): not in its family")
      }
      var seen = Seen()
      check(process, process.root, pageTableLevels - 1, 0, pages, &seen, &broken)
      if seen.resident.count != process.resident || seen.slots.count != process.swapped
        || seen.tables != process.pageTables
      {
        broken.append(
          "\(name): \(seen.resident.count) resident, \(seen.slots.count) swapped, \(seen.tables) tables; says \(process.resident), \(process.swapped), \(process.pageTables)"
        )
      }
      zero += seen.zero
      for frame in seen.resident { mappings[frame, default: 0] += 1 }
      for slot in seen.slots { slots[slot, default: 0] += 1 }
    }
    if alive != count { broken.append("\(alive) processes, says \(count)") }
    if zero != zeroMappings {
      broken.append("\(zero) mappings of the zero page, says \(zeroMappings)")
    }
    if promised != committedFrames {
      broken.append("\(promised) pages promised, says \(committedFrames)")
    }
    if tables != pages.count(.pageTables) {
      broken.append("\(tables) page tables, says \(pages.count(.pageTables))")
    }
    checkMappings(mappings, slots, pages, store, &broken)
    return broken
  }

  private struct Seen {
    var resident: [PageFrameNumber] = []
    var slots: [UInt32] = []
    var zero = 0
    var tables = 0
  }

  private func check(
    _ process: Process, _ table: PageFrameNumber, _ level: Int, _ first: UInt64,
    _ pages: borrowing PageAllocator, _ seen: inout Seen, _ broken: inout [String]
  ) {
    var used = 0
    for index in 0..<512 {
      let value = entry(table.index << 12 + index << 3, pages)
      if value == .none { continue }
      used += 1
      let page = first + UInt64(index) << UInt64(9 * level)
      if level > 0 {
        guard let next = self.table(value, pages) else {
          broken.append("process \(process.number): a page table entry points to no table")
          continue
        }
        seen.tables += 1
        check(process, next, level - 1, page, pages, &seen, &broken)
        continue
      }
      if !hasPage(page, process.number) {
        broken.append("process \(process.number): page \(page) is mapped, and in no area")
      }
      if !value.isPresent {
        seen.slots.append(value.slot.rawValue)
      } else if value.frame == zeroFrame {
        seen.zero += 1
        if value.isWritable { broken.append("process \(process.number): zero page writable") }
      } else if !isUsersFrame(value.frame, pages) {
        broken.append("process \(process.number): page \(page) points to frame \(value.frame)")
      } else {
        seen.resident.append(value.frame)
        if value.isWritable, pages.frames[value.frame].mapCount > 1 {
          broken.append("process \(process.number): frame \(value.frame) is shared and writable")
        }
        if pages.frames[value.frame].index != page
          || pages.frames[value.frame].owner != FrameOwner(.anonymous, number: process.family)
        {
          broken.append("process \(process.number): frame \(value.frame) is not page \(page)")
        }
      }
    }
    if UInt64(used) != pages.frames[table].privateData {
      broken.append("frame \(table): \(used) entries, says \(pages.frames[table].privateData)")
    }
  }

  /// Map counts and users of slots equal what the tables hold.
  private func checkMappings(
    _ mappings: [PageFrameNumber: Int], _ slots: [UInt32: Int],
    _ pages: borrowing PageAllocator, _ store: borrowing SwapAndCache, _ broken: inout [String]
  ) {
    for (frame, count) in mappings where Int(pages.frames[frame].mapCount) != count {
      broken.append("frame \(frame): \(count) mappings, says \(pages.frames[frame].mapCount)")
    }
    // The other way round: anonymous frames that reclaim knows and nobody maps. Somebody else may keep
    // page tables for frames of families that are not ours.
    for node in 0..<pages.nodeCount {
      for list in [ReclaimList.inactiveAnonymous, .activeAnonymous] {
        for frame in store.lists[node][list].elements(pages.frames)
        where Int(pages.frames[frame].mapCount) != mappings[frame] ?? 0
          && families[pages.frames[frame].owner.number] != nil
        {
          broken.append(
            "frame \(frame): \(mappings[frame] ?? 0) mappings, says \(pages.frames[frame].mapCount)"
          )
        }
      }
    }
    for slot in store.swap.used {
      let users = (try? store.swap.users(of: slot)) ?? 0
      let counted = slots[slot.rawValue] ?? 0
      if users < counted || users > counted && count > 0 {
        broken.append(
          "swap slot \(slot.rawValue): \(counted) users, says \(users)")
      }
    }
  }
}
