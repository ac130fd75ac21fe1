// SPDX-License-Identifier: MIT

// A doubly linked list of page frames, whose links are frame numbers in the records themselves.
//
//     first ──▶ 17 ⇄ 4 ⇄ 99 ◀── last
//
// Terms: links and ends come in pairs, by *side*: 0 is the first end and the link to the next frame,
// 1 the last end and the link to the frame before. What is done at one end is done at the other with the
// sides swapped. All of them are a frame's number plus one, or 0 for none, so that a zeroed record holds
// an empty list.
//
// Invariants: a frame is in one list at most; `count` is the number of frames between `first` and
// `last`; an empty list has neither. Links name frames of the table that the list is used with.
//
// Unsafe code: links are followed without a bounds check, and an address computation rather than a branch
// selects whether a neighbour or an end is written, as no processor could predict it.

/// A list of page frames.
public struct FrameList: Sendable, BitwiseCopyable {
  /// An end of a list, by its side.
  public enum End: Int, Sendable {
    /// The end with the first frame.
    case first = 0
    /// The end with the last frame.
    case last = 1
  }

  private var ends: InlineArray<2, UInt32> = [0, 0]
  /// The frames in the list.
  public private(set) var count: Int = 0

  /// An empty list.
  public init() {}

  /// Whether no frame is in the list.
  @inline(__always)
  public var isEmpty: Bool { ends[0] == 0 }

  /// The first frame.
  @inline(__always)
  public var first: PageFrameNumber? { Self.frame(ends[0]) }

  /// The last frame.
  @inline(__always)
  public var last: PageFrameNumber? { Self.frame(ends[1]) }

  @inline(__always)
  private static func frame(_ link: UInt32) -> PageFrameNumber? {
    link == 0 ? nil : PageFrameNumber(rawValue: link &- 1)
  }

  /// Puts a frame before the first, or behind the last.
  @inline(__always)
  public mutating func insert(
    _ frame: PageFrameNumber, at end: End, _ frames: RecordTable<PageFrame>
  ) {
    let (near, far) = (end.rawValue, 1 &- end.rawValue)
    let number = frame.rawValue &+ 1
    let neighbour = ends[near]
    frames[frame].setLinks(near, neighbour)
    setLink(of: neighbour, far, to: number, frames)
    ends[near] = number
    count &+= 1
  }

  /// Takes a frame out.
  ///
  /// - Precondition: it is in this list.
  @inline(__always)
  public mutating func remove(_ frame: PageFrameNumber, _ frames: RecordTable<PageFrame>) {
    let next = frames[frame].links[0]
    let previous = frames[frame].links[1]
    setLink(of: previous, 0, to: next, frames)
    setLink(of: next, 1, to: previous, frames)
    count &-= 1
  }

  /// Takes the frame at an end out.
  @inline(__always)
  public mutating func pop(_ end: End, _ frames: RecordTable<PageFrame>) -> PageFrameNumber? {
    let (near, far) = (end.rawValue, 1 &- end.rawValue)
    guard let frame = Self.frame(ends[near]) else { return nil }
    let beyond = frames[frame].links[near]
    ends[near] = beyond
    setLink(of: beyond, far, to: 0, frames)
    count &-= 1
    return frame
  }

  /// Sets a frame's link, or this list's end on that side where there is no frame.
  @inline(__always)
  private mutating func setLink(
    of neighbour: UInt32, _ side: Int, to value: UInt32, _ frames: RecordTable<PageFrame>
  ) {
    unsafe withUnsafeMutablePointer(to: &ends) { ends in
      // SAFETY: `side` is 0 or 1, and a link other than 0 names a frame of the table.
      let end = unsafe UnsafeMutableRawPointer(ends) + side &* MemoryLayout<UInt32>.stride
      let link = unsafe frames.link(of: neighbour &- 1, side)
      let place = unsafe neighbour == 0 ? end : link
      unsafe place.storeBytes(of: value, as: UInt32.self)
    }
  }

  /// The frame after one that is in the list.
  @inline(__always)
  public func frame(
    after frame: PageFrameNumber, _ frames: RecordTable<PageFrame>
  ) -> PageFrameNumber? {
    Self.frame(frames[frame].links[0])
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
