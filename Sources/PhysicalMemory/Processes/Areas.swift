// SPDX-License-Identifier: MIT

// Which addresses a process has.
//
//     0 │ 64 KiB never │ … free … │ area │ free │ area │ ◀── new areas, from here down │ stack … │ end
//
// Areas that touch become one, and one that is unmapped in its middle becomes two.
//
// Complexity: O(areas), found by first fit from above; most processes have one.
//
// Source: vm_unmapped_area() and do_vmi_munmap() of mm/mmap.c; __vm_enough_memory() of mm/util.c,
// Linux 6.12.

internal import Pages

extension AddressSpaces {
  /// Frames that may be promised under mode 2, by ``OvercommitPolicy/ratio``.
  func commitLimit(_ pages: borrowing PageAllocator, _ store: borrowing SwapAndCache) -> Int {
    pages.managedFrames * overcommit.ratio / 100 + store.swap.slots
  }

  /// Throws where a process may not be promised more.
  func checkCommit(
    _ count: Int, for process: Process, _ pages: borrowing PageAllocator,
    _ store: borrowing SwapAndCache
  ) throws(MachineError) {
    let total = pages.managedFrames
    let isAllowed: Bool
    switch overcommit.mode {
    case .always:
      isAllowed = true
    case .heuristic:
      isAllowed = count <= total + store.swap.slots
    case .never:
      // What the kernel keeps for root (8 MiB), and for the user (128 MiB), each 1/32 at most.
      let admin = min(total / 32, 2048)
      let user = min(process.reserved / 32, min(total / 32, 32768))
      isAllowed = committedFrames + count <= commitLimit(pages, store) - admin - user
    }
    guard isAllowed else {
      throw .process(.overcommit(ByteCount.kibibytes(count * 4), mode: overcommit.mode))
    }
  }

  /// Promises a process `size` bytes that read as zero and cost nothing until they are touched.
  mutating func tamalloc(
    _ size: ByteCount, in number: ProcessNumber, _ pages: borrowing PageAllocator,
    _ store: borrowing SwapAndCache
  ) throws(MachineError) -> UserAddress {
    let process = try process(number)
    guard size > 0 else { throw .process(.invalidSize(size)) }
    guard let rounded = size.roundedUp(toMultipleOf: PageFrameNumber.size) else {
      throw .process(.noAddressSpace(size))
    }
    let count = UInt64(rounded.rawValue >> PageFrameNumber.shift)
    var top = userPages.upperBound
    var place = process.areas.count
    while place > 0, top - process.areas[place - 1].upperBound < count {
      top = process.areas[place - 1].lowerBound
      place -= 1
    }
    let bottom = place > 0 ? process.areas[place - 1].upperBound : userPages.lowerBound
    guard top >= bottom, top - bottom >= count else {
      throw .process(.noAddressSpace(rounded))
    }
    try checkCommit(Int(count), for: process, pages, store)
    insert((top - count)..<top, at: place, of: number)
    return UserAddress(rawValue: (top - count) << 12)
  }

  private mutating func insert(_ given: Range<UInt64>, at place: Int, of number: ProcessNumber) {
    var area = given
    var replaced = place..<place
    let areas = records[number.rawValue]!.areas
    if place < areas.count, areas[place].lowerBound == area.upperBound {
      area = area.lowerBound..<areas[place].upperBound
      replaced = place..<(place + 1)
    }
    if place > 0, areas[place - 1].upperBound == area.lowerBound {
      area = areas[place - 1].lowerBound..<area.upperBound
      replaced = (place - 1)..<replaced.upperBound
    }
    records[number.rawValue]!.areas.replaceSubrange(replaced, with: [area])
    addReserved(given.count, to: number)
  }

  private mutating func addReserved(_ count: Int, to number: ProcessNumber) {
    records[number.rawValue]!.reserved += count
    let reserved = records[number.rawValue]!.reserved
    assert(reserved >= 0, "process \(number): less than nothing is promised")
    if reserved > records[number.rawValue]!.peakReserved {
      records[number.rawValue]!.peakReserved = reserved
    }
    committedFrames += count
  }

  /// Takes addresses away from a process, and what was there; parts that it does not have are skipped.
  mutating func munmap(
    _ address: UserAddress, _ size: ByteCount, in number: ProcessNumber,
    _ pages: inout PageAllocator, _ store: inout SwapAndCache
  ) throws(MachineError) {
    let process = try process(number)
    guard size > 0 else { throw .process(.invalidSize(size)) }
    guard address.rawValue & 4095 == 0 else { throw .process(.unalignedAddress(address)) }
    let first = address.rawValue >> 12
    let end = first + (UInt64(size.rawValue) + 4095) >> 12
    let gone = first..<end
    var kept: [Range<UInt64>] = []
    for area in process.areas {
      let part = area.clamped(to: gone)
      if part.isEmpty {
        kept.append(area)
        continue
      }
      if area.lowerBound < part.lowerBound { kept.append(area.lowerBound..<part.lowerBound) }
      if part.upperBound < area.upperBound { kept.append(part.upperBound..<area.upperBound) }
      unmapPages(number, part, &pages, &store)
      addReserved(-part.count, to: number)
    }
    records[number.rawValue]!.areas = kept
  }

  /// Whether a page is a process's.
  func hasPage(_ page: UInt64, _ number: ProcessNumber) -> Bool {
    let areas = records[number.rawValue]!.areas
    var low = 0
    var high = areas.count
    while low < high {
      let middle = (low + high) / 2
      if areas[middle].upperBound > page { high = middle } else { low = middle + 1 }
    }
    return low < areas.count && areas[low].contains(page)
  }
}
