// SPDX-License-Identifier: MIT

public import Pages
internal import Reservations

extension LazyArray {
  /// What the pages that a range of elements lies in hold now, exactly.
  public func usage(of range: Range<Int>) throws(AllocationError) -> MemoryUsage {
    try memory.usage(of: try bytes(of: range))
  }

  /// The elements, all or those of a range, that lie in committed pages at least in part, in ascending
  /// order. All others have the initial value: for saving what is sparse.
  ///
  /// - Complexity: O(pages committed); on a kernel before 6.7 O(pages).
  public func committedRanges(
    of range: Range<Int>? = nil
  ) throws(AllocationError) -> [Range<Int>] {
    let stride = MemoryLayout<Element>.stride
    var ranges: [Range<Int>] = []
    for part in try memory.committedRanges(of: try bytes(of: range ?? indices)) {
      let first = part.lowerBound / stride
      let end = (part.upperBound + stride - 1) / stride
      // An element may lie in the end of one stretch and the beginning of the next.
      if let last = ranges.last, first <= last.upperBound {
        ranges[ranges.count - 1] = last.lowerBound..<end
      } else {
        ranges.append(first..<end)
      }
    }
    return ranges
  }

  /// Makes every element read as the initial value again, and keeps pages committed that may be written
  /// again, up to `limit` bytes: see ``LazyMemory/reset(keepingResident:)``.
  public mutating func reset(keepingResident limit: ByteCount) throws(AllocationError) {
    try memory.reset(keepingResident: limit)
  }
}
