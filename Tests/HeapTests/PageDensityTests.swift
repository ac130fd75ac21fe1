// SPDX-License-Identifier: MIT

import Testing

@testable import Heap

@Suite struct PageDensityTests {
  private let size = 1 << 20

  /// The answers to eight questions, or more, after some scans that found the same share.
  private func questions(
    after scans: Int, share: Int, of size: Int? = nil, count: Int = 8
  ) -> (dense: Bool, asked: Int, skipped: Int) {
    let size = size ?? self.size
    var density = PageDensity()
    for _ in 0..<scans { density.note(size * share / 100, of: size) }
    let answers = (0..<count).map { _ in density.question(size) }
    return (
      density.isDense(size), answers.count { $0 == .scan }, answers.count { $0 != .scan }
    )
  }

  @Test func `a size that is not known is scanned`() {
    let answer = questions(after: 0, share: 0)
    #expect(!answer.dense && answer.asked == 8)
  }

  @Test func `a size that is always full is scanned one time in eight`() {
    let answer = questions(after: 20, share: 100)
    #expect(answer.dense && answer.asked == 1)
  }

  @Test func `a small size that is always full is scanned one time in 32`() {
    let answer = questions(after: 20, share: 100, of: size / 4, count: 64)
    #expect(answer.dense && answer.asked == 2)
    #expect(questions(after: 20, share: 0, of: size / 4, count: 64).asked == 8)
  }

  @Test func `a size that is never touched is scanned one time in eight`() {
    let answer = questions(after: 20, share: 0)
    #expect(!answer.dense && answer.asked == 1)
  }

  @Test func `a size that is touched in part is scanned each time`() {
    for share in [1, 30, 60] {
      let answer = questions(after: 20, share: share)
      #expect(answer.dense == (share > 63) && answer.asked == 8, "\(share) %")
    }
  }

  @Test func `another size is taken for what the nearest known one is`() {
    var density = PageDensity()
    for _ in 0..<20 { density.note(size, of: size) }
    for near in [size / 4, size / 2, size, size * 2, size * 4] {
      #expect(density.isDense(near), "\(near)")
    }
    #expect(!density.isDense(size * 8) && !density.isSparse(size * 8))
    #expect(!density.isDense(size / 8) && !density.isSparse(size / 8))
    for _ in 0..<20 { density.note(0, of: size * 2) }
    #expect(density.isDense(size / 2) && density.isSparse(size * 4))
    // None of which is known so well that it need not be asked.
    #expect(density.question(size * 4) == .scan)
  }
}
