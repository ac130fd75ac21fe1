// SPDX-License-Identifier: MIT

// Taking a block at a given place, and giving a machine the state of a real one.
//
//     order 2 │     free      │          take frame 5 of order 0:
//     order 1 │ free  │   5   │          halves that do not hold it go to their lists
//     order 0 │ free  │ f │ 5 │
//
// A frame that the real kernel uses is allocated here, each for itself (split_page): how it was asked
// for is not known, and what was asked for together may come back in pieces.
//
// Source: take_page_off_buddy() and break_down_buddy_pages() of mm/page_alloc.c, Linux 6.12.

internal import Pages

extension Machine {
  /// The machine of a recording, in the state of its first snapshot: zones' marks, free frames. What
  /// the kernel holds in per-CPU lists counts as allocated.
  static func beginning(
    _ recording: borrowing PageRecording
  ) throws(PageRecordingError) -> Machine {
    let first = recording.snapshots[0]
    var layout = MachineLayout(
      .x86_64,
      ranges: recording.ram.map { range in
        MachineLayout.Range(
          start: PhysicalAddress(rawValue: UInt64(range.lowerBound) << 12),
          size: ByteCount(range.count << 12))
      },
      processors: Array(repeating: 0, count: first.zones[0].cached.count))
    layout.hasDMAZone = first.zones.contains { $0.type == .dma }
    var machine = try built(layout)
    for zone in first.zones { machine.adopt(zone) }
    machine.takeAll()
    for stretch in first.free {
      for frame in stretch {
        let number = PageFrameNumber(index: frame)
        guard machine.isTaken(number) else {
          throw PageRecordingError(problem: .noSuchFrame(frame), line: first.line)
        }
        machine.unsettle(number, count: 1)
        machine.giveBlock(number, Int(machine.frames[number].zoneIndex), 0)
      }
    }
    return machine
  }

  private static func built(_ layout: MachineLayout) throws(PageRecordingError) -> Machine {
    do throws(MachineError) {
      return try Machine(layout)
    } catch {
      throw PageRecordingError(problem: .machine(error), line: 0)
    }
  }

  /// A zone's marks, as a kernel has them.
  private mutating func adopt(_ zone: PageSnapshot.Zone) {
    let number = zone.type.rawValue
    zones[number].watermarks = Watermarks(min: zone.min, low: zone.low, high: zone.high)
    for type in 0..<min(ZoneType.count, zone.protection.count) {
      zones[number].lowmemReserve[type] = zone.protection[type]
    }
    zones[number].perCPUBatch = Int32(clamping: zone.batch)
    zones[number].perCPUHigh = Int32(clamping: max(zone.cachedHigh.max() ?? 0, zone.batch * 4))
  }

  /// Leaves nothing free.
  private mutating func takeAll() {
    for zone in 0..<zones.count {
      for order in stride(from: Order.count - 1, through: 0, by: -1) {
        while let block = takeBlock(zone, order) { settle(block, zone, count: 1 << order) }
      }
    }
  }

  /// Makes frames allocated, each for itself.
  mutating func settle(_ block: PageFrameNumber, _ zone: Int, count: Int) {
    for offset in 0..<UInt32(count) {
      let frame = PageFrameNumber(rawValue: block.rawValue + offset)
      frames[frame].flags = [.allocated, .used]
      frames[frame].blockOrder = 0
      frames[frame].zoneIndex = UInt16(truncatingIfNeeded: zone)
      frames[frame].referenceCount = 1
    }
  }

  /// Makes frames that were allocated each for itself one block without a state, as
  /// ``giveBlock(_:_:_:)`` wants it.
  mutating func unsettle(_ block: PageFrameNumber, count: Int) {
    for offset in 0..<UInt32(count) {
      let frame = PageFrameNumber(rawValue: block.rawValue + offset)
      frames[frame].flags = offset == 0 ? .used : []
      frames[frame].referenceCount = 0
    }
  }

  /// Whether a frame is RAM that is allocated.
  func isTaken(_ frame: PageFrameNumber) -> Bool {
    frame.index < spannedFrames && frames[frame].flags.contains(.allocated)
  }

  /// The free block that a frame is part of.
  func freeBlock(around frame: PageFrameNumber, in zone: Int) -> (PageFrameNumber, order: Int)? {
    for order in 0..<Order.count {
      let head = PageFrameNumber(rawValue: frame.rawValue & ~(1 << UInt32(order) - 1))
      let record = frames[head]
      if record.flags.contains(.buddy), Int(record.zoneIndex) == zone {
        // A free block that begins here and ends before the frame is another one.
        return Int(record.blockOrder) >= order ? (head, Int(record.blockOrder)) : nil
      }
    }
    return nil
  }

  /// Takes the block of an order at a place.
  ///
  /// - Returns: whether it is free as a whole; else nothing has changed.
  mutating func takeBlock(_ block: PageFrameNumber, _ zone: Int, _ order: Int) -> Bool {
    guard let (head, from) = freeBlock(around: block, in: zone), from >= order else { return false }
    zones[zone].areas[from].remove(head, frames)
    zones[zone].noteFilled(from)
    zones[zone].free -= 1 << order
    let used = frames[head].flags.intersection(.used)
    frames[head].flags = used
    for smaller in stride(from: from - 1, through: order, by: -1) {
      let half = PageFrameNumber(rawValue: block.rawValue & ~(1 << UInt32(smaller) - 1))
      let other = PageFrameNumber(rawValue: half.rawValue ^ 1 << UInt32(smaller))
      zones[zone].markFree(other, zone, smaller, used, frames)
    }
    frames[block].flags = used
    return true
  }

  /// Puts an allocated frame at the cold end of the current processor's cache.
  mutating func cacheAtBoot(_ frame: PageFrameNumber) {
    let zone = Int(frames[frame].zoneIndex)
    frames[frame].flags = [.perCPU, .used]
    frames[frame].referenceCount = 0
    perCPUPages[zone * processorCount + processorIndex].list.insert(frame, at: .last, frames)
  }
}
