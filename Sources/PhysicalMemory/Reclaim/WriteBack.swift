// SPDX-License-Identifier: MIT

// Writing takes time: a device takes so many pages a tick, and what is being written can't be reclaimed.
//
//     dirty ──startWrite──▶ writeBack, in the queue ──a tick later or more──▶ clean
//
// Dirty pages of files are written when reclaim meets them, when they are old, and when there are many.
// Contents are copied to the device when the write starts, as the device's own access would.
//
// Invariant: a frame has `writeBack` iff it is in the queue, once.

/// What is on the way to its device, in order.
struct WriteBackQueue {
  /// Pages that the device takes a tick: 128 MiB/s with ticks of a millisecond.
  static let pagesPerTick = 32
  /// Ticks after which a dirty page is written (dirty_expire_centisecs).
  static let expiry = 30_000

  var frames: [PageFrameNumber] = []
  /// The first of them that is not yet written.
  var first = 0
  /// When pages of files became dirty, oldest first; some have been written since.
  var dirtied: [(frame: PageFrameNumber, at: Int)] = []

  var pending: Int { frames.count - first }
}

extension Machine {
  /// Pages on the way to their devices.
  public var pendingWrites: Int { reclaim.writeBack.pending }

  /// Begins to write a dirty page of a file, or an anonymous page that has a slot.
  ///
  /// - Throws: ``MachineError/host(_:)`` where the page is in high memory and the host refuses a mapping
  ///   of it; then it stays dirty.
  mutating func startWrite(_ frame: PageFrameNumber) throws(MachineError) {
    do throws(MachineError) {
      try writeToDevice(frame)
    } catch {
      pages.events.refusedWrites += 1
      throw error
    }
    clearDirty(frame)
    frames[frame].flags.formUnion(.writeBack)
    pages.add(1, to: .writeBack, of: frame)
    zones[Int(frames[frame].zoneIndex)].writePending += 1
    reclaim.writeBack.frames.append(frame)
  }

  private mutating func writeToDevice(_ frame: PageFrameNumber) throws(MachineError) {
    let flags = frames[frame].flags
    if flags.contains(.swapCache) {
      let slot = SwapSlot(rawValue: UInt32(truncatingIfNeeded: frames[frame].privateData))
      try unsafe withBytes(of: frame) { bytes in
        unsafe reclaim.swap.device.write(Int(slot.rawValue), from: bytes)
      }
      pages.events.swappedOut += 1
    } else {
      let file = reclaim.pageCache.files[Int(frames[frame].owner.number)]
      let page = file.start + Int(frames[frame].index)
      try unsafe withBytes(of: frame) { bytes in
        unsafe reclaim.pageCache.disk!.write(page, from: bytes)
      }
      pages.events.pagesOut += 1
    }
  }

  /// Ends the writes that a device has done by now. Pages that reclaim waits for go where it looks
  /// first.
  mutating func finishWrites() {
    let count = min(WriteBackQueue.pagesPerTick, reclaim.writeBack.pending)
    for _ in 0..<count {
      let frame = reclaim.writeBack.frames[reclaim.writeBack.first]
      reclaim.writeBack.first += 1
      endWrite(frame)
      let flags = frames[frame].flags
      if flags.contains(.lru), !flags.contains(.active), frames[frame].mapCount == 0 {
        unlink(frame)
        link(frame, first: false)
      }
    }
    if reclaim.writeBack.first > 1024, reclaim.writeBack.pending < reclaim.writeBack.first {
      reclaim.writeBack.frames.removeFirst(reclaim.writeBack.first)
      reclaim.writeBack.first = 0
    }
  }

  private mutating func endWrite(_ frame: PageFrameNumber) {
    frames[frame].flags.remove(.writeBack)
    pages.add(-1, to: .writeBack, of: frame)
    pages.add(1, to: .everWritten, of: frame)
    zones[Int(frames[frame].zoneIndex)].writePending -= 1
  }

  /// Takes a page out of the queue whose contents nobody wants any more.
  mutating func forgetWrite(_ frame: PageFrameNumber) {
    let pending = reclaim.writeBack.first..<reclaim.writeBack.frames.count
    if let place = reclaim.writeBack.frames[pending].firstIndex(of: frame) {
      reclaim.writeBack.frames.remove(at: place)
    }
    endWrite(frame)
  }

  /// Writes pages that have been dirty for long, and more where a tenth of memory is dirty.
  mutating func writeOldPages() {
    var started = 0
    while started < WriteBackQueue.pagesPerTick, let oldest = reclaim.writeBack.dirtied.first {
      let isDue = clock.now - oldest.at >= WriteBackQueue.expiry
      guard isDue || count(.dirty) * 10 > freeFrames + count(.filePages) else { return }
      let flags = frames[oldest.frame].flags
      guard flags.contains(.dirty), frames[oldest.frame].owner.kind == .file,
        !flags.contains(.writeBack)
      else {
        reclaim.writeBack.dirtied.removeFirst()
        continue
      }
      // Where the host refuses, it stays dirty and the first, and is tried again with the next tick.
      guard (try? startWrite(oldest.frame)) != nil else { return }
      reclaim.writeBack.dirtied.removeFirst()
      started += 1
    }
  }

  /// Writes every dirty page, and lets the time pass that it takes (sync).
  ///
  /// - Throws: ``MachineError/host(_:)`` where the host refuses a mapping of a page in high memory; all
  ///   others are written, and what is not stays dirty.
  public mutating func sync() throws(MachineError) {
    var failure: MachineError?
    for (frame, _) in reclaim.writeBack.dirtied {
      let flags = frames[frame].flags
      guard flags.contains(.dirty), frames[frame].owner.kind == .file,
        !flags.contains(.writeBack)
      else { continue }
      do throws(MachineError) { try startWrite(frame) } catch { failure = error }
    }
    reclaim.writeBack.dirtied = reclaim.writeBack.dirtied.filter {
      frames[$0.frame].flags.contains(.dirty) && frames[$0.frame].owner.kind == .file
    }
    while reclaim.writeBack.pending > 0, !clock.isTicking { tick() }
    if let failure { throw failure }
  }

  /// Lets a tick pass where something is being written; false where nothing is, or nobody may wait.
  mutating func waitForWriteBack() -> Bool {
    guard reclaim.writeBack.pending > 0, !clock.isTicking else { return false }
    tick()
    return true
  }
}
