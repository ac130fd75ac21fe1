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

/// What a process is doing, by the letter that /proc/PID/status has.
public struct TaskState: RawRepresentable, Sendable, Hashable {
  public var rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Whether its first thread has ended; others may go on.
  public var hasEnded: Bool { rawValue == UInt8(ascii: "Z") || rawValue == UInt8(ascii: "X") }
}

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
  /// What it is doing: R, S, D, T, Z and others.
  public var state: TaskState?
  /// How many threads it has.
  public var threads: Int?
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
  /// The most that was committed at once (VmHWM).
  public var peakCommitted: ByteCount?
  /// Locked in memory (VmLck).
  public var locked: ByteCount?
  /// Pages of the hugetlb pool, which are no part of committed (HugetlbPages).
  public var hugetlb: ByteCount?
  /// Committed as a share of the machine's RAM.
  public var ramShare: Double?

  /// What /proc/PID/oom_score shows: 0 to 1,333.
  public var oomScore: Int?
  /// What the user or the administrator set: -1,000 (never) to 1,000 (first).
  public var oomScoreAdjustment: Int?
  /// What the kernel chooses its victim by.
  public var badness: Badness?
  /// 1 for the process that the kernel would kill first, or nil where it would never be killed.
  public var oomRank: Int?
  /// The rank when the machine's memory runs out, where `oomRank` and `badness` are those of a control
  /// group's limit.
  public var machineRank: Int?

  /// The lowest pid that has the same address space, where several processes share one.
  public var addressSpaceOwner: ProcessIdentifier?
  /// Whether it may share its address space with another row, which the kernel refused to tell.
  public var isComparisonRefused = false
  /// Why something could not be read: an errno.
  var failure: Int32?
  /// The process that it is a thread of, by /proc.
  var threadGroup: ProcessIdentifier?
  /// A thread that has the memory, where the first one has ended and others go on.
  var memoryThread: ProcessIdentifier?
  /// How much `committed` has grown since the snapshot before, or nil where there is none.
  public var growth: ByteCount?
  /// Tells processes apart that had one pid one after the other; rises.
  public var generation = 0

  // On request: see ``ProcessDetails``.

  /// Committed memory with every shared frame divided by the number of its users (PSS).
  public var proportional: ByteCount?
  /// Committed memory that nobody else has (USS).
  public var unique: ByteCount?
  /// The arguments, joined by spaces.
  public var commandLine: String?
  /// The whole name of its program, where the kernel has only its beginning.
  public var fullName: String?
  /// Its control group's path.
  public var cgroup: String?
  /// The limit on its control group, and what the group uses.
  public var cgroupMemory: CgroupMemory?
  /// When it started, in seconds since 1970.
  public var startTime: Double?

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

  /// Why something of it could not be read, in the C library's words.
  public var gapReason: String? { failure.map(Kernel.errorText) }

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
    peakCommitted = 0
    locked = 0
    hugetlb = 0
  }

  /// Whether the first thread has ended and others go on: what it says of memory is not theirs.
  var hasExitedLeader: Bool { state?.hasEnded == true && (threads ?? 1) > 1 }

  /// The task to ask for the memory.
  var memoryTask: ProcessIdentifier { memoryThread ?? pid }

  /// Takes the memory of a thread, which is that of its process.
  mutating func takeMemory(of thread: ProcessIdentifier, as status: ProcessStatistics) {
    memoryThread = thread
    addressSpace = status.addressSpace
    reserved = status.reserved
    committed = status.committed
    anonymous = status.anonymous
    file = status.file
    shared = status.shared
    swap = status.swap
    pageTables = status.pageTables
    peakCommitted = status.peakCommitted
    locked = status.locked
    hugetlb = status.hugetlb
  }
}
