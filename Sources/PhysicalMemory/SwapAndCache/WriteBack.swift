// SPDX-License-Identifier: MIT

// Writing takes time: a device accepts a number of pages per tick, and pages being written cannot be
// reclaimed.
//
//     dirty ──startWrite──▶ writeBack, in the queue ──a tick later or more──▶ clean
//
// Dirty pages of files are written when reclaim meets them, when they are old, and when there are many.
// Contents are copied to the device when the write starts, as the device's own access would.
//
// Invariant: a frame has `writeBack` iff it is in the queue, once.

/// What is on the way to its device, in order.
struct WriteBackQueue: ~Copyable {
  /// Pages that the device takes a tick: 128 MiB/s with ticks of a millisecond.
  static let pagesPerTick = 32
  /// Ticks after which a dirty page is written (dirty_expire_centisecs).
  static let expiry = 30_000

  private var frames: [PageFrameNumber] = []
  /// The first of them that is not yet written.
  private var first = 0
  /// When pages of files became dirty, oldest first; some have been written since.
  fileprivate(set) var dirtied: [(frame: PageFrameNumber, at: Int)] = []

  /// How many are on their way.
  var count: Int { frames.count - first }
  /// What is on its way, in order.
  var pending: ArraySlice<PageFrameNumber> { frames[first...] }

  fileprivate mutating func append(_ frame: PageFrameNumber) { frames.append(frame) }

  fileprivate mutating func popFirst() -> PageFrameNumber? {
    guard first < frames.count else { return nil }
    first += 1
    return frames[first - 1]
  }

  fileprivate mutating func remove(_ frame: PageFrameNumber) {
    if let place = pending.firstIndex(of: frame) { frames.remove(at: place) }
  }

  /// Gives back the room of what was written, where that is most of it.
  fileprivate mutating func compact() {
    guard first > 1024, count < first else { return }
    frames.removeFirst(first)
    first = 0
  }

  /// Notes that a page of a file became dirty.
  mutating func noteDirty(_ frame: PageFrameNumber, at now: Int) { dirtied.append((frame, now)) }

  fileprivate mutating func forgetOldest() { dirtied.removeFirst() }

  fileprivate mutating func keepDirtied(_ isKept: (PageFrameNumber) -> Bool) {
    dirtied = dirtied.filter { isKept($0.frame) }
  }
}

extension SwapAndCache {
  /// Begins to write a dirty page of a file, or an anonymous page that has a slot.
  ///
  /// - Throws: ``MachineError/host(_:)`` where the page is in high memory and the host refuses a mapping
  ///   of it; then it stays dirty.
  mutating func startWrite(
    _ frame: PageFrameNumber, _ pages: inout PageAllocator
  ) throws(MachineError) {
    assert(!pages.frames[frame].flags.contains(.writeBack), "a page is written twice at a time")
    do throws(MachineError) {
      try writeToDevice(frame, &pages)
    } catch {
      pages.events.refusedWrites += 1
      throw error
    }
    clearDirty(frame, pages)
    pages.frames[frame].flags.formUnion(.writeBack)
    pages.add(1, to: .writeBack, of: frame)
    pages.zones[Int(pages.frames[frame].zoneIndex)].writePending += 1
    writes.append(frame)
  }

  private func writeToDevice(
    _ frame: PageFrameNumber, _ pages: inout PageAllocator
  ) throws(MachineError) {
    if let slot = slot(of: frame, pages) {
      try unsafe pages.physical.withBytes(of: frame) { bytes in
        unsafe swap.device.write(Int(slot.rawValue), from: bytes)
      }
      pages.events.swappedOut += 1
    } else {
      let record = pages.frames[frame]
      let page = cache.diskPage(Int(record.owner.number), Int(record.index))
      try unsafe pages.physical.withBytes(of: frame) { bytes in
        unsafe cache.disk!.write(page, from: bytes)
      }
      pages.events.pagesOut += 1
    }
  }

  /// Ends the writes that a device has done by now. Pages that reclaim waits for go where it looks
  /// first.
  mutating func finishWrites(_ pages: borrowing PageAllocator) {
    for _ in 0..<WriteBackQueue.pagesPerTick {
      guard let frame = writes.popFirst() else { break }
      endWrite(frame, pages)
      let record = pages.frames[frame]
      if record.flags.contains(.lru), !record.flags.contains(.active), record.mapCount == 0 {
        move(frame, to: .last, pages)
      }
    }
    writes.compact()
  }

  private func endWrite(_ frame: PageFrameNumber, _ pages: borrowing PageAllocator) {
    assert(pages.frames[frame].flags.contains(.writeBack), "the end of no write")
    pages.frames[frame].flags.remove(.writeBack)
    pages.add(-1, to: .writeBack, of: frame)
    pages.add(1, to: .everWritten, of: frame)
    pages.zones[Int(pages.frames[frame].zoneIndex)].writePending -= 1
  }

  /// Takes a page out of the queue whose contents are not wanted any more.
  mutating func forgetWrite(_ frame: PageFrameNumber, _ pages: borrowing PageAllocator) {
    writes.remove(frame)
    endWrite(frame, pages)
  }

  /// Writes pages that have been dirty for long, and more where a tenth of memory is dirty.
  mutating func writeOldPages(at now: Int, _ pages: inout PageAllocator) {
    var started = 0
    while started < WriteBackQueue.pagesPerTick, let oldest = writes.dirtied.first {
      let isDue = now - oldest.at >= WriteBackQueue.expiry
      guard
        isDue || pages.count(.dirty) * 10 > pages.freeFrames + pages.count(.filePages)
      else { return }
      guard isWaiting(oldest.frame, pages) else {
        writes.forgetOldest()
        continue
      }
      // Where the host refuses, it stays dirty and the first, and is tried again with the next tick.
      guard (try? startWrite(oldest.frame, &pages)) != nil else { return }
      writes.forgetOldest()
      started += 1
    }
  }

  /// Begins to write every dirty page of a file.
  ///
  /// - Throws: ``MachineError/host(_:)`` where the host refuses a mapping of a page in high memory; all
  ///   others are on their way, and what is not stays dirty.
  mutating func writeAll(_ pages: inout PageAllocator) throws(MachineError) {
    var failure: MachineError?
    for (frame, _) in writes.dirtied where isWaiting(frame, pages) {
      do throws(MachineError) { try startWrite(frame, &pages) } catch { failure = error }
    }
    let frames = pages.frames
    writes.keepDirtied { frames[$0].flags.contains(.dirty) && frames[$0].owner.kind == .file }
    if let failure { throw failure }
  }

  /// Whether a page of a file is dirty and not being written.
  private func isWaiting(_ frame: PageFrameNumber, _ pages: borrowing PageAllocator) -> Bool {
    let record = pages.frames[frame]
    return record.flags.contains(.dirty) && record.owner.kind == .file
      && !record.flags.contains(.writeBack)
  }
}
