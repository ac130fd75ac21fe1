// SPDX-License-Identifier: MIT

import Pages
import Testing

@testable import TamallocCommand

@Suite struct VerificationTests {
  static let layout = Layout(
    size: ByteCount(100 * 4096 + 777), pageSize: PageSize(4096)!, fill: 0xA5)
  static let half = Percentage(partsPerMillion: 500_000)!

  /// A block as it must be after half of its pages were touched.
  static func block(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
    var bytes = [UInt8](repeating: layout.fill, count: layout.size)
    for page in TouchSet(half, of: layout.pageCount) {
      bytes[layout.markerPosition(inPage: page)] = layout.marker
    }
    bytes.withUnsafeMutableBytes(body)
  }

  static func check(_ bytes: UnsafeMutableRawBufferPointer) -> Verification {
    Verification.check(bytes, layout: layout, touched: half, isSparse: false)
  }

  @Test func `accepts a right block, and counts its pages`() {
    Self.block { bytes in
      let result = Self.check(bytes)
      #expect(result.isCorrect)
      #expect(result.isComplete)
      #expect(result.pagesChecked == 101)
      #expect(result.touchedPagesChecked == Array(TouchSet(Self.half, of: 101)).count)
    }
  }

  @Test func `finds any one wrong byte`() {
    Self.block { bytes in
      for position in stride(from: 0, to: bytes.count, by: 61) {
        let value = bytes[position]
        bytes[position] = 0x5B
        #expect(Self.check(bytes).wrongPages == 1, "the byte at \(position)")
        bytes[position] = value
      }
      bytes[bytes.count - 1] ^= 1
      #expect(Self.check(bytes).wrongPages == 1, "the last byte")
    }
  }

  @Test func `finds a missing marker, and one too many`() {
    Self.block { bytes in
      for page in 0..<Self.layout.pageCount {
        let position = Self.layout.markerPosition(inPage: page)
        bytes[position] ^= 0xFF
        #expect(Self.check(bytes).wrongPages == 1, "page \(page)")
        bytes[position] ^= 0xFF
      }
    }
  }

  @Test func `a sample is bounded, has touched and untouched pages, and says so`() {
    let pages = 200_000
    let layout = Layout(size: ByteCount(pages * 64), pageSize: PageSize(64)!, fill: 1)
    var bytes = [UInt8](repeating: 1, count: layout.size)
    for page in TouchSet(Self.half, of: pages) {
      bytes[layout.markerPosition(inPage: page)] = layout.marker
    }
    let result = bytes.withUnsafeMutableBytes {
      Verification.check($0, layout: layout, touched: Self.half, isSparse: true)
    }
    #expect(result.isCorrect)
    #expect(!result.isComplete)
    #expect(result.touchedPagesChecked > 10_000)
    #expect(result.pagesChecked - result.touchedPagesChecked > 10_000)
    #expect(result.pagesChecked <= 2 * Verification.sampleBound)
    #expect(result.touchedPagesTotal == Array(TouchSet(Self.half, of: pages)).count)
  }

  @Test(arguments: [0, 16, 48])
  func `markers of a block that begins inside a page fall into a page each`(header: Int) {
    let layout = Self.layout
    let pages = (0..<layout.pageCount).map { (layout.markerPosition(inPage: $0) + header) / 4096 }
    #expect(pages == Array(0..<layout.pageCount))
    #expect((0..<layout.pageCount).allSatisfy { layout.markerPosition(inPage: $0) < layout.size })
  }
}
