// SPDX-License-Identifier: MIT

import Pages
import Testing

@testable import TamallocCommand

@Suite struct DemoPlanTests {
  static let page = PageSize(4096)!

  static func plan(_ size: ByteCount, _ available: ByteCount, shares: [Percentage]? = nil)
    -> DemoPlan
  {
    DemoPlan(size: size, pageSize: page, shares: shares, available: available)
  }

  @Test func `what fits is done as a whole`() {
    let plan = Self.plan(.gibibytes(1), .gibibytes(22))
    #expect(!plan.isSparse)
    for part in plan.parts {
      #expect(part.shares == Percentage.usual)
      #expect(part.leftOut.isEmpty && part.skipped == nil)
    }
  }

  @Test func `what does not fit is not memset, and touched as far as it goes`() throws {
    let plan = Self.plan(.gibibytes(64), .gibibytes(22))
    #expect(plan.isSparse)
    #expect(plan.parts[0].skipped?.description == "would commit 64 GiB; 22 GiB are available")
    #expect(plan.parts[2].shares.map(\.description) == ["1%"])
    #expect(plan.parts[2].leftOut.map(\.name) == ["touch 10%", "touch 50%", "touch 100%"])
    #expect(plan.parts[2].leftOut[1].reason == "would commit 32 GiB; 22 GiB are available")
  }

  @Test func `steps that were asked for are done where there is memory for them`() throws {
    let plan = Self.plan(
      .gibibytes(64), .gibibytes(22), shares: try Percentage.parseList("10,20,90"))
    #expect(plan.parts[2].shares.map(\.description) == ["10%", "20%"])
  }

  @Test(arguments: [1, 100, 5000, 22_000, 1_000_000])
  func `never plans to commit what leaves no margin`(mebibytes: Int) {
    let available = ByteCount.mebibytes(mebibytes)
    for exponent in 12..<56 {
      for part in Self.plan(ByteCount(1 << exponent), available).parts where part.skipped == nil {
        let most = part.shares.last?.partsPerMillion ?? 0
        let bytes = UInt128(1 << exponent) * UInt128(most) / 1_000_000
        #expect(bytes < available.rawValue, "2^\(exponent) bytes of \(available)")
      }
    }
  }

  @Test(arguments: [
    (64 << 30, "64 GiB"), (23_400_000_000, "22 GiB"), (10_000 << 20, "9.77 GiB"), (100, "100 B"),
  ])
  func `amounts are rounded as people say them`(bytes: Int, text: String) {
    #expect(ByteCount(bytes).rounded == text)
  }
}
