// SPDX-License-Identifier: MIT

// How far the model and a real kernel agree: free blocks by zone and order at each snapshot.
//
// Terms: the *agreement* of two lists of blocks is the share of free frames that lie in blocks of the
// same order in both: Σ 2^k × min(a, b) over the larger one's frames; 1 is equality. The agreement between
// the kernel's first snapshot and a later one says how much changed.

internal import PhysicalMemory

/// Free blocks of a zone, by order, as the kernel has them and as the model has them.
public struct ZoneAgreement: Sendable, Encodable {
  /// The zone's name.
  public var zone: String
  /// The kernel's, from /proc/buddyinfo.
  public var kernel: [Int]
  /// The kernel's at the first snapshot.
  public var before: [Int]
  /// The model's, with each block at the kernel's place.
  public var blocks: [Int] = []
  /// The model's, with places of its own.
  public var lists: [Int] = []
  /// The model's, from requests alone.
  public var requests: [Int] = []
  /// Frames in the kernel's per-CPU lists.
  public var kernelCached: Int
  /// Frames in the model's own per-CPU lists, from requests alone.
  public var modelCached = 0

  /// The share of free frames in blocks of the same order.
  public static func agreement(_ left: [Int], _ right: [Int]) -> Double {
    let frames = max(free(left), free(right))
    guard frames > 0 else { return 1 }
    let shared = left.indices.reduce(0) { $0 + min(left[$1], right[$1]) << $1 }
    return Double(shared) / Double(frames)
  }

  /// Frames in blocks.
  public static func free(_ blocks: [Int]) -> Int {
    blocks.indices.reduce(0) { $0 + blocks[$1] << $1 }
  }
}

/// A snapshot and the model at the same moment.
public struct MomentAgreement: Sendable, Encodable {
  /// The snapshot's name.
  public var name: String
  /// Events since the first snapshot.
  public var events: Int
  /// Blocks that moved while the snapshot was taken; 0: it is consistent.
  public var moved: Int
  /// Zones with memory, lowest first.
  public var zones: [ZoneAgreement] = []
  /// Frames that are free in the kernel alone, with each block prescribed.
  public var freeInKernelOnly = 0
  /// Frames that are free in the model alone, with each block prescribed.
  public var freeInModelOnly = 0
  /// Frames that left the kernel's per-CPU lists without an event since the first snapshot: by their
  /// counts before and after, and the events between.
  public var leftListsUnseen = 0
  /// What the replays met since the first snapshot, by depth.
  public var figures: [String: ReplayFigures] = [:]
  /// What /proc/vmstat says of compaction and reclaim since the first snapshot.
  public var counters: [String: Int] = [:]
}

/// A recording, replayed at every depth.
public struct KernelComparison: Sendable, Encodable {
  /// The kernel's name and version.
  public var kernel: String
  /// How many processors the machine has.
  public var processors: Int
  /// Frames of RAM.
  public var ramFrames: Int
  /// Events by kind.
  public var events: [String: Int] = [:]
  /// Takes that crossed mobility types.
  public var fallbacks: Int
  /// Events that the kernel dropped.
  public var lost: Int
  /// Each snapshot, in the order of time.
  public var moments: [MomentAgreement] = []
  /// Invariants of the model's machines that are broken at the end.
  public var broken: [String] = []

  /// Counters that explain differences.
  static let counters = [
    "compact_isolated", "compact_stall", "pgmigrate_success", "pswpout", "pgsteal_kswapd",
    "pgsteal_direct", "thp_fault_alloc",
  ]

