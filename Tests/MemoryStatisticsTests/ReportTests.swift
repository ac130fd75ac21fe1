// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Pages
import Testing

@testable import MemoryStatistics

/// Tables, trees, JSON, CSV and metrics.
@Suite struct ReportTests {
  @Test(arguments: [
    (0, "0 B", "0 B"), (1023, "1023 B", "1.0 kB"), (1024, "1.0 KiB", "1.0 kB"),
    (1_048_575, "1.0 MiB", "1.0 MB"), (10 << 20, "10.0 MiB", "10.5 MB"),
    (100 << 20, "100 MiB", "105 MB"), (1 << 40, "1.0 TiB", "1.1 TB"),
    (-2048, "-2.0 KiB", "-2.0 kB"),
    (999_949, "977 KiB", "1.0 MB"), (.max, "8.0 EiB", "9.2 EB"),
  ])
  func `sizes in both families of units`(bytes: Int, iec: String, si: String) {
    #expect(ByteUnit.iec.text(ByteCount(bytes)) == iec)
    #expect(ByteUnit.si.text(ByteCount(bytes)) == si)
  }

  @Test func `sizes are right to the last digit, against Double`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let bytes = Int.random(in: 0...(1 << Int.random(in: 1...52, using: &random)), using: &random)
      let text = ByteUnit.mebibytes.text(ByteCount(bytes))
      let value = Double(text.dropLast(4)) ?? -1
      #expect(abs(value - Double(bytes) / 1048576) <= 0.0501, "seed \(seed): \(bytes) \(text)")
    }
  }

  @Test(arguments: [
    ("plain", "plain", 5), ("a\u{1B}[31mb", "a?[31mb", 7), ("tab\t", "tab?", 4),
    ("日本", "日本", 4), ("e\u{301}", "e\u{301}", 1), ("\u{202E}abc", "?abc", 4),
  ])
  func `what is shown is safe and has its width`(text: String, shown: String, width: Int) {
    #expect(DisplayText.safe(text) == shown)
    #expect(DisplayText.width(DisplayText.safe(text)) == width)
  }

  private func rows(_ list: [(pid: Int32, parent: Int32, committed: Int?)]) -> [ProcessStatistics] {
    list.map { entry in
      var row = ProcessStatistics(pid: ProcessIdentifier(entry.pid))
      row.parent = ProcessIdentifier(entry.parent)
      row.name = "p\(entry.pid)"
      row.addressSpace = .present
      row.reserved = 4096
      row.committed = entry.committed.map { ByteCount($0) }
      return row
    }
  }

  @Test func `order is by value, then pid, with gaps at the end`() {
    var names = UserNames()
    let list = rows([(1, 0, 5), (2, 1, nil), (3, 1, 9), (4, 1, 5)])
    var down = list
    RowOrder(by: .committed).sort(&down, names: &names)
    #expect(down.map(\.pid) == [3, 1, 4, 2])
    var up = list
    RowOrder(by: .committed, isReversed: true).sort(&up, names: &names)
    #expect(up.map(\.pid) == [1, 4, 3, 2])
  }

  @Test func `any order is that of a plain sort`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    var names = UserNames()
    var list: [ProcessStatistics] = (1...300).map { pid in
      var row = rows([(Int32(pid), 0, Int.random(in: 0...40, using: &random) * 4096)])[0]
      row.reserved = ByteCount(Int.random(in: 0...3, using: &random) * 40960)
      row.name = "p\(Int.random(in: 0...20, using: &random))"
      return row
    }
    list.shuffle(using: &random)
    /// Undefined ratios come last whatever the order.
    func expected(_ isBefore: (ProcessStatistics, ProcessStatistics) -> Bool?)
      -> [ProcessIdentifier]
    {
      list.sorted { isBefore($0, $1) ?? ($0.pid < $1.pid) }.map(\.pid)
    }
    func differ<Value: Comparable>(_ left: Value, _ right: Value, _ isRising: Bool) -> Bool? {
      left == right ? nil : (left < right) == isRising
    }
    for isReversed in [false, true] {
      var byRatio = list
      RowOrder(by: .ratio, isReversed: isReversed).sort(&byRatio, names: &names)
      let ratios = expected { left, right in
        guard let first = left.committedRatio, let second = right.committedRatio else {
          return differ(
            left.committedRatio == nil ? 1 : 0, right.committedRatio == nil ? 1 : 0, true)
        }
        return differ(first, second, isReversed)
      }
      #expect(byRatio.map(\.pid) == ratios, "seed \(seed)")
      var byName = list
      RowOrder(by: .name, isReversed: isReversed).sort(&byName, names: &names)
      #expect(
        byName.map(\.pid) == expected { differ($0.name ?? "", $1.name ?? "", !isReversed) },
        "seed \(seed)")
    }
  }

  @Test func `a tree has every row once, whatever its parents`() {
    let tree = ProcessTree.arranged(rows([(1, 0, 1), (2, 1, 1), (3, 1, 1), (4, 2, 1), (9, 77, 1)]))
    #expect(tree.map(\.process.pid) == [1, 2, 4, 3, 9])
    #expect(tree.map(\.branches) == ["", "├─ ", "│  └─ ", "└─ ", ""])
    let circle = ProcessTree.arranged(rows([(5, 6, 1), (6, 5, 1), (7, 7, 1)]))
    #expect(Set(circle.map(\.process.pid)) == [5, 6, 7])
  }

  @Test func `a gap is a dash in the table, null in JSON, nothing in CSV`() throws {
    var names = UserNames()
    let list = rows([(3, 1, nil)])
    let table = StatisticsTable(fields: [.pid, .committed, .name], unit: .iec)
    let drawn = table.lines(of: list, names: &names)
    #expect(drawn.gaps == 1)
    #expect(drawn.text == "PID  COMMITTED  NAME\n  3          –  p3\n")
    let json = StatisticsJSON.object(of: list[0], details: [], names: &names)
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    #expect(object?["committedBytes"] is NSNull)
    #expect(object?["reservedBytes"] as? Int == 4096)
    #expect(
      StatisticsCSV.lines(of: list, fields: [.pid, .committed], names: &names)
        == "pid,committed\n3,\n")
  }

  @Test(arguments: [1, 10, 23, 24, 25, 40, 200])
  func `a table is cut at the terminal's width, line by line`(width: Int) {
    var names = UserNames()
    var list = rows([(3, 1, nil), (20, 3, 4096)])
    list[1].name = "日本語の長い名前 🦉 – and more"
    var table = StatisticsTable(fields: [.pid, .committed, .name, .reserved, .name], unit: .iec)
    let whole = table.lines(of: list, names: &names).text
    table.width = width
    let cut = table.lines(of: list, names: &names).text
    let expected = whole.split(separator: "\n").map {
      DisplayText.prefix(String($0), columns: width) + "\n"
    }
    #expect(cut == expected.joined())
  }

  @Test(arguments: [
    (40, "PID  COMMITTED  UID  NAME\n  3    4.0 KiB    0  p3\n"),
    (25, "PID  COMMITTED  UID  NAME\n  3    4.0 KiB    0  p3\n"),
    (24, "PID  COMMITTED  NAME\n  3    4.0 KiB  p3\n"),
    (19, "COMMITTED  NAME\n  4.0 KiB  p3\n"),
    (14, "COMMITTED  NA…\n  4.0 KiB  p3\n"),
  ])
  func `columns that matter least go first`(width: Int, expected: String) {
    var names = UserNames()
    var row = ProcessStatistics(pid: 3)
    (row.name, row.userID, row.committed) = ("p3", 0, 4096)
    var table = StatisticsTable(fields: [.pid, .committed, .uid, .name], unit: .iec, width: width)
    table.expendable = [.uid, .pid]
    let drawn = table.lines(of: [row], names: &names)
    #expect(drawn.text == expected)
  }

  @Test func `any name survives JSON`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    var names = UserNames()
    for _ in 0..<500 {
      let bytes = (0..<15).map { _ in UInt8.random(in: 1...255, using: &random) }
      var row = ProcessStatistics(pid: 1)
      row.name = String(decoding: bytes, as: UTF8.self)
      let json = StatisticsJSON.object(of: row, details: [], names: &names)
      let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
      #expect(object?["name"] as? String == row.name, "seed \(seed)")
    }
  }

  @Test func `CSV quotes what would break it`() {
    var names = UserNames()
    var row = ProcessStatistics(pid: 1)
    row.name = "a,\"b\"\nc"
    #expect(
      StatisticsCSV.lines(of: [row], fields: [.name], names: &names)
        == "name\n\"a,\"\"b\"\"\\x0ac\"\n")
  }

  @Test func `groups are bounded, and none is called other twice`() {
    var names = UserNames()
    var list: [ProcessStatistics] = []
    for index in 0..<100 {
      var row = rows([(Int32(index + 1), 0, index * 4096)])[0]
      row.name = index == 99 ? "other" : "name \(index)"
      list.append(row)
    }
    let groups = ProcessGroup.groups(of: list, by: .name, most: 5, names: &names)
    #expect(groups.map(\.name) == ["name 98", "name 97", "name 96", "name 95", "name 94", "other"])
    #expect(groups.reduce(0) { $0 + $1.totals.processes } == 100)
  }

  @Test(arguments: [
    ("", MetricsFormat.text), ("*/*", .text), ("application/openmetrics-text", .openMetrics),
    ("application/openmetrics-text; version=1.0.0, text/plain;q=0.5", .openMetrics),
    ("application/openmetrics-text;q=0.1,text/plain;q=0.9", .text),
    ("application/openmetrics-text;version=9.0.0,text/plain;q=0.1", .text),
    ("application/openmetrics-text;q=0", .text), ("text/html,;;q=x", .text),
  ])
  func `the format that is asked for`(accept: String, format: MetricsFormat) {
    #expect(MetricsFormat(accept: accept) == format)
  }
}
