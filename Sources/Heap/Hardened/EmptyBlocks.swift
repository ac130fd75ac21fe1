// SPDX-License-Identifier: MIT

// The hardened mode's blocks of no bytes: addresses that can't be accessed. malloc(0) owes an address that no other
// block has and that free takes; whoever reads or writes there ends with SIGSEGV.
//
//     ├ page ┤▢▢▢▢▢▢▢▢▢▢▢▢▢▢ … ▢▢▢▢▢▢▢▢▢▢├ page ┤ states ┤         a region: all but the states is inaccessible
//             └ a unit of 16 bytes            a byte for each unit: vacant, live or freed
//
// Units are issued in turn, so that an address comes again only after all others of its region. A region counts as
// full when half of it is live: so the search for the next vacant unit is short on average. The next region is twice
// as large; where none can be mapped, malloc(0) is a block of one byte, of which none is asked for.
//
// Invariants: `live` is the number of units whose state is live, and at most half of them; the cursor is in the region.

internal import Pages
internal import System

@safe struct EmptyBlocks: ~Copyable {
  private struct Region {
    /// The first unit's address.
    var start: UInt
    var units: Int
    /// Where the first unit's state is.
    var states: UInt
    var cursor: Int
    var live: Int
  }

  private enum State {
    static let live: UInt8 = 1
    static let freed: UInt8 = 2
  }

  private static let unit = 16
  private static let firstUnits = 1 << 16
  private static let mostRegions = 12
  /// Bytes that the regions' records take.
  static let size = mostRegions * MemoryLayout<Region>.stride

  private let regions: UnsafeMutablePointer<Region>
  private var count = 0

  /// - Precondition: `size` zeroed bytes are there, and stay.
  init(start: UInt) {
    // SAFETY: the bytes are this structure's alone, and no record is read before it is written.
    unsafe regions = UnsafeMutablePointer(bitPattern: start).unsafelyUnwrapped
  }

  /// An address that is no other block's, at a multiple of `alignment`; 0 where there is none.
  mutating func allocate(alignment: Int, _ held: borrowing Held) -> UInt {
    guard alignment <= Heap.pageSize else { return 0 }
    var index = count
    while index > 0 {
      index &-= 1
      let block = issue(from: index, step: max(alignment / Self.unit, 1))
      if block != 0 { return block }
    }
    return addRegion() ? issue(from: count &- 1, step: max(alignment / Self.unit, 1)) : 0
  }

  /// What an address is; nil where it lies in no region.
  func verdict(_ block: UInt, _ held: borrowing Held) -> Hardened.Verdict? {
    guard let index = region(of: block) else { return nil }
    let offset = unsafe block &- regions[index].start
    let state = unsafe states(index)[Int(offset) / Self.unit]
    if offset % UInt(Self.unit) != 0 {
      let start = VirtualAddress(rawValue: block &- offset % UInt(Self.unit))
      return .wrong(state == State.live ? .inside(start: start, length: 0) : .unknown)
    }
    switch state {
    case State.live: return .live(0)
    case State.freed: return .wrong(.freed)
    default: return .wrong(.unknown)
    }
  }

  /// Takes a block back if it is one of these and live; returns what it was.
  mutating func release(_ block: UInt, _ held: borrowing Held) -> Hardened.Verdict? {
    let verdict = verdict(block, held)
    guard case .live = verdict, let index = region(of: block) else { return verdict }
    let unit = unsafe Int(block &- regions[index].start) / Self.unit
    unsafe states(index)[unit] = State.freed
    unsafe regions[index].live &-= 1
    return verdict
  }

  private func region(of block: UInt) -> Int? {
    for index in 0..<count {
      let region = unsafe regions[index]
      if block &- region.start < UInt(region.units &* Self.unit) { return index }
    }
    return nil
  }

  private func states(_ index: Int) -> UnsafeMutablePointer<UInt8> {
    // SAFETY: a region's states are mapped as long as the process lives.
    unsafe UnsafeMutablePointer(bitPattern: regions[index].states).unsafelyUnwrapped
  }

  /// The next vacant unit whose number is a multiple of `step`; 0 where there is none.
  private mutating func issue(from index: Int, step: Int) -> UInt {
    let region = unsafe regions[index]
    guard region.live < region.units / 2 else { return 0 }
    var unit = (region.cursor &+ step &- 1) & ~(step &- 1)
    for _ in 0..<region.units / step {
      if unit >= region.units { unit = 0 }
      if unsafe states(index)[unit] != State.live {
        unsafe states(index)[unit] = State.live
        unsafe regions[index].live &+= 1
        unsafe regions[index].cursor = unit &+ 1 == region.units ? 0 : unit &+ 1
        return region.start &+ UInt(unit &* Self.unit)
      }
      unit &+= step
    }
    return 0
  }

  private mutating func addRegion() -> Bool {
    guard count < Self.mostRegions else { return false }
    let before = Syscalls.errorNumber
    defer { Syscalls.errorNumber = before }
    let units = Self.firstUnits << count
    let page = Heap.pageSize
    let front = page &+ units &* Self.unit &+ page
    let whole = ByteCount(front &+ units)
    guard let place = try? Syscalls.mapNothing(size: whole) else { return false }
    let states = place + ByteCount(front)
    guard Syscalls.makeAccessible(states, size: ByteCount(units)) else {
      Syscalls.unmapOwn(place, size: whole)
      return false
    }
    unsafe (regions + count).initialize(
      to: Region(
        start: place.rawValue &+ UInt(page), units: units, states: states.rawValue, cursor: 0,
        live: 0))
    count &+= 1
    return true
  }

  /// Hands on each rule that is broken.
  func findFaults(_ held: borrowing Held, _ report: Heap.Fault) {
    for index in 0..<count {
      let region = unsafe regions[index]
      var live = 0
      for unit in 0..<region.units where unsafe states(index)[unit] == State.live { live &+= 1 }
      if live != region.live || live > region.units / 2 {
        report("a region of empty blocks counts its live ones wrongly", region.start)
      }
      if region.cursor < 0 || region.cursor >= region.units {
        report("a region of empty blocks has lost its cursor", region.start)
      }
    }
  }
}