  /// Replays a recording three times.
  ///
  /// - Throws: ``PageRecordingError`` if its machine is one that the model cannot build.
  public init(_ recording: borrowing PageRecording) throws(PageRecordingError) {
    let first = recording.snapshots[0]
    kernel = recording.kernel
    processors = first.zones[0].cached.count
    ramFrames = recording.ram.reduce(0) { $0 + $1.count }
    lost = recording.lost
    fallbacks = recording.events.count { $0.isFallback }
    for kind in PageEvent.Kind.allCases {
      events["\(kind)"] = recording.events.count { $0.kind == kind }
    }
    moments = recording.snapshots.map { Self.moment($0, in: recording) }
    for depth in ReplayDepth.allCases {
      var replay = try PageReplay.beginning(recording, depth: depth)
      for index in moments.indices {
        let snapshot = recording.snapshots[index]
        if index > 0 { try replay.run(recording, to: snapshot.events.lowerBound) }
        replay.note(in: &moments[index], snapshot)
      }
      broken += replay.machine.checkInvariants().map { "\(depth.rawValue): \($0)" }
    }
  }

  /// What the recording alone says about a snapshot.
  private static func moment(
    _ snapshot: PageSnapshot, in recording: borrowing PageRecording
  ) -> MomentAgreement {
    let first = recording.snapshots[0]
    let moved = snapshot.events.count { recording.events[$0].moved != 0 }
    let start = recording.firstEvent
    let end = max(start, snapshot.events.lowerBound)
    var moment = MomentAgreement(name: snapshot.name, events: end - start, moved: moved)
    for (before, after) in zip(first.zones, snapshot.zones) {
      moment.zones.append(
        ZoneAgreement(
          zone: after.type.description, kernel: after.blocks, before: before.blocks,
          kernelCached: after.cachedFrames))
    }
    let entered = (start..<end).reduce(0) { $0 + recording.events[$1].enteredLists }
    let cached = first.zones.reduce(0) { $0 + $1.cachedFrames }
    moment.leftListsUnseen =
      cached + entered - snapshot.zones.reduce(0) { $0 + $1.cachedFrames }
    for name in counters {
      guard let after = snapshot.counters[name], let before = first.counters[name] else { continue }
      moment.counters[name] = after - before
    }
    return moment
  }
}

extension PageEvent {
  /// Frames by which the buddy system grew or shrank.
  fileprivate var moved: Int {
    switch kind {
    case .take: -frames.count
    case .drain: frames.count
    case .free: PageRecording.hasPerCPULists(Int(order)) ? 0 : frames.count
    case .allocate: 0
    }
  }

  /// Frames by which the per-CPU lists grew or shrank. A block that they don't keep is taken and
  /// allocated at once.
  fileprivate var enteredLists: Int {
    switch kind {
    case .take: frames.count
    case .allocate, .drain: -frames.count
    case .free: PageRecording.hasPerCPULists(Int(order)) ? frames.count : 0
    }
  }
}

extension PageReplay {
  /// Records the model's free blocks.
  fileprivate func note(in moment: inout MomentAgreement, _ snapshot: PageSnapshot) {
    for index in moment.zones.indices {
      let zone = snapshot.zones[index].type.rawValue
      let record = machine.zones[zone]
      let blocks = (0..<Order.count).map { record.freeBlocks(Order(unchecked: $0)) }
      switch depth {
      case .blocks: moment.zones[index].blocks = blocks
      case .lists: moment.zones[index].lists = blocks
      case .requests:
        moment.zones[index].requests = blocks
        moment.zones[index].modelCached = (0..<machine.layout.processors.count).reduce(0) {
          $0 + machine.pages.cachedFrames(zone, $1)
        }
      }
    }
    moment.figures[depth.rawValue] = figures
    guard depth == .blocks else { return }
    var isFree = [Bool](repeating: false, count: machine.spannedFrames)
    for stretch in snapshot.free {
      for frame in stretch where frame < isFree.count { isFree[frame] = true }
    }
    for order in 0..<Order.count {
      for block in machine.pages.listedBlocks(order) {
        for frame in block.index..<block.index + 1 << order {
          if !isFree[frame] { moment.freeInModelOnly += 1 }
          isFree[frame] = false
        }
      }
    }
    moment.freeInKernelOnly = isFree.count { $0 }
  }
}
