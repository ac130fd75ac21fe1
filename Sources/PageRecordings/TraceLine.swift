// SPDX-License-Identifier: MIT

// A line of the kernel's trace:
//
//     busybox-57  [001] d..2.  1.234567: mm_page_alloc_zone_locked: page=… pfn=0x3fd order=0 migratetype=1 …
//     comm-pid   processor            time  event                   fields
//
// comm may contain anything, including brackets, spaces and colons, but has at most 15 bytes: too few for
// a process number, a processor and a time with six decimals. So comm ends where these three follow each
// other. Events that the replay does not use are skipped, so a recording may have more.
//
// Source: TP_printk of include/trace/events/kmem.h, print_trace_line() of kernel/trace, Linux 6.12.

internal import PhysicalMemory

/// What a line of the trace says.
enum TraceLine {
  case event(PageEvent)
  /// The mark of a snapshot: its name and attempt, and whether it ends.
  case mark(String, isEnd: Bool)
  /// This many events were lost before this line.
  case lost(Int)
  case nothing
}

struct TraceLineReader {
  let text: RecordingText
  /// The flags of each text seen: there are few.
  private var flags: [(text: ArraySlice<UInt8>, flags: GFPFlags)] = []

  init(_ text: RecordingText) {
    self.text = text
  }

  mutating func read(
    _ line: RecordingText.Line, number: Int
  ) throws(PageRecordingError.Problem) -> TraceLine {
    if line.isEmpty || text.bytes[line.lowerBound] == 0x23 { return .nothing }
    if text.starts(line, with: "CPU:") { return try lost(line) }
    guard let (processor, rest) = processor(line), let colon = pair(from: rest, in: line),
      let end = pair(from: colon + 2, in: line)
    else { throw .malformed("line of a trace") }
    let name = colon + 2..<end
    let fields = end + 2..<line.upperBound
    let kind: PageEvent.Kind
    var order: StaticString = "order="
    switch name.count {
    case 12 where text.equals(name, "mm_page_free"): kind = .free
    case 13 where text.equals(name, "mm_page_alloc"): kind = .allocate
    case 18 where text.equals(name, "mm_page_pcpu_drain"): kind = .drain
    case 21 where text.equals(name, "mm_page_alloc_extfrag"):
      kind = .take
      order = "alloc_order="
    case 25 where text.equals(name, "mm_page_alloc_zone_locked"): kind = .take
    case 18 where text.equals(name, "tracing_mark_write"): return mark(fields)
    default: return .nothing
    }
    guard let pfn = field("pfn=", in: fields).flatMap(text.hexadecimal),
      let order = field(order, in: fields).flatMap({ text.number($0) }), pfn <= UInt32.max
    else { throw .malformed("event \(text.string(name))") }
    guard order < Order.count else { throw .noSuchOrder(order) }
    // A request that was not served.
    if pfn == 0 { return .nothing }
    guard pfn & (1 << order - 1) == 0 else { throw .malformed("block of order \(order)") }
    var event = PageEvent(
      kind: kind, order: UInt8(order), processor: UInt16(truncatingIfNeeded: processor),
      frame: UInt32(pfn), line: UInt32(truncatingIfNeeded: number), flags: [])
    event.isFallback = name.count == 21
    if kind == .allocate {
      guard let words = field("gfp_flags=", in: fields) else {
        throw .malformed("event mm_page_alloc")
      }
      event.flags = flags(words)
    }
    return .event(event)
  }

  /// The processor's number, and the place behind its brackets.
  private func processor(_ line: RecordingText.Line) -> (Int, Int)? {
    var place = line.lowerBound
    while let bracket = text.find(0x5b, in: place..<line.upperBound) {
      place = bracket + 1
      guard let end = text.find(0x5d, in: place..<line.upperBound) else { return nil }
      if end - place >= 3, let number = text.number(place..<end),
        hasProcess(before: bracket, in: line), hasTime(behind: end + 1, in: line)
      {
        return (number, end + 1)
      }
    }
    return nil
  }

  /// Whether `-PID` and blanks stand before a place.
  private func hasProcess(before place: Int, in line: RecordingText.Line) -> Bool {
    var end = place
    while end > line.lowerBound, text.bytes[end - 1] == 0x20 { end -= 1 }
    var start = end
    while start > line.lowerBound, isDigit(text.bytes[start - 1]) { start -= 1 }
    return end < place && start < end && start > line.lowerBound && text.bytes[start - 1] == 0x2d
  }

  /// Whether a blank, flags, and a time `1.234567:` stand behind a place.
  private func hasTime(behind place: Int, in line: RecordingText.Line) -> Bool {
    guard place < line.upperBound, text.bytes[place] == 0x20,
      let flags = text.word(from: place, in: line),
      let time = text.word(from: flags.upperBound, in: line), time.count >= 9
    else { return false }
    let point = time.upperBound - 8
    return text.bytes[point] == 0x2e && text.bytes[time.upperBound - 1] == 0x3a
      && text.bytes[time.lowerBound..<point].allSatisfy(isDigit)
      && text.bytes[point + 1..<point + 7].allSatisfy(isDigit)
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// The place of the next colon that a blank follows.
  private func pair(from place: Int, in line: RecordingText.Line) -> Int? {
    var place = place
    while place < line.upperBound, let colon = text.find(0x3a, in: place..<line.upperBound) {
      if colon + 1 < line.upperBound, text.bytes[colon + 1] == 0x20 { return colon }
      place = colon + 1
    }
    return nil
  }

  /// What stands behind `key=`, up to a blank.
  private func field(_ key: StaticString, in fields: RecordingText.Line) -> RecordingText.Line? {
    var place = fields.lowerBound
    while let word = text.word(from: place, in: fields) {
      if text.starts(word, with: key) {
        return word.lowerBound + key.utf8CodeUnitCount..<word.upperBound
      }
      place = word.upperBound
    }
    return nil
  }

  /// The flags that the model knows; the others do not affect zones or reserves.
  private mutating func flags(_ part: RecordingText.Line) -> GFPFlags {
    let bytes = text.bytes[part]
    if let known = flags.first(where: { $0.text == bytes }) { return known.flags }
    var found: GFPFlags = []
    for word in text.string(part).split(separator: "|") {
      let all = GFPFlags.types + GFPFlags.actions
      found.formUnion(all.first { $0.name == word }?.flags ?? [])
    }
    flags.append((bytes, found))
    return found
  }

  /// `snapshot NAME begin N`, or `end`; other marks are not ours.
  private func mark(_ fields: RecordingText.Line) -> TraceLine {
    let words = text.words(fields)
    guard words.count == 4, text.equals(words[0], "snapshot") else { return .nothing }
    let isEnd = text.equals(words[2], "end")
    guard isEnd || text.equals(words[2], "begin") else { return .nothing }
    return .mark("\(text.string(words[1])) \(text.string(words[3]))", isEnd: isEnd)
  }

  /// `CPU:1 [LOST 12 EVENTS]`; `CPU 1 buffer started` is no such line.
  private func lost(
    _ line: RecordingText.Line
  ) throws(PageRecordingError.Problem) -> TraceLine {
    let words = text.words(line)
    guard words.count == 4, text.equals(words[1], "[LOST"), let count = text.number(words[2]) else {
      throw .malformed("line of a trace")
    }
    return .lost(count)
  }
}
