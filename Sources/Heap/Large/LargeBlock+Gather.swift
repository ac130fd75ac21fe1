// SPDX-License-Identifier: MIT

// A block that will be touched densely, where no dirty range is long enough: pages are moved together
// from several ranges. To move a page costs 15 ns, a fault 200 to 1,400; and what is used up in pieces is
// neither kept beside the block nor given back:
//
//     ├─ dirty ─┼─ block ─┼──── dirty ────┼─ block ─┼─ dirty ─┤
//          └────────┐              │  ┌──────────────────┘
//                   ▼              ▼  ▼
//               ├─────────┬───────────────┬─────────┤  one block, cleared
//
// Each piece stays a mapping of its own, of which Linux allows 65,530 (vm.max_map_count). A process that is
// out of them can map nothing more: so pieces are few and not small, and before many more are moved the
// process's mappings are counted.

internal import Pages
internal import System

extension LargeBlock {
  /// What is not worth being moved.
  private static let smallestPiece = 512 << 10
  private static let mostPieces = 16
  /// Failures after which it is not tried again: before Linux 6.17 a piece that lies in two mappings
  /// can't be moved.
  private static let patience = 8
  /// A quarter of what Linux allows.
  private static let mostMappings = 16 << 10
  /// Pieces that are moved before the first count.
  static let firstGatherBudget = 1 << 10

  /// Zeroed pages, or nil if none could be gathered.
  static func gather(_ size: Int, _ heap: UnsafeMutablePointer<Heap>) -> UInt? {
    guard size >= smallestPiece, unsafe mayGather(heap),
      let first = unsafe takePiece(UInt(size), heap)
    else { return nil }
    let mapped = try? Syscalls.mapAnonymous(size: ByteCount(size), traits: MappingTraits())
    guard let place = mapped?.rawValue else {
      unsafe putBack(first, heap)
      return nil
    }
    var piece = first
    var filled: UInt = 0
    var pieces = 0
    while true {
      let target = VirtualAddress(rawValue: place &+ filled)
      let length = ByteCount(Int(piece.size))
      do throws(SystemCallFailure) {
        try Syscalls.remap(
          VirtualAddress(rawValue: piece.start), size: length, to: length, move: .to(target))
      } catch {
        unsafe giveUp(piece, place..<(place &+ UInt(size)), filled, heap)
        return nil
      }
      filled &+= piece.size
      pieces &+= 1
      guard pieces < mostPieces, filled < UInt(size),
        let next = unsafe takePiece(UInt(size) &- filled, heap)
      else { break }
      piece = next
    }
    Syscalls.clearBytes(place, Int(filled))
    unsafe heap.pointee.counters.count(
      row: HeapCounters.largeRow, requested: 0, usable: 0, cleared: Int(filled))
    return place
  }

  /// Whether the process's mappings allow for some more.
  private static func mayGather(_ heap: UnsafeMutablePointer<Heap>) -> Bool {
    let (isOut, hasGivenUp) = unsafe heap.guarded.withLock { shared, _ in
      (shared.large.gatherBudget < mostPieces, shared.large.gatherFailures >= patience)
    }
    if hasGivenUp { return false }
    if !isOut { return true }
    // Where they can't be counted, or are many, pieces are not moved any more.
    let budget = mostMappings - (Syscalls.mappingCount ?? mostMappings)
    return unsafe heap.guarded.withLock { shared, _ in
      if budget < firstGatherBudget {
        shared.large.gatherFailures = patience
        return false
      }
      shared.large.gatherBudget = budget
      return true
    }
  }

  private static func takePiece(_ most: UInt, _ heap: UnsafeMutablePointer<Heap>) -> FreeRange? {
    unsafe heap.guarded.withLock { shared, _ in
      guard shared.large.gatherFailures < patience else { return nil }
      let least = min(most, UInt(smallestPiece))
      let piece = shared.large.ranges.takeLargestDirty(atMost: most, atLeast: least)
      if piece != nil { shared.large.gatherBudget &-= 1 }
      return piece
    }
  }

  private static func putBack(_ range: FreeRange, _ heap: UnsafeMutablePointer<Heap>) {
    let evicted = unsafe heap.guarded.withLock { shared, _ in
      shared.large.ranges.add(range.start, range.size, isDirty: true)
    }
    unmap(evicted)
  }

  /// A piece could not be moved. Where it should have gone the kernel has unmapped what was there, and
  /// somebody may have mapped something since: that part of the place is not touched again.
  private static func giveUp(
    _ piece: FreeRange, _ place: Range<UInt>, _ filled: UInt, _ heap: UnsafeMutablePointer<Heap>
  ) {
    let hole = place.lowerBound &+ filled
    let rest = hole &+ piece.size
    if rest < place.upperBound {
      Syscalls.unmapOwn(
        VirtualAddress(rawValue: rest), size: ByteCount(Int(place.upperBound &- rest)))
    }
    unsafe putBack(piece, heap)
    if filled > 0 {
      unsafe putBack(
        FreeRange(start: place.lowerBound, size: filled, isDirty: true, isIdle: false), heap)
    }
    unsafe heap.guarded.withLock { shared, _ in shared.large.gatherFailures &+= 1 }
  }
}
