// SPDX-License-Identifier: MIT

import Pages
import Testing

@testable import TamallocCommand

@Suite struct ArgumentTests {
  @Test(arguments: [
    ("4096", 4096), ("1", 1), ("512K", 524_288), ("512k", 524_288), ("1GiB", 1_073_741_824),
    ("1gib", 1_073_741_824), ("1G", 1_073_741_824), ("1GB", 1_000_000_000),
    ("1e9", 1_000_000_000), ("1E9", 1_000_000_000), ("1.5G", 1_610_612_736),
    (".5K", 512), ("64 MiB", 67_108_864), (" 64  MiB ", 67_108_864), ("1kB", 1000),
    ("1KB", 1000), ("2TiB", 2_199_023_255_552), ("1e3K", 1_024_000), ("100B", 100),
    ("+1K", 1024), ("0.0009765625K", 1), ("64PiB", 1 << 56),
  ])
  func `sizes as people write them`(text: String, bytes: Int) throws {
    #expect(try SizeArgument.parse(text) == ByteCount(bytes), "'\(text)'")
  }

  @Test(arguments: [
    "", " ", "abc", "K", "1X", "1GiBs", "1,5G", "0x10", "--", "1e", "1 2", "-", ".", "1..5",
    "0", "0K", "-1", "-1G", "1e30", "99999999999999999999999999", "9223372036854775808",
    "64.1PiB", "1e999999999999", "1.5", "1e-3", "1.0000000000000000000000000001G",
  ])
  func `what is no size is refused by its name`(text: String) {
    let error = #expect(throws: (any Error).self, "'\(text)'") { try SizeArgument.parse(text) }
    #expect("\(error!)".contains("'\(text)'"), "the message does not name the input: \(error!)")
  }

  @Test(arguments: [
    ("1%", 10_000), ("0.5%", 5000), ("50", 500_000), ("100 %", 1_000_000), ("0.0001", 1),
  ])
  func `shares`(text: String, parts: Int) throws {
    #expect(try Percentage.parse(text).partsPerMillion == parts)
  }

  @Test(arguments: ["", "%", "0", "0%", "-1%", "100.1%", "1e9%", "1%%", "a", "0.00001%", "1/2"])
  func `what is no share is refused by its name`(text: String) {
    let error = #expect(throws: (any Error).self, "'\(text)'") { try Percentage.parse(text) }
    #expect("\(error!)".contains("'\(text)'"), "the message does not name the input: \(error!)")
  }

  @Test(arguments: [1, 50, 5000, 10_000, 15_500, 123_456, 1_000_000])
  func `a share is written as it is read`(parts: Int) throws {
    let share = try #require(Percentage(partsPerMillion: parts))
    #expect(try Percentage.parse(share.description) == share, "\(share)")
  }

  @Test func `lists are put in order`() throws {
    #expect(try Percentage.parseList("50,1%, 10 %,1").map(\.description) == ["1%", "10%", "50%"])
    #expect(throws: (any Error).self) { try Percentage.parseList("1,") }
    #expect(throws: (any Error).self) {
      try Percentage.parseList((1...21).map { "\($0)" }.joined(separator: ","))
    }
  }

  @Test(arguments: [("0", 0), ("255", 255), ("0xA5", 165), ("0Xff", 255), ("7", 7)])
  func `bytes`(text: String, byte: UInt8) throws {
    #expect(try FillByte.parse(text) == byte)
  }

  @Test(arguments: ["", "256", "-1", "0x", "0x100", "A5", "+1", "0x+1", "1.0"])
  func `no bytes`(text: String) {
    #expect(throws: (any Error).self, "'\(text)'") { try FillByte.parse(text) }
  }
}
