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
  /// Who it is, and what it is doing.
  case pid, parent, user, uid, name, command, cgroup, start, state, threads
  /// What it reserves and commits.
  case reserved, committed, ratio, share, peak
  /// What that is made of, and what is beside it.
  case anonymous, file, shared, swap, pagetables, locked, hugetlb, pss, uss, growth
  /// What its control group may use, and does.
  case cgrouplimit, cgroupuse
  /// What the kernel would kill it by.
  case score, adjustment, badness, rank, machinerank, killable

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
    case .share: "RAM%"
    case .cgrouplimit: "CG-LIMIT"
    case .cgroupuse: "CG-USE"
    case .machinerank: "MRANK"
    case .state: "S"
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
    case .start: "when it started"
    case .state: "what it does: R runs, S sleeps, D waits for a device, T is stopped, Z has ended"
    case .threads: "its threads"
    case .share: "committed as a share of the machine's RAM"
    case .peak: "the most committed at once (VmHWM)"
    case .locked: "locked in memory (VmLck)"
    case .hugetlb: "pages of the hugetlb pool, which are no part of committed (HugetlbPages)"
    case .uss: "committed, pages that nobody else has"
    case .cgrouplimit: "the lowest memory limit of its control group and those above it"
    case .cgroupuse: "memory that its control group uses"
    case .machinerank: "the rank on the machine, where rank is that of a control group's limit"
    case .killable: "whether the kernel would kill it at all"
    case .score: "oom_score"
    case .adjustment: "oom_score_adj"
    case .badness: "what the kernel chooses its victim by, in pages"
    case .rank: "1 is killed first when memory runs out (with --cgroup: that of its limit)"
    }
  }

  /// Whether the cells stand at the right edge of their column.
  public var isNumeric: Bool {
    switch self {
    case .user, .name, .command, .cgroup, .start, .state, .killable: false
    default: true
    }
  }

  /// Whether the largest value comes first unless the other order is asked for.
  public var isDescending: Bool {
    switch self {
    case .pid, .parent, .user, .uid, .name, .command, .cgroup, .start, .state: false
    case .rank, .machinerank, .killable: false
    default: true
    }
  }

  /// The columns that most values take.
  public var usualWidth: Int {
    switch self {
    case .name, .command, .cgroup: 0
    case .state: 1
    case .score, .adjustment: 4
    case .rank, .machinerank: 5
    case .ratio, .share: 6
    case .start: 19
    case .pid, .parent, .uid, .threads: 7
    case .user, .badness, .killable: 8
    case .growth: 10
    default: 9
    }
  }

  /// What has to be read besides for this column.
  public var details: ProcessDetails {
    switch self {
    case .pss, .uss: .proportional
    case .start: .start
    case .state, .threads, .peak, .locked, .hugetlb: .status
    case .cgrouplimit, .cgroupuse: .cgroupMemory
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
  /// Seconds since 1970.
  case time(Double)
  /// Yes or no.
  case flag(Bool)
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
    case .start: return process.startTime.map(FieldValue.time) ?? .unknown
    case .state:
      return text(process.state.map { String(Character(Unicode.Scalar($0.rawValue))) })
    case .threads: return integer(process.threads)
    case .reserved: return bytes(process.reserved)
    case .committed: return bytes(process.committed)
    case .ratio:
      if let ratio = process.committedRatio { return .ratio(ratio) }
      return process.reserved == nil || process.committed == nil ? .unknown : .notApplicable
    case .share: return process.ramShare.map(FieldValue.ratio) ?? .unknown
    case .peak: return bytes(process.peakCommitted)
    case .locked: return bytes(process.locked)
    case .hugetlb: return bytes(process.hugetlb)
    case .uss: return bytes(process.unique)
    case .cgrouplimit:
      guard let memory = process.cgroupMemory else { return .unknown }
      return memory.limit.map(FieldValue.bytes) ?? .notApplicable
    case .cgroupuse: return bytes(process.cgroupMemory?.use)
    case .anonymous: return bytes(process.anonymous)
    case .file: return bytes(process.file)
    case .shared: return bytes(process.shared)
    case .swap: return bytes(process.swap)
    case .pagetables: return bytes(process.pageTables)
    case .pss: return bytes(process.proportional)
    case .growth: return process.growth.map(FieldValue.growth) ?? .notApplicable
    case .score: return integer(process.oomScore)
    case .adjustment: return integer(process.oomScoreAdjustment)
    case .machinerank:
      if process.badness == .neverKilled { return .never }
      return process.machineRank.map(FieldValue.integer) ?? rankValue(of: process)
    case .rank: return rankValue(of: process)
    case .killable: return process.badness.map { .flag($0 != .neverKilled) } ?? .unknown
    case .badness:
      switch process.badness {
      case nil: return .unknown
      case .neverKilled: return .never
      case .pages(let pages): return .integer(pages)
      }
    }
  }

  private func rankValue(of process: ProcessStatistics) -> FieldValue {
    switch process.badness {
    case nil: .unknown
    case .neverKilled: .never
    case .pages: process.oomRank.map(FieldValue.integer) ?? .unknown
    }
  }
}
