// SPDX-License-Identifier: MIT

import Foundation
import System
import Testing

@Suite struct KernelFileTests {
  @Test func `a number is found by its label`() throws {
    let text = try String(contentsOfFile: "/proc/meminfo", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("SwapTotal:") })
    let expected = Int(line.split(separator: " ")[1])
    #expect(KernelFile.number(in: "/proc/meminfo", after: "SwapTotal:") == expected)
  }

  @Test func `without a label it is the first`() throws {
    let text = try String(contentsOfFile: "/proc/sys/vm/max_map_count", encoding: .utf8)
    #expect(KernelFile.number(in: "/proc/sys/vm/max_map_count") == Int(text.dropLast()))
  }

  @Test func `what is not there is nil`() {
    #expect(KernelFile.number(in: "/proc/no/such/file") == nil)
    #expect(KernelFile.number(in: "/proc/meminfo", after: "NoSuchLabel:") == nil)
    #expect(KernelFile.lineCount(of: "/proc/no/such/file") == nil)
  }

  @Test func `lines are counted`() throws {
    let text = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    #expect(KernelFile.lineCount(of: "/proc/cpuinfo") == text.count { $0 == "\n" })
  }
}
