// SPDX-License-Identifier: MIT

// The columns. One closed list serves the table, sorting, CSV and the live view:
//
//   ProcessStatistics ──Field──▶ FieldValue ──▶ cell of a table │ CSV │ order of rows
//
// A value is known, unknown (it may not be read: `–`, counted in the footer) or not applicable (a
// kernel thread has no ratio: empty). Only the second is a gap.

public import Pages

/// What can be shown of a process.
public enum Field: String, CaseIterable, Sendable, Hashable {
  /// Who it is.
  case pid, parent, user, uid, name, command, cgroup
  /// What it reserves and commits.
  case reserved, committed, ratio
  /// What that is made of.
  case anonymous, file, shared, swap, pagetables, pss, growth
  /// What the kernel would kill it by.
  case score, adjustment, badness, rank

  /// The columns of a table unless others are asked for.
  public static let usual: [Field] = [
    .pid, .user, .reserved, .committed, .ratio, .anonymous, .file, .shared, .swap, .score,
    .adjustment, .rank, .name,
  ]

  /// The column's heading.
  public var title: String {
    switch self {
    case .ratio: "C/R"
    case .anonymous: "ANON"
    case .pagetables: "TABLES"
    case .score: "OOM"
    case .adjustment: "ADJ"
    case .growth: "GROWTH"
    default: rawValue.uppercased()
    }
  }

  /// What the column says, for `--help` and the manual page.
  public var summary: String {
    switch self {
    case .pid: "process"
    case .parent: "its parent"
    case .user: "its real user"
    case .uid: "its real user's number"
    case .name: "its name, of 15 bytes at most"
    case .command: "its command line"
    case .cgroup: "its control group"
    case .reserved: "address space (VmSize)"
    case .committed: "memory in page frames (VmRSS) = anonymous + file + shared"
    case .ratio: "committed as a share of reserved"
    case .anonymous: "committed, the process's own (RssAnon)"
    case .file: "committed, of files (RssFile)"
    case .shared: "committed, shared memory (RssShmem)"
    case .swap: "in swap (VmSwap)"
    case .pagetables: "page tables (VmPTE)"
    case .pss: "committed, shared pages divided by their users"
    case .growth: "growth of committed since the look before"
    case .score: "oom_score"
    case .adjustment: "oom_score_adj"
    case .badness: "what the kernel chooses its victim by, in pages"
    case .rank: "1 is killed first when memory runs out"
    }
  }

  /// Whether the cells stand at the right edge of their column.
  public var isNumeric: Bool {
    switch self {
    case .user, .name, .command, .cgroup: false
    default: true
    }
  }

  /// Whether the largest value comes first unless the other order is asked for.
  public var isDescending: Bool {
    switch self {
    case .pid, .parent, .user, .uid, .name, .command, .cgroup, .rank: false
    default: true
    }
  }

  /// The columns that most values take.
  public var usualWidth: Int {
    switch self {
    case .name, .command, .cgroup: 0
    case .score, .adjustment: 4
    case .rank: 5
    case .ratio: 6
    case .pid, .parent, .uid: 7
    case .user, .badness: 8
    case .growth: 10
    default: 9
    }
  }

  /// What has to be read besides for this column.
  public var details: ProcessDetails {
    switch self {
    case .pss: .proportional
    case .command: .commandLine
    case .cgroup: .cgroup
    default: []
    }
  }
}

/// A cell's value.
public enum FieldValue: Sendable, Hashable {
  /// Bytes.
  case bytes(ByteCount)
  /// Bytes with a sign.
  case growth(ByteCount)
  /// A plain number.
  case integer(Int)
  /// A share, 0 to 1.
  case ratio(Double)
  /// A text.
  case text(String)
  /// The kernel would never kill the process.
  case never
  /// There can be no value.
  case notApplicable
  /// There is a value, and it can't be read.
  case unknown
}

extension Field {
  /// The process's value in this column.
  public func value(of process: ProcessStatistics, names: inout UserNames) -> FieldValue {
    func bytes(_ count: ByteCount?) -> FieldValue { count.map(FieldValue.bytes) ?? .unknown }
    func integer(_ number: Int?) -> FieldValue { number.map(FieldValue.integer) ?? .unknown }
    func text(_ text: String?) -> FieldValue { text.map(FieldValue.text) ?? .unknown }
    switch self {
    case .pid: return .integer(Int(process.pid.rawValue))
    case .parent: return integer(process.parent.map { Int($0.rawValue) })
    case .user: return text(process.userID.map { names.name(of: $0) })
    case .uid: return integer(process.userID.map(Int.init))
    case .name: return text(process.name)
    case .command:
      // A kernel thread has no arguments: its name in brackets, as ps shows it.
      guard let line = process.commandLine else { return .unknown }
      return line.isEmpty ? text(process.name.map { "[\($0)]" }) : .text(line)
    case .cgroup: return text(process.cgroup)
    case .reserved: return bytes(process.reserved)
    case .committed: return bytes(process.committed)
    case .ratio:
      if let ratio = process.committedRatio { return .ratio(ratio) }
      return process.reserved == nil || process.committed == nil ? .unknown : .notApplicable
    case .anonymous: return bytes(process.anonymous)
    case .file: return bytes(process.file)
    case .shared: return bytes(process.shared)
    case .swap: return bytes(process.swap)
    case .pagetables: return bytes(process.pageTables)
    case .pss: return bytes(process.proportional)
    case .growth: return process.growth.map(FieldValue.growth) ?? .notApplicable
    case .score: return integer(process.oomScore)
    case .adjustment: return integer(process.oomScoreAdjustment)
    case .badness, .rank:
      switch process.badness {
      case nil: return .unknown
      case .neverKilled: return .never
      case .pages(let pages): return self == .rank ? integer(process.oomRank) : .integer(pages)
      }
    }
  }
}
