// SPDX-License-Identifier: MIT

// A map of all frames, in the order of their addresses, small enough to look at: a cell stands for 2^k
// frames and shows the state that most of them have.
//
// It is written as runs: a letter for a state and the number of cells, `B1024E3`.
//
// Complexity: O(blocks + cells). A free or allocated block is one step, and so is a range of fresh blocks:
// a large, hardly used machine costs almost nothing.

public import PhysicalMemory

/// What a frame is, as the map shows it.
public enum FrameState: Sendable, Hashable {
  /// No RAM.
  case hole
  /// In a block of the largest order that was never handed out.
  case fresh
  /// In a free block of that order.
  case free(Order)
  /// In a per-CPU cache.
  case cached
  /// Handed out, for that use.
  case allocated(FrameOwner.Kind)
  /// A page of a file, newer than the file.
  case dirty

  /// Its number among all states.
  var number: Int {
    switch self {
    case .hole: 0
    case .fresh: 1
    case .free(let order): 2 + order.rawValue
    case .cached: 13
    case .allocated(let kind): 14 + Int(kind.rawValue)
    case .dirty: 23
    }
  }

  static let count = 24

  /// The letter that stands for it in a map.
  static func letter(_ number: Int) -> Character {
    Character(UnicodeScalar(UInt8(ascii: "A") + UInt8(number)))
  }
}

/// The states of all frames at one moment.
public struct FrameMap: Sendable, Hashable {
  /// Frames of a cell: a power of two.
  public private(set) var framesPerCell: Int
  /// Letters of states and how many cells have them, from frame 0 on.
  public private(set) var runs = ""
  /// Cells that are written.
  public private(set) var cells = 0

  private var counts = [Int](repeating: 0, count: FrameState.count)
  private var filled = 0
  private var runState = -1
  private var runLength = 0

  /// Looks at a machine.
  ///
  /// - Parameter limit: the most cells there may be.
  public init(of machine: borrowing Machine, cells limit: Int = 8192) {
    framesPerCell = 1
    while (machine.spannedFrames + framesPerCell - 1) / framesPerCell > max(1, limit) {
      framesPerCell *= 2
    }
    var frame = 0
    for (zone, part) in machine.layout.zoneParts {
      add(.hole, part.lowerBound - frame)
      frame = part.lowerBound
      while frame < part.upperBound {
        let (state, count) = machine.run(at: frame, zone: zone)
        let length = min(count, part.upperBound - frame)
        add(state, length)
        frame += length
      }
    }
    if filled > 0 { closeCell() }
    closeRun()
  }

  private mutating func add(_ state: FrameState, _ count: Int) {
    var left = count
    while left > 0 {
      if filled == 0, left >= framesPerCell {
        let whole = left / framesPerCell
        append(state.number, whole)
        left -= whole * framesPerCell
      } else {
        let part = min(left, framesPerCell - filled)
        counts[state.number] += part
        filled += part
        left -= part
        if filled == framesPerCell { closeCell() }
      }
    }
  }

  private mutating func closeCell() {
    var most = 0
    for number in counts.indices where counts[number] > counts[most] { most = number }
    append(most, 1)
    for number in counts.indices { counts[number] = 0 }
    filled = 0
  }

  private mutating func append(_ state: Int, _ count: Int) {
    cells += count
    if state == runState {
      runLength += count
      return
    }
    closeRun()
    runState = state
    runLength = count
  }

  private mutating func closeRun() {
    guard runLength > 0 else { return }
    runs.append(FrameState.letter(runState))
    runs += "\(runLength)"
    runLength = 0
  }
}

extension Machine {
  /// What a frame is, and how many from it on are the same block.
  fileprivate func run(at index: Int, zone: Int) -> (state: FrameState, count: Int) {
    let record = frames[PageFrameNumber(index: index)]
    if record.flags.contains(.buddy) {
      return (.free(record.order), 1 << Int(record.blockOrder))
    }
    if record.flags.contains(.perCPU) { return (.cached, 1) }
    if record.flags.contains(.allocated) {
      let count = 1 << Int(record.blockOrder)
      if record.owner.kind == .file, record.flags.contains(.dirty) { return (.dirty, count) }
      return (.allocated(record.owner.kind), count)
    }
    if let end = pages.freshEnd(of: index, zone: zone) { return (.fresh, end - index) }
    return (.allocated(.nobody), 1)
  }
}
