// SPDX-License-Identifier: MIT

// Each processor caches a few single frames of each zone, which it allocates and frees without touching
// the buddy system.
//
//     hot end                                          cold end
//     first ─▶ frame freed last ⇄ … ⇄ frame freed first ◀─ last
//        ▲ take, free                  take and free with `cold`, refill, drain ▲
//
// *Batch* frames move between it and the buddy system at a time: in, when it is empty; out, from the
// cold end, when it holds more than *high*.
//
// Invariant: count ≤ high after each call; a frame in it has the flag `perCPU`, and is not free in the
// zone's count.
//
// Source: mm/page_alloc.c (rmqueue_pcplist, free_unref_page; hot and cold until Linux 4.14);
// zone_batchsize() and zone_highsize() of 6.12.

/// A processor's free frames of one zone.
public struct PerCPUPages: Sendable, BitwiseCopyable {
  /// The frames, hottest first.
  var list: FrameList
  /// Frames that came from the buddy system.
  public internal(set) var refilled: Int
  /// Frames that went back to it.
  public internal(set) var drained: Int

  /// The frames in it.
  public var count: Int { list.count }
}

extension PageAllocator {
  /// The marks of a zone's per-CPU caches: a batch of about 1/4096 of the zone, at most 63, and a high
  /// mark of the processors' share of the low watermark.
  mutating func setPerCPUMarks(_ zone: Int) {
    guard physical.layout.usesPerCPUPages, zones[zone].managed > 0 else {
      zones[zone].perCPUBatch = 0
      zones[zone].perCPUHigh = 0
      return
    }
    // zone_batchsize(): at most 256 KiB, then one below a power of two.
    let share = max(1, min(zones[zone].managed >> 12, 64))
    let rounded = share + share / 2
    let power = 1 << (Int.bitWidth - 1 - rounded.leadingZeroBitCount)
    let batch = max(1, power - 1)
    // zone_highsize(): the low watermark, split among the processors of the node.
    let node = zones[zone].node
    let sharers = max(1, physical.layout.processors.count { $0 == node })
    let high = max(zones[zone].watermarks.low / sharers, batch * 4)
    zones[zone].perCPUBatch = Int32(batch)
    zones[zone].perCPUHigh = Int32(truncatingIfNeeded: high)
  }

  /// Takes a single frame through this processor's cache.
  @inline(__always)
  mutating func takeCached(_ zone: Int, cold: Bool) -> PageFrameNumber? {
    let cache = zone &* processorCount &+ processorIndex
    if let found = perCPUPages[cache].list.pop(cold ? .last : .first, frames) { return found }
    return refill(zone, cache)
  }

  /// Fills an empty cache with a batch, and takes the first frame of it.
  @inline(never)
  private mutating func refill(_ zone: Int, _ cache: Int) -> PageFrameNumber? {
    let batch = Int(zones[zone].perCPUBatch)
    guard batch > 0 else { return takeBlock(zone, 0) }
    for _ in 0..<batch {
      guard let frame = takeBlock(zone, 0) else { break }
      frames[frame].flags.formUnion(.perCPU)
      // At the end, so that frames are handed out in address order.
      perCPUPages[cache].list.insert(frame, at: .last, frames)
      perCPUPages[cache].refilled &+= 1
    }
    return perCPUPages[cache].list.pop(.first, frames)
  }

  /// Puts a single frame into this processor's cache.
  @inline(__always)
  mutating func giveCached(_ frame: PageFrameNumber, _ zone: Int, cold: Bool) {
    let high = Int(zones[zone].perCPUHigh)
    guard high > 0 else { return giveUncached(frame, zone) }
    frames[frame].flags = [.perCPU, .used]
    let cache = zone &* processorCount &+ processorIndex
    perCPUPages[cache].list.insert(frame, at: cold ? .last : .first, frames)
    if perCPUPages[cache].list.count > high {
      drain(zone, cache, count: Int(zones[zone].perCPUBatch))
    }
  }

  /// Returns a single frame to the buddy system.
  @inline(never)
  private mutating func giveUncached(_ frame: PageFrameNumber, _ zone: Int) {
    frames[frame].flags = .used
    giveBlock(frame, zone, 0)
  }

  /// Returns frames from the cold end.
  @inline(never)
  mutating func drain(_ zone: Int, _ cache: Int, count: Int) {
    for _ in 0..<count {
      guard let frame = perCPUPages[cache].list.pop(.last, frames) else { return }
      frames[frame].flags.remove(.perCPU)
      perCPUPages[cache].drained &+= 1
      giveBlock(frame, zone, 0)
    }
  }

  /// Returns all cached frames to the buddy system, and says how many there were.
  mutating func drainPerCPUPages(of processor: ProcessorNumber? = nil) -> Int {
    var drained = 0
    for zone in 0..<zones.count where zones[zone].managed > 0 {
      for cpu in 0..<processorCount where processor == nil || processor?.rawValue == cpu {
        let cache = zone * processorCount + cpu
        let count = perCPUPages[cache].list.count
        drain(zone, cache, count: count)
        drained += count
      }
    }
    return drained
  }

  /// A processor's cache for a zone.
  func perCPUPages(
    _ processor: ProcessorNumber, zone: ZoneNumber
  ) -> PerCPUPages? {
    guard zone.rawValue >= 0, zone.rawValue < zones.count, processor.rawValue >= 0,
      processor.rawValue < processorCount
    else { return nil }
    return perCPUPages[zone.rawValue * processorCount + processor.rawValue]
  }
}

/// The number of a zone among all of the machine: node × 4 + type.
public struct ZoneNumber: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  /// The number of a node's zone of a type.
  public init(_ type: ZoneType, of node: NodeNumber) {
    rawValue = node.rawValue * ZoneType.count + type.rawValue
  }
}
