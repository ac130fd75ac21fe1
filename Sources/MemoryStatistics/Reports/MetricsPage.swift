// SPDX-License-Identifier: MIT

// A page that both of Prometheus's formats take as their own: OpenMetrics 1.0, and the older text
// format, which reads # UNIT and # EOF as comments. All is a gauge: a counter's name would have to be
// written in two ways. What is not known is left out, as no number stands for it.

internal import Pages

/// The metrics of one look.
public struct MetricsPage {
  private var text = ""

  /// - Parameters:
  ///   - groups: see ``ProcessGroup/groups(of:by:most:names:)``.
  ///   - scanSeconds: how long the look took.
  public init(snapshot: Snapshot, groups: [ProcessGroup], scanSeconds: Double) {
    addTotals(snapshot, scanSeconds: scanSeconds)
    addGroups(groups)
    text += "# EOF\n"
  }

  /// The page.
  public var content: String { text }

  private mutating func addTotals(_ snapshot: Snapshot, scanSeconds: Double) {
    let totals = snapshot.totals
    let machine = snapshot.machine
    add("processes", "Visible processes.", nil, Double(totals.processes))
    add("address_spaces", "Distinct address spaces of them.", nil, Double(totals.addressSpaces))
    add(
      "unreadable_processes", "Processes whose memory may not be read; the sums lack them.", nil,
      Double(totals.unreadable))
    add(
      "uncompared_processes",
      "Processes that may share their memory with others, which the kernel refuses to tell.", nil,
      Double(totals.uncompared))
    add(
      "all_processes_visible", "1 where the visible processes are all of the machine's.", nil,
      snapshot.isWholeMachine ? 1 : 0)
    add("reserved_bytes", "Address space of all processes, each once.", totals.reserved)
    add(
      "committed_bytes", "Resident memory of all processes; shared pages count in each.",
      totals.committed)
    add(
      "committed_once_bytes", "Resident memory of all processes, each page once.",
      machine.committedOnce)
    add("swapped_bytes", "Memory of all processes in swap.", totals.swap)
    add("hugetlb_bytes", "Pages of the hugetlb pool, beside committed.", totals.hugetlb)
    add("committed_ratio", "Committed as a share of reserved.", "ratio", totals.committedRatio)
    add("ram_bytes", "Memory of the machine.", machine.ram)
    add("available_bytes", "Memory that is available without swapping.", machine.available)
    add("swap_size_bytes", "Swap of the machine.", machine.swap)
    add("commit_limit_bytes", "The most that may be promised in strict mode.", machine.commitLimit)
    add("promised_bytes", "What is promised (Committed_AS).", machine.committedAS)
    add("scan_seconds", "Time that the look at all processes took.", "seconds", scanSeconds)
  }

  private mutating func addGroups(_ groups: [ProcessGroup]) {
    func bytes(_ value: @escaping (TotalStatistics) -> ByteCount) -> (ProcessGroup) -> Double? {
      { Double(value($0.totals).rawValue) }
    }
    add("group_processes", "Processes of the group.", nil, groups) {
      Double($0.totals.processes)
    }
    add("group_reserved_bytes", "Address space.", "bytes", groups, bytes(\.reserved))
    add("group_committed_bytes", "Resident memory.", "bytes", groups, bytes(\.committed))
    add("group_anonymous_bytes", "Resident memory of its own.", "bytes", groups, bytes(\.anonymous))
    add("group_file_bytes", "Resident memory of files.", "bytes", groups, bytes(\.file))
    add("group_shared_bytes", "Resident shared memory.", "bytes", groups, bytes(\.shared))
    add("group_swapped_bytes", "Memory in swap.", "bytes", groups, bytes(\.swap))
    add("group_page_table_bytes", "Page tables.", "bytes", groups, bytes(\.pageTables))
    add("group_hugetlb_bytes", "Pages of the hugetlb pool.", "bytes", groups) {
      $0.totals.hugetlb.map { Double($0.rawValue) }
    }
    add("group_committed_ratio", "Committed as a share of reserved.", "ratio", groups) {
      $0.totals.committedRatio
    }
    add("group_oom_score", "Highest oom_score in the group.", nil, groups) {
      $0.oomScore.map(Double.init)
    }
    add(
      "group_oom_rank",
      "Rank of its process that is killed first among the visible ones; 1 is first of all.", nil,
      groups
    ) {
      $0.oomRank.map(Double.init)
    }
  }

  // MARK: Lines

  private mutating func add(_ name: String, _ help: String, _ count: ByteCount?) {
    add(name, help, "bytes", count.map { Double($0.rawValue) })
  }

  private mutating func add(_ name: String, _ help: String, _ unit: String?, _ value: Double?) {
    guard let value else { return }
    addHead(name, help, unit)
    text += "tamalloc_\(name) \(Self.number(value))\n"
  }

  private mutating func add(
    _ name: String, _ help: String, _ unit: String?, _ groups: [ProcessGroup],
    _ value: (ProcessGroup) -> Double?
  ) {
    let samples = groups.compactMap { group in value(group).map { (group.name, $0) } }
    guard !samples.isEmpty else { return }
    addHead(name, help, unit)
    for (group, value) in samples {
      text += "tamalloc_\(name){group=\"\(Self.escaped(group))\"} \(Self.number(value))\n"
    }
  }

  private mutating func addHead(_ name: String, _ help: String, _ unit: String?) {
    text += "# HELP tamalloc_\(name) \(help)\n# TYPE tamalloc_\(name) gauge\n"
    if let unit { text += "# UNIT tamalloc_\(name) \(unit)\n" }
  }

  /// A whole number without its point; counts of bytes are exact up to 2^53, as Prometheus has them.
  private static func number(_ value: Double) -> String {
    guard value.isFinite else { return "NaN" }
    return value == value.rounded() && value.magnitude < 9e15 ? "\(Int(value))" : "\(value)"
  }

  /// A label's value, with what would end it escaped.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
