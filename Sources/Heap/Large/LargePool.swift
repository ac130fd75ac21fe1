// SPDX-License-Identifier: MIT

// What large blocks share, behind the heap's lock.

struct LargePool: ~Copyable {
  /// Mapped pages that are no block's.
  var ranges: FreeRanges
  var density = PageDensity()
  /// How often pages could not be moved together.
  var gatherFailures = 0
  /// How many may be, before the process's mappings are counted again.
  var gatherBudget = LargeBlock.firstGatherBudget
  /// The large block that was mapped last, if it was really large.
  var lastMapped: (start: UInt, size: Int) = (0, 0)

  /// Bytes of zero ranges and new mappings that were taken since the last balance.
  var freshlyTaken = 0

  /// What one block counts at most: of more, perhaps not all is touched.
  private static let largestCount = 32 << 20

  /// The pages of a block come from a zero range or are mapped.
  mutating func noteFresh(_ size: Int) { freshlyTaken &+= min(size, Self.largestCount) }

  init(ranges: consuming FreeRanges) {
    self.ranges = ranges
  }
}
