// SPDX-License-Identifier: MIT

import Testing

@testable import TamallocCommand

@Suite struct TouchSetTests {
  static let shares = [
    1, 100, 1000, 5000, 10_000, 33_333, 100_000, 381_966, 500_000, 618_034, 999_999, 1_000_000,
  ]

  @Test(
    arguments: shares,
    [1, 2, 3, 100, 4096, 262_144])
  func `the iterator finds what a look at every page finds`(parts: Int, pages: Int) throws {
    let set = TouchSet(try #require(Percentage(partsPerMillion: parts)), of: pages)
    #expect(Array(set) == (0..<pages).filter(set.contains))
  }

  @Test(arguments: shares, [100, 4096, 262_144])
  func `a set has its share of the pages, but for a few`(parts: Int, pages: Int) throws {
    let set = TouchSet(try #require(Percentage(partsPerMillion: parts)), of: pages)
    let expected = Double(pages) * Double(parts) / 1e6
    #expect((Double(Array(set).count) - expected).magnitude < 4)
  }

  @Test func `smaller sets are in larger ones, and the whole has all`() throws {
    let sets = try Self.shares.map {
      TouchSet(try #require(Percentage(partsPerMillion: $0)), of: 100_000)
    }
    for (small, large) in zip(sets, sets.dropFirst()) {
      #expect(Set(small).isSubset(of: Set(large)))
    }
    #expect(Array(sets.last!) == Array(0..<100_000))
  }

  @Test func `a set is spread evenly: no stretch between two members is long`() throws {
    let set = Array(TouchSet(try #require(Percentage(partsPerMillion: 10_000)), of: 262_144))
    let gaps = zip(set, set.dropFirst()).map { $1 - $0 }
    #expect(Set(gaps).count <= 3, "the gaps are \(Set(gaps))")
    #expect(gaps.max()! < 300)
  }
}
