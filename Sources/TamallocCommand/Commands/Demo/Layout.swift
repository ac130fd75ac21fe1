// SPDX-License-Identifier: MIT

internal import Pages

/// The bytes of a block and what the demonstration writes into them.
struct Layout: Sendable {
  let size: Int
  let pageSize: Int
  let fill: UInt8

  init(size: ByteCount, pageSize: PageSize, fill: UInt8) {
    self.size = size.rawValue
    self.pageSize = pageSize.bytes.rawValue
    self.fill = fill
  }

  /// The pages, of which the last may be a part of one.
  var pageCount: Int { (size - 1) / pageSize + 1 }

  /// What is written into a touched page: never the fill.
  var marker: UInt8 { ~fill }

  /// The bytes of the block that a page holds.
  func bytes(ofPage page: Int) -> Range<Int> {
    page * pageSize..<min((page + 1) * pageSize, size)
  }

  /// Where in the block the marker of a page stands: another place from page to page.
  ///
  /// The last 64 bytes of a page are left out: a block from malloc begins some bytes into its first
  /// page, and each marker has to fall into a page of its own.
  func markerPosition(inPage page: Int) -> Int {
    let bytes = bytes(ofPage: page)
    let room = max(min(bytes.count, pageSize - 64), 1)
    return bytes.lowerBound + (page &* 2_654_435_761 >> 8 & 0xFFFF) % room
  }
}
