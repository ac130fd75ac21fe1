// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Tamalloc

extension LazyMemory {
  /// The kernel's own account of this memory's mappings.
  func smaps() throws -> SmapsSummary {
    let start = withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    return try KernelView.smaps(start: start, byteCount: size.rawValue)
  }

  /// The first address.
  var address: UInt { withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }

  /// Some positions in every part of the memory, the first and the last byte among them.
  func samplePositions(_ count: Int, using generator: inout SeededGenerator) -> [Int] {
    [0, size.rawValue - 1]
      + (0..<count).map { _ in .random(in: 0..<size.rawValue, using: &generator) }
  }
}

let page = LazyMemory.pageSize.bytes.rawValue
