// SPDX-License-Identifier: MIT

// A pattern as C has it: bytes at an address. FillPattern would take an array of Swift's heap for them.

package import Pages
internal import System

extension Reservation {
  /// Reserves memory that reads as some bytes over and over; otherwise as
  /// ``reserve(size:alignment:fill:options:)``.
  package static func reserve(
    size: ByteCount, pattern: UnsafeRawBufferPointer
  ) throws(AllocationError) -> Reservation {
    let length = ByteCount(pattern.count)
    guard length >= 1, length <= FillPattern.maximumLength else {
      throw .invalidFillPattern(length)
    }
    if let byte = unsafe singleByte(of: pattern) {
      return try reserve(size: size, alignment: 1, fill: .byte(byte), options: [])
    }
    var reservation = Reservation(
      start: VirtualAddress(rawValue: 0), size: try wholePages(size),
      alignment: Syscalls.pageSize.bytes, options: [], backing: .anonymous(fill: 0))
    try reservation.mapTiles(patternLength: length) { tileLength throws(AllocationError) in
      try PatternTile(period: pattern.count, length: tileLength) { unsafe pattern[$0] }
    }
    return reservation
  }

  /// The byte, if all of a pattern's are the same.
  package static func singleByte(of pattern: UnsafeRawBufferPointer) -> UInt8? {
    guard let first = unsafe pattern.first else { return nil }
    for index in pattern.indices where unsafe pattern[index] != first { return nil }
    return first
  }
}
