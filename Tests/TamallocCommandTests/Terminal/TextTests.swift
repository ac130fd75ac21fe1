// SPDX-License-Identifier: MIT

import FoundationEssentials
import Testing

@testable import TamallocCommand

@Suite struct TableTests {
  @Test func `columns are aligned`() {
    let table = TextTable(
      header: ["what", "a", "bb"], rows: [["x", "100", "2"], ["longer", "1", "–"]])
    #expect(table.lines(width: 80) == ["what      a  bb", "x       100   2", "longer    1   –"])
  }

  @Test(arguments: [1, 10, 20, 40, 80])
  func `what is too wide goes on below`(width: Int) {
    let names = (1...9).map { "touch \($0)%" }
    let table = TextTable(header: ["time"] + names, rows: [["calloc"] + names])
    let lines = table.lines(width: width)
    #expect(lines.allSatisfy { $0.count <= max(width, 16) }, "\(lines)")
    for name in names { #expect(lines.contains { $0.contains(name) }, "\(name) is missing") }
  }

  @Test(arguments: [
    (0.0, "0.00 ns"), (1.5e-6, "1.50 µs"), (16.84e-6, "16.8 µs"), (0.7284, "728 ms"),
    (0.99951, "1.00 s"), (27.3, "27.3 s"), (1.05e-3, "1.05 ms"), (999.6e-6, "1.00 ms"),
    (120, "120 s"),
  ])
  func `times`(seconds: Double, text: String) {
    #expect(seconds.duration == text)
  }

  @Test(arguments: [(0, "0"), (999, "999"), (262_145, "262,145"), (-1000, "-1,000")])
  func `grouped digits`(number: Int, text: String) {
    #expect(number.grouped == text)
  }

  static func report(residentAtAllocation resident: Int) -> DemoRecord {
    var calloc = ContenderRecord(name: .calloc, fill: 0)
    calloc.correct = true
    calloc.steps = [
      MeasuredStep(
        name: "allocate", virtualBytes: 1 << 30, residentBytes: resident, minorFaults: 1,
        seconds: 1e-5)
    ]
    var malloc = ContenderRecord(name: .mallocAndMemset, fill: 0)
    malloc.skipped = "would commit 1 GiB; 512 MiB are available"
    return DemoRecord(
      size: 1 << 30, pageSize: 4096, engine: "mmap", availableBytes: 1 << 29,
      allocators: [malloc, calloc])
  }

  @Test func `sentences follow the figures`() {
    let lazy = DemoFindings(report: Self.report(residentAtAllocation: 4096)).sentences.joined()
    let eager = DemoFindings(report: Self.report(residentAtAllocation: 1 << 30)).sentences.joined()
    #expect(lazy.contains("did not clear"))
    #expect(!eager.contains("did not clear"))
    #expect(!lazy.contains("memset"), "nothing is said of what did not run")
  }

  @Test(arguments: [0xA5, 0] as [UInt8])
  func `what no C library offers is said first, and of a fill alone`(byte: UInt8) {
    func ran(_ name: Contender, resident: Int) -> ContenderRecord {
      var contender = ContenderRecord(name: name, fill: byte)
      contender.steps = [
        MeasuredStep(
          name: "allocate", virtualBytes: 1 << 30, residentBytes: resident, minorFaults: 1,
          seconds: 1e-3)
      ]
      return contender
    }
    let sentences = DemoFindings(
      report: DemoRecord(
        size: 1 << 30, pageSize: 4096, engine: "mmap", availableBytes: 1 << 32,
        allocators: [ran(.mallocAndMemset, resident: 1 << 30), ran(.tamallocFill, resident: 0)])
    ).sentences
    #expect(sentences[0].contains("committed nothing") == (byte != 0), "\(sentences)")
    #expect(sentences[0].contains("No C library offers that") == (byte != 0), "\(sentences)")
  }

  @Test func `what was not run is said, with its reason`() {
    let lines = DemoTable(report: Self.report(residentAtAllocation: 0)).lines
    #expect(lines.contains("malloc+memset was not run: would commit 1 GiB; 512 MiB are available"))
  }

  @Test func `JSON is what was written, and has null where nothing was checked`() throws {
    let report = Self.report(residentAtAllocation: 0)
    let data = try JSONEncoder().encode(report)
    #expect(try JSONDecoder().decode(DemoRecord.self, from: data) == report)
    #expect(String(decoding: data, as: UTF8.self).contains("\"correct\":null"))
  }

  @Test func `paragraphs keep to their width`() {
    let text = String(repeating: "many words in a row ", count: 20)
    let lines = Paragraph.lines(of: text, width: 40, mark: "• ")
    #expect(lines.allSatisfy { $0.count <= 40 })
    #expect(lines[0].hasPrefix("• many") && lines[1].hasPrefix("  "))
  }
}
