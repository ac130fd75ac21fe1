// SPDX-License-Identifier: MIT

// Reset in place: all bytes read as the fill again, and pages that will be written again stay
// committed, for to clear a page costs a tenth of what it costs to give it back and fault it in again.
//
//     page            is there more to keep?      what is done
//     untouched       –                           nothing: the scan does not even report it
//     read-shared     –                           nothing: it shows the fill
//     committed       yes                         overwritten with the fill; stays committed
//                     no                          given back, with everything behind it
//     swapped         –                           given back: to overwrite it would read it in first
//
// The page tables say which state a page is in (Reservation+Runs.swift). "Present" alone would not do:
// a dirty page in swap is not, and would come back with its old bytes. Where the tables can't be read
// everything is given back, which is right on every kernel.

package import Pages
internal import System

extension Reservation {
  /// Makes every byte read as the fill again; up to `limit` bytes stay committed, the first ones.
  ///
  /// - Parameter pagemap: the page tables of this process, or nil where they can't be read.
  package func reset(keepingResident limit: ByteCount, pagemap: Int32?) throws(AllocationError) {
    guard let pagemap, limit > 0 else { return try discard(0..<size) }
    var refill = Refill(of: self)
    defer { refill.close() }
    var kept: ByteCount = 0
    // Everything from here on has still to be given back.
    var rest = size
    var failure: AllocationError?
    do throws(SystemCallFailure) {
      try forEachRun(of: 0..<size, pagemap: pagemap) { run in
        do throws(AllocationError) {
          if run.isSwapped {
            try discard(run.range)
            return true
          }
          let length = min(limit - kept, run.range.upperBound - run.range.lowerBound)
          let part = Syscalls.pageSize.roundingDown(length)
          let end = run.range.lowerBound + part
          if part > 0 { try refill.overwrite(run.range.lowerBound..<end) }
          kept += part
          if end < run.range.upperBound { rest = end }
        } catch {
          failure = error
        }
        return failure == nil && rest == size
      }
    } catch {
      return try discard(0..<size)
    }
    if let failure { throw failure }
    if rest < size { try discard(rest..<size) }
  }
}

/// Writes a reservation's fill over whole pages of it.
private struct Refill {
  private let reservation: Reservation
  /// The beginning of the tile, mapped at the first use: whole periods of the pattern.
  private var source: VirtualAddress?

  init(of reservation: Reservation) {
    self.reservation = reservation
  }

  /// - Precondition: the range is whole pages inside the reservation.
  mutating func overwrite(_ range: Range<ByteCount>) throws(AllocationError) {
    // SAFETY: the range lies inside the reservation, which is mapped.
    let bytes = unsafe UnsafeMutableRawBufferPointer(
      start: (reservation.start + range.lowerBound).pointer,
      count: (range.upperBound - range.lowerBound).rawValue)
    switch reservation.backing {
    case .anonymous(let fill):
      unsafe Syscalls.fill(bytes, with: fill)
    case .tiles(let tile, let layout):
      // Every piece begins at a multiple of the period, and shows the tile from its beginning.
      let period = min(layout.first, tile.length)
      let phase = ByteCount(range.lowerBound.rawValue % period.rawValue)
      unsafe Syscalls.repeat(
        try map(tile, period), period: period, phase: phase, over: bytes)
    }
  }

  private mutating func map(
    _ tile: PatternTile, _ size: ByteCount
  ) throws(AllocationError) -> VirtualAddress {
    if let source { return source }
    do throws(SystemCallFailure) {
      let mapped = try Syscalls.mapForReading(tile.descriptor, size: size)
      source = mapped
      return mapped
    } catch {
      throw .systemCall(error.call, errorNumber: error.number)
    }
  }

  func close() {
    guard let source, case .tiles(let tile, let layout) = reservation.backing else { return }
    Syscalls.unmapOwn(source, size: min(layout.first, tile.length))
  }
}
