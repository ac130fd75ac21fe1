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

public import Pages

/// vm.overcommit_memory.
public enum OvercommitMode: Int, Sendable, Hashable, CaseIterable {
  /// 0: no single promise above all RAM and swap.
  case heuristic = 0
  /// 1: anything is promised.
  case always = 1
  /// 2: no more than swap and a share of RAM are promised altogether.
  case never = 2
}

/// How much is promised.
public struct OvercommitPolicy: Sendable, Hashable {
  /// Which of the three rules holds (vm.overcommit_memory).
  public var mode = OvercommitMode.heuristic
  /// The share of RAM for mode 2 in percent (vm.overcommit_ratio).
  public var ratio = 50

  /// A rule, and its ratio in percent, which is kept from 0 to 1,000,000.
  public init(mode: OvercommitMode = .heuristic, ratio: Int = 50) {
    self.mode = mode
    self.ratio = max(0, min(ratio, 1_000_000))
  }
}

extension Machine {
  /// How much is promised to processes.
  public var overcommit: OvercommitPolicy {
    get { processes.overcommit }
    set { processes.overcommit = newValue }
  }

  /// Frames that the buddy systems were given (totalram_pages).
  var totalFrames: Int { (0..<zones.count).reduce(0) { $0 + zones[$1].managed } }

  func checkCommit(_ pages: Int, for process: Process) throws(MachineError) {
    let isAllowed: Bool
    switch processes.overcommit.mode {
    case .always:
      isAllowed = true
    case .heuristic:
      isAllowed = pages <= totalFrames + swapSlots.all
    case .never:
      // What the kernel keeps for root (8 MiB), and for the user (128 MiB), each 1/32 at most.
      let admin = min(totalFrames / 32, 2048)
      let user = min(process.reserved / 32, min(totalFrames / 32, 32768))
      isAllowed = committedFrames + pages <= commitLimit - admin - user
    }
    guard isAllowed else {
      throw .process(
        .overcommit(ByteCount.kibibytes(pages * 4), mode: processes.overcommit.mode))
    }
  }

  /// Pages that areas may lie in: the first is the 16th.
  var userPages: Range<UInt64> {
    switch layout.architecture {
    case .i386: 16..<(0xB7FF_F000 >> 12)
    case .x86_64: 16..<(0x7FFF_F7FF_F000 >> 12)
    }
  }

  /// Promises a process `size` bytes that read as zero and cost nothing until they are touched.
  ///
  /// - Returns: the first address, at the beginning of a page.
  /// - Throws: ``ProcessError``.
  /// - Complexity: O(areas).
  public mutating func tamalloc(
    _ size: ByteCount, in number: ProcessNumber
  ) throws(MachineError) -> UserAddress {
    let process = try process(number)
    guard size > 0 else { throw .process(.invalidSize(size)) }
    guard let rounded = size.roundedUp(toMultipleOf: PageFrameNumber.size) else {
      throw .process(.noAddressSpace(size))
    }
    let pages = UInt64(rounded.rawValue >> PageFrameNumber.shift)
    var top = userPages.upperBound
    var place = process.areas.count
    while place > 0, top - process.areas[place - 1].upperBound < pages {
      top = process.areas[place - 1].lowerBound
      place -= 1
    }
    let bottom = place > 0 ? process.areas[place - 1].upperBound : userPages.lowerBound
    guard top >= bottom, top - bottom >= pages else {
      throw .process(.noAddressSpace(rounded))
    }
    try checkCommit(Int(pages), for: process)
    insert((top - pages)..<top, at: place, of: number)
    return UserAddress(rawValue: (top - pages) << 12)
  }

  private mutating func insert(_ given: Range<UInt64>, at place: Int, of number: ProcessNumber) {
    var area = given
    var replaced = place..<place
    let areas = processes.records[number.rawValue]!.areas
    if place < areas.count, areas[place].lowerBound == area.upperBound {
      area = area.lowerBound..<areas[place].upperBound
      replaced = place..<(place + 1)
    }
    if place > 0, areas[place - 1].upperBound == area.lowerBound {
      area = areas[place - 1].lowerBound..<area.upperBound
      replaced = (place - 1)..<replaced.upperBound
    }
    processes.records[number.rawValue]!.areas.replaceSubrange(replaced, with: [area])
    addReserved(given.count, to: number)
  }

  private mutating func addReserved(_ pages: Int, to number: ProcessNumber) {
    processes.records[number.rawValue]!.reserved += pages
    let reserved = processes.records[number.rawValue]!.reserved
    if reserved > processes.records[number.rawValue]!.peakReserved {
      processes.records[number.rawValue]!.peakReserved = reserved
    }
    committedFrames += pages
  }

  /// Takes addresses away from a process, and what was there; parts that it does not have are skipped.
  ///
  /// - Throws: ``ProcessError``.
  /// - Complexity: O(areas + pages touched there).
  public mutating func munmap(
    _ address: UserAddress, _ size: ByteCount, in number: ProcessNumber
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
      unmapPages(number, part)
      addReserved(-part.count, to: number)
    }
    processes.records[number.rawValue]!.areas = kept
  }

  /// Whether a page is a process's.
  func hasPage(_ page: UInt64, _ number: ProcessNumber) -> Bool {
    let areas = processes.records[number.rawValue]!.areas
    var low = 0
    var high = areas.count
    while low < high {
      let middle = (low + high) / 2
      if areas[middle].upperBound > page { high = middle } else { low = middle + 1 }
    }
    return low < areas.count && areas[low].contains(page)
  }
}
