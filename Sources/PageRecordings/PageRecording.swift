// SPDX-License-Identifier: MIT

// A recording of a real kernel's page allocator: snapshots of what it held, and every event between them.
// Kernel/scripts/record-pages makes one and describes the format.
//
//     snapshot ── events ── snapshot ── events ── snapshot
//
// Linux traces frames at two levels, with these events:
//
//                 allocate ▲      │ free                 (a request)
//                          │      ▼
//              per-CPU lists, of the orders 0 to 3 and 9
//                    take ▲      │ drain                 (a block)
//                         │      ▼
//                    buddy system of the zone
//
// A request for a block of another order does both at once: its take is traced; for its free, `free` alone
// says that the block went to the buddy system.
//
// Source: include/trace/events/kmem.h, pcp_allowed_order() of mm/page_alloc.c, Linux 6.12.

public import PhysicalMemory

/// What a kernel's page allocator did, and what it held before and after.
public struct PageRecording: Sendable {
  /// The kernel's name and version.
  public internal(set) var kernel = ""
  /// RAM, as numbers of frames, lowest first.
  public internal(set) var ram: [Range<Int>] = []
  /// What was held, at moments in the order of time.
  public internal(set) var snapshots: [PageSnapshot] = []
  /// What happened, in the order of time.
  public internal(set) var events: [PageEvent] = []
  /// Events that the kernel dropped.
  public internal(set) var lost = 0

  /// The orders that per-CPU lists keep.
  static func hasPerCPULists(_ order: Int) -> Bool { order <= 3 || order == 9 }
}

/// One act of a kernel's page allocator.
public struct PageEvent: Sendable, Hashable, BitwiseCopyable {
  /// What was done.
  public enum Kind: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    /// A request was served.
    case allocate
    /// A block came back.
    case free
    /// A block left the buddy system.
    case take
    /// A block went from a per-CPU list to the buddy system.
    case drain
  }

  /// What was done.
  public var kind: Kind
  /// The block's order.
  public var order: UInt8
  /// Whether the take crossed from one mobility type's blocks to another's.
  public var isFallback = false
  /// The processor.
  public var processor: UInt16
  /// The first frame.
  public var frame: UInt32
  /// The line that tells of it.
  public var line: UInt32
  /// What the request said of zones and reserves; of `allocate` alone.
  public var flags: GFPFlags

  /// The frames.
  public var frames: Range<Int> { Int(frame)..<Int(frame) + 1 << Int(order) }
}

/// What a kernel's page allocator held at one moment.
public struct PageSnapshot: Sendable {
  /// A zone's figures.
  public struct Zone: Sendable {
    /// Which zone it is.
    public var type: ZoneType
    /// Free blocks by order, as /proc/buddyinfo has them.
    public var blocks: [Int] = []
    /// Frames that the buddy system manages.
    public var managed = 0
    /// The lowest watermark, in frames.
    public var min = 0
    /// The watermark at which kswapd is woken, in frames.
    public var low = 0
    /// The watermark at which kswapd goes to sleep, in frames.
    public var high = 0
    /// Frames reserved against requests that could use higher zones (protection), by the highest.
    public var protection: [Int] = []
    /// Frames in each processor's lists.
    public var cached: [Int] = []
    /// How many each processor's lists may have before they are drained.
    public var cachedHigh: [Int] = []
    /// Frames that a refill or a drain moves at once.
    public var batch = 0

    /// Frames in the buddy system.
    public var free: Int { blocks.indices.reduce(0) { $0 + blocks[$1] << $1 } }
    /// Frames in all per-CPU lists.
    public var cachedFrames: Int { cached.reduce(0, +) }
  }

  /// Its name.
  public var name: String
  /// Zones with memory, lowest first.
  public var zones: [Zone] = []
  /// Stretches of frames that are in the buddy system.
  public var free: [Range<Int>] = []
  /// Counters of /proc/vmstat.
  public var counters: [String: Int] = [:]
  /// Events of the recording before the look began, and before it ended.
  public var events = 0..<0
  /// Which attempt it was.
  var attempt = 0
  /// The line at which it begins.
  var line = 0

  /// Free blocks by order that the stretches make up, where no two free buddies stand side by side.
  ///
  /// - Parameter limits: where zones end: no block crosses one.
  public func blocks(below limits: [Int] = []) -> [Int] {
    var counts = [Int](repeating: 0, count: Order.count)
    for stretch in free {
      var frame = stretch.lowerBound
      while frame < stretch.upperBound {
        let end = min(stretch.upperBound, limits.first { $0 > frame } ?? .max)
        var order = min(frame.trailingZeroBitCount, Order.count - 1)
        while frame + 1 << order > end { order -= 1 }
        counts[order] += 1
        frame += 1 << order
      }
    }
    return counts
  }
}

/// Why a text is not a recording, and on which line.
public struct PageRecordingError: Error, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Problem: Error, Hashable {
    /// A malformed line.
    case malformed(String)
    /// Something that this recording lacks.
    case missing(String)
    /// An event of a frame that is not RAM.
    case noSuchFrame(Int)
    /// An order that the model does not have.
    case noSuchOrder(Int)
    /// A machine that the model cannot build.
    case machine(MachineError)
  }

  /// What is wrong.
  public var problem: Problem
  /// The line, from 1; 0 if no line is to blame.
  public var line: Int

  public var description: String {
    let text =
      switch problem {
      case .malformed(let what): "this is no \(what)"
      case .missing(let what): "\(what) is missing"
      case .noSuchFrame(let frame): "there is no RAM at page frame 0x\(String(frame, radix: 16))"
      case .noSuchOrder(let order): "order \(order) does not exist: 0 to 10"
      case .machine(let error): "\(error)"
      }
    return line == 0 ? text : "line \(line): \(text)"
  }
}
