// SPDX-License-Identifier: MIT

// A program that changes from one kind of blocks to another, from small ones to large and back, leaves dirty
// memory of the one kind and commits fresh memory of the other. A tick comes too late for it. So for what
// is taken fresh, as much goes back of what is dirty and unused, of either kind: live blocks and unused memory
// together stay as they are.
//
//     taken fresh ≥ 1 MiB, unused > tolerated  ─▶  give back what was taken, down to what is tolerated
//
// What it costs is bounded by what committing the fresh memory costs. A program whose kinds of blocks
// don't change takes what is dirty, and comes by here at its beginning only.

internal import Pages
internal import System

extension UnsafeMutablePointer where Pointee == Heap {
  /// Unused bytes that are left alone: a sixteenth of what segments take, or 8 MiB.
  private var tolerated: Int { unsafe max(8 << 20, pointee.segmentCount &* Segment.size / 16) }
  /// Bytes below which it isn't worth while.
  private static var step: Int { 1 << 20 }
  /// What one block counts at most: of more, perhaps not all is touched.
  private static var largestCount: Int { 32 << 20 }

  /// Whether so much was taken fresh that ``balance()`` is worth while. The lock is held.
  @inline(__always)
  var isBalanceDue: Bool { unsafe pointee.freshlyTaken >= Self.step }

  /// The pages of a large block were taken fresh.
  func balance(taking size: Int) {
    unsafe pointee.lock.lock()
    unsafe pointee.freshlyTaken &+= min(size, Self.largestCount)
    let isDue = unsafe isBalanceDue
    unsafe pointee.lock.unlock()
    if isDue { unsafe balance() }
  }

  /// Gives back as much unused memory as was taken fresh.
  ///
  /// - Precondition: the lock is not held.
  @inline(never)
  func balance() {
    let before = Syscalls.errorNumber
    unsafe pointee.lock.lock()
    var due = unsafe min(pointee.freshlyTaken, unused &- tolerated)
    // Who purges gives back enough; what is taken meanwhile is looked at afterwards.
    if unsafe pointee.isPurging {
      due = 0
    } else {
      unsafe pointee.freshlyTaken = 0
    }
    if due > 0 {
      unsafe pointee.isPurging = true
      while due > 0 {
        let slots = unsafe pointee.dirtySlots &* Segment.slotSize
        let ranges = unsafe Int(pointee.ranges.dirtyBytes)
        let given = unsafe slots > ranges ? giveBackSlots(due) : giveBackRange(due)
        if given == 0 { break }
        due &-= given
      }
      unsafe pointee.isPurging = false
    }
    unsafe pointee.lock.unlock()
    Syscalls.errorNumber = before
  }

  /// Cleans the dirty slots of one segment, or some of them; returns how many bytes those were. The lock is held,
  /// and let go of meanwhile.
  private func giveBackSlots(_ most: Int) -> Int {
    var candidate = unsafe pointee.listed
    while let segment = unsafe candidate {
      var slots = unsafe segment.pointee.dirty
      if slots != 0 {
        while slots.nonzeroBitCount > 1, slots.nonzeroBitCount &* Segment.slotSize > most {
          slots &= slots &- 1
        }
        unsafe clean(segment, slots)
        return slots.nonzeroBitCount &* Segment.slotSize
      }
      unsafe candidate = segment.pointee.next
    }
    return 0
  }

  /// Unmaps a dirty range, or a part of one; returns its size. The lock is held, and let go of meanwhile.
  private func giveBackRange(_ most: Int) -> Int {
    let page = UInt(bitPattern: Heap.pageSize)
    let room = UInt(bitPattern: max(most, Heap.pageSize)) & ~(page &- 1)
    guard let range = unsafe pointee.ranges.removeDirty(most: room) else { return 0 }
    unsafe pointee.lock.unlock()
    LargeBlock.unmap(range)
    unsafe pointee.lock.lock()
    return Int(range.size)
  }
}
