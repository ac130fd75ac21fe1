// SPDX-License-Identifier: MIT

// What the events say of each frame, one after the other, and what they leave unsaid:
//
//     event      frame was     what went unsaid
//     take       allocated     it was freed past the per-CPU lists (their lock was taken), or a block was
//                              captured by compaction
//     allocate   unknown       it was in a per-CPU list before the recording
//     allocate   buddy         its take
//     free       cached        it was allocated in bulk (alloc_pages_bulk has no event)
//     free       buddy         it was isolated for compaction (__isolate_free_page has no event)
//     drain      unknown       it was in a per-CPU list before the recording
//
// The only state that a snapshot shows for sure is *buddy*; a frame of none else is *unknown* until an
// event names it.

internal import PhysicalMemory

/// What a recording leaves unsaid.
struct FrameHistory {
  enum State: UInt8 { case unknown, allocated, cached, buddy }

  /// Frames in per-CPU lists before the recording, by their first event, with the processor.
  private(set) var cachedBefore: [(frame: UInt32, processor: UInt16)] = []
  /// Blocks that were allocated in bulk and came back, by the event behind which they were allocated:
  /// the one that brought them into a per-CPU list.
  private(set) var bulk: [(behind: Int, block: PageEvent)] = []

  private var states: [State]
  /// The event that brought a cached frame into its list.
  private var entrances: [Int32]

  init(_ recording: borrowing PageRecording, frames: Int) {
    states = Array(repeating: .unknown, count: frames)
    entrances = Array(repeating: 0, count: frames)
    for stretch in recording.snapshots[0].free {
      for frame in stretch where frame < frames { states[frame] = .buddy }
    }
    for index in recording.firstEvent..<recording.events.count {
      let event = recording.events[index]
      guard event.frames.upperBound <= frames else { continue }
      note(event, index)
    }
    bulk.sort { $0.behind < $1.behind }
  }

  private mutating func note(_ event: PageEvent, _ index: Int) {
    let isCached = PageRecording.hasPerCPULists(Int(event.order))
    if event.kind == .free, states[Int(event.frame)] == .cached {
      bulk.append((Int(entrances[Int(event.frame)]), event))
    }
    for frame in event.frames {
      let state = states[frame]
      if state == .unknown, event.kind == .allocate || event.kind == .drain {
        cachedBefore.append((UInt32(frame), event.processor))
      }
      switch event.kind {
      case .allocate: states[frame] = .allocated
      case .drain: states[frame] = .buddy
      case .take, .free:
        states[frame] = event.kind == .take || isCached ? .cached : .buddy
        entrances[frame] = Int32(truncatingIfNeeded: index)
      }
    }
  }
}

extension PageRecording {
  /// The first event behind the first snapshot.
  var firstEvent: Int { snapshots[0].events.upperBound }
}
