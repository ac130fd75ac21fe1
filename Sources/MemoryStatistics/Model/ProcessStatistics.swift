// SPDX-License-Identifier: MIT

// One process's memory at one moment. The words are those of Pages/MemoryUsage.swift:
//
//   reserved  = address space (VmSize)
//   committed = page frames behind it (VmRSS) = anonymous + file + shared
//
// A frame that several processes map counts as committed in each of them; `proportional` divides it
// among them. What could not be read is nil, and never 0: a sum over rows has to say what it lacks.
// What is known to be nothing is 0: a kernel thread has no address space, and so reserves 0 bytes.

public import Pages

/// The memory of one process.
public struct ProcessStatistics: Sendable, Hashable {
  /// Whether there is memory to speak of.
  public enum AddressSpace: Sendable, Hashable {
    /// A program's.
    case present
    /// None: a kernel thread, or a process that has ended and waits for its parent.
    case absent
    /// The kernel does not tell.
    case unknown
  }

  /// Its number.
  public var pid: ProcessIdentifier
  /// The process that it is a child of.
  public var parent: ProcessIdentifier?
  /// The real user.
  public var userID: UInt32?
  /// The command's name as the kernel keeps it: 15 bytes at most for a program.
  public var name: String?
  /// What it is the same address space by.
  public var addressSpace: AddressSpace

  /// Address space (VmSize).
  public var reserved: ByteCount?
  /// Memory in page frames (VmRSS).
  public var committed: ByteCount?
  /// Committed, the process's own (RssAnon).
  public var anonymous: ByteCount?
  /// Committed, of files (RssFile).
  public var file: ByteCount?
  /// Committed, shared memory (RssShmem).
  public var shared: ByteCount?
  /// In swap (VmSwap).
  public var swap: ByteCount?
  /// Page tables (VmPTE).
  public var pageTables: ByteCount?

  /// What /proc/PID/oom_score shows: 0 to 1,333.
  public var oomScore: Int?
  /// What the user or the administrator set: -1,000 (never) to 1,000 (first).
  public var oomScoreAdjustment: Int?
  /// What the kernel chooses its victim by.
  public var badness: Badness?
  /// 1 for the process that the kernel would kill first, or nil where it would never be killed.
  public var oomRank: Int?

  /// The lowest pid that has the same address space, where several processes share one.
  public var addressSpaceOwner: ProcessIdentifier?
  /// How much `committed` has grown since the snapshot before, or nil where there is none.
  public var growth: ByteCount?
  /// Tells processes apart that had one pid one after the other; rises.
  public var generation = 0

  // On request: see ``ProcessDetails``.

  /// Committed memory with every shared frame divided by the number of its users (PSS).
  public var proportional: ByteCount?
  /// The arguments, joined by spaces.
  public var commandLine: String?
  /// Its control group's path.
  public var cgroup: String?

  /// Creates a row of which nothing is known but the pid.
  public init(pid: ProcessIdentifier) {
    self.pid = pid
    addressSpace = .unknown
  }

  /// Committed as a share of reserved, or nil where nothing is reserved or it is not known.
  public var committedRatio: Double? {
    guard let reserved, let committed, reserved > 0 else { return nil }
    return Double(committed.rawValue) / Double(reserved.rawValue)
  }

  /// Records that there is no memory, which is known and no gap.
  mutating func setNoAddressSpace() {
    addressSpace = .absent
    reserved = 0
    committed = 0
    anonymous = 0
    file = 0
    shared = 0
    swap = 0
    pageTables = 0
  }
}
