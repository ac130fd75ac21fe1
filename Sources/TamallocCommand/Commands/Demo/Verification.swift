// SPDX-License-Identifier: MIT

/// What was found when the bytes were read.
struct Verification: Codable, Sendable, Hashable {
  /// Whether every page was read, or a sample.
  var isComplete: Bool
  var pagesChecked: Int
  var pagesTotal: Int
  /// Of the pages checked, those that were touched.
  var touchedPagesChecked: Int
  var touchedPagesTotal: Int
  /// Pages with a byte that is not what it must be.
  var wrongPages: Int
  /// What the process's VmRSS, RssShmem and PSS gained by the reading.
  var residentBytesByReading = 0
  var sharedBytesByReading = 0
  var proportionalBytesByReading = 0

  var isCorrect: Bool { wrongPages == 0 && pagesChecked > 0 }

  /// The most touched, and the most untouched, pages of a sample.
  static let sampleBound = 16_384

  /// Reads a block's pages: all, or a sample of touched and of untouched ones, each evenly spread.
  ///
  /// - Parameter share: the last share that was touched, nil for nothing.
  static func check(
    _ bytes: UnsafeMutableRawBufferPointer, layout: Layout, touched share: Percentage?,
    isSparse: Bool
  ) -> Verification {
    let pageCount = layout.pageCount
    let touched = share.map { TouchSet($0, of: pageCount) }
    let touchedTotal = touched?.reduce(into: 0) { count, _ in count += 1 } ?? 0
    let template = [UInt8](repeating: layout.fill, count: layout.pageSize)
    var result = Verification(
      isComplete: !isSparse || pageCount <= sampleBound, pagesChecked: 0, pagesTotal: pageCount,
      touchedPagesChecked: 0, touchedPagesTotal: touchedTotal, wrongPages: 0)

    func check(_ page: Int, isTouched: Bool) {
      result.pagesChecked += 1
      if isTouched { result.touchedPagesChecked += 1 }
      let range = layout.bytes(ofPage: page)
      // SAFETY: the range is inside the block, the template has a page's bytes.
      let isRight = unsafe template.withUnsafeBytes { template in
        unsafe isFilled(
          UnsafeRawBufferPointer(rebasing: bytes[range]), template: template,
          marker: isTouched ? layout.markerPosition(inPage: page) - range.lowerBound : nil,
          layout.marker)
      }
      if !isRight { result.wrongPages += 1 }
    }

    if result.isComplete {
      for page in 0..<pageCount { check(page, isTouched: touched?.contains(page) ?? false) }
      return result
    }
    if let touched {
      let every = (touchedTotal - 1) / sampleBound + 1
      for (number, page) in touched.enumerated() where number % every == 0 {
        check(page, isTouched: true)
      }
    }
    let every = (pageCount - 1) / sampleBound + 1
    for first in stride(from: 0, to: pageCount, by: every) {
      // The first untouched page from here, if it is not far.
      let page = (first..<min(first + every, pageCount)).first { !(touched?.contains($0) ?? false) }
      if let page { check(page, isTouched: false) }
    }
    return result
  }

  /// Whether all bytes are the template's, but for the marker.
  private static func isFilled(
    _ page: UnsafeRawBufferPointer, template: UnsafeRawBufferPointer, marker position: Int?,
    _ marker: UInt8
  ) -> Bool {
    guard let position else { return unsafe holdSameBytes(page, template) }
    // SAFETY: the position is inside the page.
    return unsafe page[position] == marker
      && holdSameBytes(UnsafeRawBufferPointer(rebasing: page[..<position]), template)
      && holdSameBytes(UnsafeRawBufferPointer(rebasing: page[(position + 1)...]), template)
  }
}
