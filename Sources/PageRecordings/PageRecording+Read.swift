// SPDX-License-Identifier: MIT

// Reading a recording: sections, each opened by a line `== KIND [NAME [ATTEMPT]]`, as
// Kernel/scripts/record-pages describes them. Sections of other kinds are skipped.

internal import PhysicalMemory

extension PageRecording {
  /// Reads a recording.
  ///
  /// - Throws: ``PageRecordingError`` with the first malformed line.
  /// - Complexity: O(bytes).
  public init(_ bytes: [UInt8]) throws(PageRecordingError) {
    var reader = RecordingReader(bytes)
    try reader.read()
    self = reader.recording
  }
}

private struct RecordingReader {
  enum Section {
    case none, kernel, iomem, stats, trace, skipped, end
    case buddyinfo, zoneinfo, vmstat, free
  }

  typealias Line = RecordingText.Line

  let text: RecordingText
  var recording = PageRecording()
  private var trace: TraceLineReader
  private var section = Section.none
  /// The zone that lines of zoneinfo describe; nil for one without memory.
  private var zone: Int?
  /// Events before the beginning and the end of each attempt at a snapshot.
  private var marks: [String: (begin: Int, end: Int?)] = [:]

  init(_ bytes: [UInt8]) {
    text = RecordingText(bytes: bytes)
    trace = TraceLineReader(text)
  }

  mutating func read() throws(PageRecordingError) {
    var start = 0
    var number = 0
    while start < text.bytes.count {
      let end = text.find(0x0a, in: start..<text.bytes.count) ?? text.bytes.count
      number += 1
      // A serial line, or an editor, may have ended lines with CR and LF.
      let hasReturn = end > start && text.bytes[end - 1] == 0x0d
      do throws(PageRecordingError.Problem) {
        try read(start..<(hasReturn ? end - 1 : end), number)
      } catch {
        throw PageRecordingError(problem: error, line: number)
      }
      start = end + 1
      if section == .end { break }
    }
    do throws(PageRecordingError.Problem) {
      try finish()
    } catch {
      throw PageRecordingError(problem: error, line: 0)
    }
  }

  private mutating func read(
    _ line: Line, _ number: Int
  ) throws(PageRecordingError.Problem) {
    if text.starts(line, with: "== ") { return try open(line, number) }
    switch section {
    case .none: throw .malformed("recording: it begins with a line == kernel")
    case .end, .skipped: break
    case .kernel: if recording.kernel.isEmpty { recording.kernel = text.string(line) }
    case .iomem: try readMemory(line)
    case .stats: try readStatistics(line)
    case .buddyinfo: try readBlocks(line)
    case .zoneinfo: try readZone(line)
    case .vmstat: try readCounter(line)
    case .free: try readStretch(line)
    case .trace: try readEvent(line, number)
    }
  }

  private mutating func open(
    _ line: Line, _ number: Int
  ) throws(PageRecordingError.Problem) {
    let words = text.words(line).dropFirst().map(text.string)
    guard let kind = words.first else { throw .malformed("section") }
    switch kind {
    case "kernel": section = .kernel
    case "iomem": section = .iomem
    case "stats": section = .stats
    case "trace": section = .trace
    case "end": section = .end
    case "buddyinfo", "zoneinfo", "vmstat", "free":
      guard words.count > 1 else { throw .malformed("section \(kind): it has no name") }
      if recording.snapshots.last?.name != words[1] {
        guard kind == "buddyinfo" else { throw .missing("buddyinfo of \(words[1])") }
        recording.snapshots.append(PageSnapshot(name: words[1], line: number))
      }
      zone = nil
      switch kind {
      case "buddyinfo": section = .buddyinfo
      case "zoneinfo": section = .zoneinfo
      case "vmstat": section = .vmstat
      default:
        guard words.count == 3, let attempt = Int(words[2]) else {
          throw .malformed("section free: it needs a name and the number of the attempt")
        }
        recording.snapshots[recording.snapshots.count - 1].attempt = attempt
        section = .free
      }
    default: section = .skipped
    }
  }

  /// Assigns events to snapshots, and checks that nothing is missing.
  private mutating func finish() throws(PageRecordingError.Problem) {
    guard section == .end else { throw .missing("the end of the recording (== end)") }
    guard !recording.ram.isEmpty else { throw .missing("System RAM in iomem") }
    guard recording.snapshots.count > 1 else { throw .missing("a second snapshot") }
    for index in recording.snapshots.indices {
      let snapshot = recording.snapshots[index]
      guard let mark = marks["\(snapshot.name) \(snapshot.attempt)"], let end = mark.end else {
        throw .missing("the mark of snapshot \(snapshot.name) in the trace")
      }
      guard index == 0 || mark.begin >= recording.snapshots[index - 1].events.upperBound else {
        throw .malformed("order of snapshots: \(snapshot.name) is not behind the one before it")
      }
      recording.snapshots[index].events = mark.begin..<end
      guard snapshot.zones.map(\.type) == recording.snapshots[0].zones.map(\.type),
        !snapshot.zones.isEmpty, snapshot.zones.allSatisfy({ !$0.cached.isEmpty })
      else { throw .missing("a zone of snapshot \(snapshot.name)") }
    }
  }

  // MARK: Lines

