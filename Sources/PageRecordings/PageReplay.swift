// SPDX-License-Identifier: MIT

// Replaying a recording through the model, with less and less of it prescribed:
//
//     blocks     each block that left or entered the kernel's buddy system does so at the same place:
//                compares splitting and merging
//     lists      the same, but the model chooses the place: the kernel's per-CPU lists over the model's
//                buddy system
//     requests   only requests: the model has its own per-CPU lists, and chooses zone and place
//
// Terms: a kernel's frame is *held* while it is outside the kernel's buddy system (in `requests`: while
// it is allocated); its *stand-in* is the model's frame for it. What was held before the recording
// stands for itself.
//
// An event may contradict what is held: the kernel did something that it has no event for
// (FrameHistory.swift). A take of a held frame, or a free of one that is not, then changes nothing for
// those frames and is counted; afterwards both agree again.
//
// Invariant: a frame is held iff its stand-in is allocated, and no two have one stand-in.

internal import PhysicalMemory

/// How much of a recording is prescribed to the model.
public enum ReplayDepth: String, Sendable, CaseIterable {
  /// Each block that leaves and comes back, and where it lies.
  case blocks
  /// When a block of which order leaves and comes back.
  case lists
  /// What was asked for and freed, and by which processor.
  case requests
}

/// A recording's way through the model.
struct PageReplay: ~Copyable {
  let depth: ReplayDepth
  var machine: Machine
  var figures = ReplayFigures()

  /// One more than the stand-in of each frame; 0 where it is not held.
  private var standIns: [UInt32]
  private let history: FrameHistory
  private var nextBulk = 0
  private var next: Int

  /// A replay at its first snapshot.
  static func beginning(
    _ recording: borrowing PageRecording, depth: ReplayDepth
  ) throws(PageRecordingError) -> PageReplay {
    let machine = try Machine.beginning(recording)
    var replay = PageReplay(recording, depth: depth, machine: machine)
    if depth == .requests { try replay.cacheAtBoot() }
    return replay
  }

  private init(
    _ recording: borrowing PageRecording, depth: ReplayDepth, machine: consuming Machine
  ) {
    let count = machine.spannedFrames
    var standIns = [UInt32](repeating: 0, count: count)
    for frame in 0..<count where machine.pages.isTaken(PageFrameNumber(index: frame)) {
      standIns[frame] = UInt32(frame) + 1
    }
    self.depth = depth
    self.machine = machine
    self.standIns = standIns
    history = FrameHistory(recording, frames: count)
    next = recording.firstEvent
  }

  /// What the kernel had in its per-CPU lists before goes into the model's.
  private mutating func cacheAtBoot() throws(PageRecordingError) {
    for (frame, processor) in history.cachedBefore where standIns[Int(frame)] != 0 {
      try run(on: processor, line: 0)
      machine.pages.cacheAtBoot(PageFrameNumber(rawValue: frame))
      standIns[Int(frame)] = 0
    }
  }

  /// Goes on up to an event.
  mutating func run(
    _ recording: borrowing PageRecording, to end: Int
  ) throws(PageRecordingError) {
    while next < end {
      let event = recording.events[next]
      guard event.frames.upperBound <= standIns.count else {
        throw PageRecordingError(
          problem: .noSuchFrame(event.frames.upperBound - 1), line: Int(event.line))
      }
      switch (depth, event.kind) {
      case (.requests, .allocate): try hold(event)
      case (.requests, .free): try drop(event)
      case (.requests, _): break
      case (_, .take): try hold(event)
      case (_, .drain): try drop(event)
      // A block that no per-CPU list takes.
      case (_, .free) where !PageRecording.hasPerCPULists(Int(event.order)): try drop(event)
      default: break
      }
      if depth == .requests { try holdBulk(behind: next) }
      next += 1
    }
  }

  /// What was allocated without an event, as far as it came back.
  private mutating func holdBulk(behind index: Int) throws(PageRecordingError) {
    while nextBulk < history.bulk.count, history.bulk[nextBulk].behind <= index {
      figures.bulk += history.bulk[nextBulk].block.frames.count
      try hold(history.bulk[nextBulk].block)
      nextBulk += 1
    }
  }

