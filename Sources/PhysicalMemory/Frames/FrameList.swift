// SPDX-License-Identifier: MIT

// A doubly linked list of page frames, whose links are frame numbers in the records themselves.
//
//     first ──▶ 17 ⇄ 4 ⇄ 99 ◀── last
//
// Invariants: a frame is in one list at most; `count` is the number of frames between `first` and
// `last`; an empty list has neither.

/// A list of page frames.
public struct FrameList: Sendable, BitwiseCopyable {
  /// One more than the first frame's number, 0 where there is none: so that a zeroed record holds an
  /// empty list.
  private var firstPlusOne: UInt32 = 0
  private var lastPlusOne: UInt32 = 0
  /// The frames in the list.
  public private(set) var count: Int = 0

  /// An empty list.
  public init() {}

  /// Whether no frame is in the list.
  @inline(__always)
  public var isEmpty: Bool { firstPlusOne == 0 }

  /// The first frame.
  @inline(__always)
  public var first: PageFrameNumber? {
    firstPlusOne == 0 ? nil : PageFrameNumber(rawValue: firstPlusOne &- 1)
  }

  /// The last frame.
  @inline(__always)
  public var last: PageFrameNumber? {
    lastPlusOne == 0 ? nil : PageFrameNumber(rawValue: lastPlusOne &- 1)
  }

  /// Puts a frame before the first.
  @inline(__always)
  public mutating func prepend(_ frame: PageFrameNumber, _ frames: RecordTable<PageFrame>) {
    let number = frame.rawValue &+ 1
    frames[frame].next = firstPlusOne
    frames[frame].previous = 0
    if firstPlusOne != 0 {
      frames[PageFrameNumber(rawValue: firstPlusOne &- 1)].previous = number
    } else {
      lastPlusOne = number
    }
    firstPlusOne = number
    count &+= 1
  }

  /// Puts a frame behind the last.
  @inline(__always)
  public mutating func append(_ frame: PageFrameNumber, _ frames: RecordTable<PageFrame>) {
    let number = frame.rawValue &+ 1
    frames[frame].next = 0
    frames[frame].previous = lastPlusOne
    if lastPlusOne != 0 {
      frames[PageFrameNumber(rawValue: lastPlusOne &- 1)].next = number
    } else {
      firstPlusOne = number
    }
    lastPlusOne = number
    count &+= 1
  }

  /// Takes a frame out.
  ///
  /// - Precondition: it is in this list.
  @inline(__always)
  public mutating func remove(_ frame: PageFrameNumber, _ frames: RecordTable<PageFrame>) {
    let next = frames[frame].next
    let previous = frames[frame].previous
    if previous != 0 {
      frames[PageFrameNumber(rawValue: previous &- 1)].next = next
    } else {
      firstPlusOne = next
    }
    if next != 0 {
      frames[PageFrameNumber(rawValue: next &- 1)].previous = previous
    } else {
      lastPlusOne = previous
    }
    count &-= 1
  }

  /// Takes the first frame out.
  @inline(__always)
  public mutating func popFirst(_ frames: RecordTable<PageFrame>) -> PageFrameNumber? {
    guard let frame = first else { return nil }
    let next = frames[frame].next
    firstPlusOne = next
    if next != 0 {
      frames[PageFrameNumber(rawValue: next &- 1)].previous = 0
    } else {
      lastPlusOne = 0
    }
    count &-= 1
    return frame
  }

  /// Takes the last frame out.
  @inline(__always)
  public mutating func popLast(_ frames: RecordTable<PageFrame>) -> PageFrameNumber? {
    guard let frame = last else { return nil }
    let previous = frames[frame].previous
    lastPlusOne = previous
    if previous != 0 {
      frames[PageFrameNumber(rawValue: previous &- 1)].next = 0
    } else {
      firstPlusOne = 0
    }
    count &-= 1
    return frame
  }

  /// The frame after one that is in the list.
  @inline(__always)
  public func frame(
    after frame: PageFrameNumber, _ frames: RecordTable<PageFrame>
  ) -> PageFrameNumber? {
    let next = frames[frame].next
    return next == 0 ? nil : PageFrameNumber(rawValue: next &- 1)
  }

  /// The list's frames, first to last.
  public func elements(_ frames: RecordTable<PageFrame>) -> [PageFrameNumber] {
    var elements: [PageFrameNumber] = []
    var frame = first
    // A broken list may go round in circles; then it is longer than its count.
    while let current = frame, elements.count <= count {
      elements.append(current)
      frame = self.frame(after: current, frames)
    }
    return elements
  }
}