  /// `00100000-3ffdffff : System RAM`, without blanks before it.
  private mutating func readMemory(_ line: Line) throws(PageRecordingError.Problem) {
    let words = text.words(line)
    guard words.count >= 3, text.equals(words[1], ":"),
      let dash = text.find(0x2d, in: words[0]),
      let first = text.number(words[0].lowerBound..<dash, radix: 16),
      let last = text.number(dash + 1..<words[0].upperBound, radix: 16), first <= last
    else { throw .malformed("line of iomem") }
    guard text.bytes[line.lowerBound] != 0x20, words.count == 4, text.equals(words[2], "System"),
      text.equals(words[3], "RAM")
    else { return }
    // Whole frames only.
    let start = (first + 4095) >> 12
    let end = (last + 1) >> 12
    if start < end { recording.ram.append(start..<end) }
  }

  /// `overrun: 0`, and `dropped events: 0`.
  private mutating func readStatistics(_ line: Line) throws(PageRecordingError.Problem) {
    guard text.starts(line, with: "overrun: ") || text.starts(line, with: "dropped events: ") else {
      return
    }
    let words = text.words(line)
    guard let count = text.number(words[words.count - 1]) else {
      throw .malformed("line of a trace's statistics")
    }
    recording.lost += count
  }

  private mutating func readEvent(
    _ line: Line, _ number: Int
  ) throws(PageRecordingError.Problem) {
    switch try trace.read(line, number: number) {
    case .nothing: break
    case .lost(let count): recording.lost += count
    case .event(let event): recording.events.append(event)
    case .mark(let name, isEnd: false): marks[name] = (recording.events.count, nil)
    case .mark(let name, isEnd: true): marks[name]?.end = recording.events.count
    }
  }

  /// `Node 0, zone      DMA      0      0 …`
  private mutating func readBlocks(_ line: Line) throws(PageRecordingError.Problem) {
    let words = text.words(line)
    guard let type = try zone(words), words.count == 4 + Order.count else {
      throw .malformed("line of buddyinfo")
    }
    var zone = PageSnapshot.Zone(type: type)
    for word in words[4...] {
      guard let count = text.number(word) else { throw .malformed("line of buddyinfo") }
      zone.blocks.append(count)
    }
    recording.snapshots[recording.snapshots.count - 1].zones.append(zone)
  }

  /// The zone that `Node 0, zone NAME` names.
  private func zone(_ words: [Line]) throws(PageRecordingError.Problem) -> ZoneType? {
    guard words.count >= 4, text.equals(words[0], "Node"), text.equals(words[2], "zone") else {
      return nil
    }
    guard text.equals(words[1], "0,") else { throw .malformed("zone of a machine with one node") }
    let name = text.string(words[3])
    return ZoneType.allCases.first { $0.description == name }
  }

  /// A line of zoneinfo; most are ignored.
  private mutating func readZone(_ line: Line) throws(PageRecordingError.Problem) {
    let words = text.words(line)
    guard let first = words.first else { return }
    let snapshot = recording.snapshots.count - 1
    if text.equals(first, "Node") {
      let type = try zone(words)
      zone = recording.snapshots[snapshot].zones.firstIndex { $0.type == type }
      return
    }
    guard let zone else { return }
    func value() throws(PageRecordingError.Problem) -> Int {
      guard words.count == 2, let value = text.number(words[1]) else {
        throw .malformed("line of zoneinfo")
      }
      return value
    }
    switch text.string(first) {
    case "min": recording.snapshots[snapshot].zones[zone].min = try value()
    case "low": recording.snapshots[snapshot].zones[zone].low = try value()
    case "high": recording.snapshots[snapshot].zones[zone].high = try value()
    case "managed": recording.snapshots[snapshot].zones[zone].managed = try value()
    case "count:": recording.snapshots[snapshot].zones[zone].cached.append(try value())
    case "high:": recording.snapshots[snapshot].zones[zone].cachedHigh.append(try value())
    case "batch:": recording.snapshots[snapshot].zones[zone].batch = try value()
    case "protection:":
      let list = text.string(first.upperBound..<line.upperBound)
      recording.snapshots[snapshot].zones[zone].protection =
        list.split { !$0.isWholeNumber }.compactMap { Int($0) }
    default: break
    }
  }

  /// `nr_free_pages 12345`
  private mutating func readCounter(_ line: Line) throws(PageRecordingError.Problem) {
    let words = text.words(line)
    guard words.count == 2, let value = text.number(words[1]) else {
      throw .malformed("line of vmstat")
    }
    recording.snapshots[recording.snapshots.count - 1].counters[text.string(words[0])] = value
  }

  /// `0x1000-0x13ff`
  private mutating func readStretch(_ line: Line) throws(PageRecordingError.Problem) {
    guard let dash = text.find(0x2d, in: line),
      let first = text.hexadecimal(line.lowerBound..<dash),
      let last = text.hexadecimal(dash + 1..<line.upperBound), first <= last,
      last < Int(UInt32.max),
      first >= recording.snapshots[recording.snapshots.count - 1].free.last?.upperBound ?? 0
    else { throw .malformed("stretch of free frames") }
    recording.snapshots[recording.snapshots.count - 1].free.append(first..<last + 1)
  }
}
