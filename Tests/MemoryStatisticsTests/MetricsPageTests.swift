// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

@testable import MemoryStatistics

/// A page of metrics, before the judges that Prometheus has for it: promtool, which `make test` takes
/// from Debian's package, and the parser of the client library.
@Suite struct MetricsPageTests {
  /// A page of processes that call themselves what could break it.
  private func page(by grouping: Grouping) throws -> String {
    var names = UserNames()
    let fixture = try ProcFixture()
    for (index, name) in ["quote\"", "back\\\\slash", "new\\nline", "{brace}", "日本"].enumerated() {
      try fixture.add(
        10 + index, name: name, user: 70_000 + index, resident: 5000 + index, cgroup: "/a b/\(name)"
      )
    }
    var source = try ProcfsSource(root: fixture.root)
    let snapshot = try source.snapshot()
    var processes = snapshot.processes
    for index in processes.indices { source.read(grouping.details, into: &processes[index]) }
    let groups = ProcessGroup.groups(of: processes, by: grouping, most: 9, names: &names)
    return MetricsPage(snapshot: snapshot, groups: groups, scanSeconds: 0.001).content
  }

  @Test func `the page ends as it has to, and its labels are escaped`() throws {
    let page = try page(by: .name)
    #expect(page.hasSuffix("\n# EOF\n"))
    #expect(page.contains("tamalloc_group_committed_bytes{group=\"quote\\\"\"} 5120000\n"))
    #expect(page.contains("{group=\"back\\\\slash\"}"))
    #expect(page.contains("{group=\"new\\nline\"}"))
  }

  @Test(
    .enabled(if: Proc.program("promtool") != nil, "promtool is not in the PATH: see make test"),
    arguments: Grouping.allCases)
  func `promtool finds nothing to object to`(grouping: Grouping) throws {
    let page = try page(by: grouping)
    let result = try #require(try Proc.output("promtool", "check", "metrics", input: page))
    #expect(result.status == 0, "\(result.text)")
    #expect(result.text.isEmpty, "\(result.text)")
    // A check that can fail: the same page without its types does.
    let worse = page.replacingOccurrences(of: "gauge", with: "gouge")
    #expect(try #require(try Proc.output("promtool", "check", "metrics", input: worse)).status != 0)
  }

  /// Debian's Python, which Debian's packages are for.
  static let hasParser =
    (try? Proc.output("/usr/bin/python3", "-c", "import prometheus_client.openmetrics.parser"))??
    .status == 0

  @Test(
    .enabled(if: hasParser, "python3-prometheus-client is not installed: see make test"),
    arguments: Grouping.allCases)
  func `the OpenMetrics parser reads every sample`(grouping: Grouping) throws {
    let page = try page(by: grouping)
    let script = """
      import sys
      from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
      for family in parse(sys.stdin.read()):
        for sample in family.samples:
          print(sample.name, sample.labels.get("group", "").encode().hex(), int(sample.value * 1000))
      """
    let result = try #require(try Proc.output("/usr/bin/python3", "-c", script, input: page))
    #expect(result.status == 0, "\(result.text)")
    let read = result.text.split(separator: "\n")
    #expect(read.count == page.split(separator: "\n").filter { !$0.hasPrefix("#") }.count)
    if grouping == .name {
      let group = "new\nline".utf8.map { String(format: "%02x", $0) }.joined()
      #expect(read.contains("tamalloc_group_committed_bytes \(group) 5122048000"), "\(result.text)")
    }
  }
}
