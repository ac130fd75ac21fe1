// SPDX-License-Identifier: MIT

// What must hold of processes, their page tables, frames and slots.

extension Machine {
  func checkProcesses(_ broken: inout [String]) {
    var mappings: [PageFrameNumber: Int] = [:]
    var slots: [UInt32: Int] = [:]
    var zero = 0
    var tables = 0
    var promised = 0
    var alive = 0
    for case let process? in processes.records {
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
      if processes.families[process.family]?.contains(process.number.rawValue) != true {
        broken.append("\(name): not in its family")
      }
      var seen = Seen()
      check(process, process.root, pageTableLevels - 1, 0, &seen, &broken)
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
    if alive != processes.count { broken.append("\(alive) processes, says \(processes.count)") }
    if zero != processes.zeroMappings {
      broken.append("\(zero) mappings of the zero page, says \(processes.zeroMappings)")
    }
    if promised != committedFrames {
      broken.append("\(promised) pages promised, says \(committedFrames)")
    }
    if tables != count(.pageTables) {
      broken.append("\(tables) page tables, says \(count(.pageTables))")
    }
    checkMappings(mappings, slots, &broken)
  }

  private struct Seen {
    var resident: [PageFrameNumber] = []
    var slots: [UInt32] = []
    var zero = 0
    var tables = 0
  }

  private func check(
    _ process: Process, _ table: PageFrameNumber, _ level: Int, _ first: UInt64,
    _ seen: inout Seen, _ broken: inout [String]
  ) {
    var used = 0
    for index in 0..<512 {
      let value = entry(table.index << 12 + index << 3)
      if value == .none { continue }
      used += 1
      let page = first + UInt64(index) << UInt64(9 * level)
      if level > 0 {
        guard value.isPresent, value.frame.index < plan.directFrames,
          frames[value.frame].flags.isSuperset(of: [.table, .allocated])
        else {
          broken.append("process \(process.number): a page table entry points to no table")
          continue
        }
        seen.tables += 1
        check(process, value.frame, level - 1, page, &seen, &broken)
        continue
      }
      if !hasPage(page, process.number) {
        broken.append("process \(process.number): page \(page) is mapped, and in no area")
      }
      if !value.isPresent {
        seen.slots.append(value.slot.rawValue)
      } else if value.frame == processes.zeroFrame {
        seen.zero += 1
        if value.isWritable { broken.append("process \(process.number): zero page writable") }
      } else if !isUsersFrame(value.frame) {
        broken.append("process \(process.number): page \(page) points to frame \(value.frame)")
      } else {
        seen.resident.append(value.frame)
        if value.isWritable, frames[value.frame].mapCount > 1 {
          broken.append("process \(process.number): frame \(value.frame) is shared and writable")
        }
        if frames[value.frame].index != page
          || frames[value.frame].owner != FrameOwner(.anonymous, number: process.family)
        {
          broken.append("process \(process.number): frame \(value.frame) is not page \(page)")
        }
      }
    }
    if UInt64(used) != frames[table].privateData {
      broken.append("frame \(table): \(used) entries, says \(frames[table].privateData)")
    }
  }

  /// Map counts and users of slots equal what the tables hold.
  private func checkMappings(
    _ mappings: [PageFrameNumber: Int], _ slots: [UInt32: Int], _ broken: inout [String]
  ) {
    for (frame, count) in mappings where Int(frames[frame].mapCount) != count {
      broken.append("frame \(frame): \(count) mappings, says \(frames[frame].mapCount)")
    }
    // The other way round: anonymous frames that reclaim knows and nobody maps. Somebody else may keep
    // page tables for frames of families that are not ours.
    for node in 0..<nodeCount {
      for list in [ReclaimList.inactiveAnonymous, .activeAnonymous] {
        for frame in reclaim.nodes[node].lists[list.rawValue].elements(frames)
        where Int(frames[frame].mapCount) != mappings[frame] ?? 0
          && processes.families[frames[frame].owner.number] != nil
        {
          broken.append(
            "frame \(frame): \(mappings[frame] ?? 0) mappings, says \(frames[frame].mapCount)")
        }
      }
    }
    for slot in reclaim.swap.used {
      let users = Int(reclaim.swap.records[Int(slot.rawValue)].users)
      let counted = slots[slot.rawValue] ?? 0
      if users < counted || users > counted && processes.count > 0 {
        broken.append(
          "swap slot \(slot.rawValue): \(counted) users, says \(users)")
      }
    }
  }
}