  private mutating func run(on processor: UInt16, line: Int) throws(PageRecordingError) {
    do throws(MachineError) {
      try machine.run(on: ProcessorNumber(Int(processor)))
    } catch {
      throw PageRecordingError(problem: .machine(error), line: line)
    }
  }

  // MARK: Taking

  private mutating func hold(_ event: PageEvent) throws(PageRecordingError) {
    figures.blocks += 1
    if event.isFallback { figures.fallbacks += 1 }
    let held = event.frames.count { standIns[$0] != 0 }
    if held == 0, let block = try take(event, order: Int(event.order)) {
      settle(event.frames, block)
      return
    }
    figures.unseenFrees += held
    if held == 0 { figures.unmet += 1 }
    for frame in event.frames where standIns[frame] == 0 {
      var single = event
      single.order = 0
      single.frame = UInt32(frame)
      guard let block = try take(single, order: 0) else {
        figures.failed += 1
        continue
      }
      settle(frame..<frame + 1, block)
    }
  }

  private mutating func settle(_ frames: Range<Int>, _ block: PageFrameNumber) {
    let zone = Int(machine.frames[block].zoneIndex)
    machine.pages.settle(block, zone, count: frames.count)
    for (offset, frame) in frames.enumerated() {
      standIns[frame] = block.rawValue + UInt32(offset) + 1
    }
  }

  /// A block of the model, whose record says its zone; nil where it has none.
  private mutating func take(
    _ event: PageEvent, order: Int
  ) throws(PageRecordingError) -> PageFrameNumber? {
    let frame = PageFrameNumber(rawValue: event.frame)
    guard let zone = machine.pages.zoneIndex(of: frame) else {
      throw PageRecordingError(problem: .noSuchFrame(frame.index), line: Int(event.line))
    }
    switch depth {
    case .blocks:
      guard machine.pages.takeBlock(frame, zone, order) else { return nil }
      machine.frames[frame].zoneIndex = UInt16(zone)
      return frame
    case .lists:
      guard let block = machine.pages.takeBlock(zone, order) else { return nil }
      machine.frames[block].zoneIndex = UInt16(zone)
      return block
    case .requests:
      try run(on: event.processor, line: Int(event.line))
      let block = machine.pages.serve(event.flags, order)
      if let block, machine.frames[block].zoneIndex != zone { figures.otherZone += 1 << order }
      return block
    }
  }

  // MARK: Giving back

  private mutating func drop(_ event: PageEvent) throws(PageRecordingError) {
    figures.blocks += 1
    if depth == .requests { try run(on: event.processor, line: Int(event.line)) }
    let first = standIns[event.frames.lowerBound]
    let isWhole =
      first != 0 && (first - 1) & (1 << UInt32(event.order) - 1) == 0
      && event.frames.allSatisfy { standIns[$0] == first + UInt32($0 - event.frames.lowerBound) }
    if isWhole {
      give(event.frames, order: Int(event.order))
      return
    }
    let missing = event.frames.count { standIns[$0] == 0 }
    figures.unseenTakes += missing
    if missing == 0 { figures.scattered += 1 }
    for frame in event.frames where standIns[frame] != 0 { give(frame..<frame + 1, order: 0) }
  }

  private mutating func give(_ frames: Range<Int>, order: Int) {
    let block = PageFrameNumber(rawValue: standIns[frames.lowerBound] - 1)
    for frame in frames { standIns[frame] = 0 }
    machine.pages.giveSettled(block, order: order, caching: depth == .requests && order == 0)
  }
}

/// What a replay met.
public struct ReplayFigures: Sendable, Encodable {
  /// Blocks taken and given back.
  public var blocks = 0
  /// Takes that crossed mobility types.
  public var fallbacks = 0
  /// Frames taken that were held: the kernel freed them without an event.
  public var unseenFrees = 0
  /// Frames given back that were not held: the kernel took them without an event.
  public var unseenTakes = 0
  /// Frames allocated in bulk, without an event, that came back.
  public var bulk = 0
  /// Blocks that the model had in smaller ones only.
  public var unmet = 0
  /// Frames that the model did not have.
  public var failed = 0
  /// Blocks that came back as one and lie apart in the model.
  public var scattered = 0
  /// Frames that the model gave from another zone than the kernel.
  public var otherZone = 0
}
