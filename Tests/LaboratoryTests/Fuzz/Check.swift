// SPDX-License-Identifier: MIT

/// Bytes that come in pieces of an odd size, as a pipe may hand them out.
struct PiecesInput: TraceInput {
  var bytes: [UInt8]
  var size: Int
  var position = 0

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(size, buffer.count, bytes.count - position)
    buffer.copyBytes(from: bytes[position..<position + count])
    position += count
    return count
  }
}

/// What a reader makes of some bytes: all three ways must come to the same.
enum Check {
  enum Verdict { case accepted, refused }

  static func read<Input: TraceInput>(_ input: Input) -> Result<[TraceEvent], TraceError> {
    do throws(TraceError) {
      var reader = try TraceReader(input)
      var events: [TraceEvent] = []
      while let event = try reader.next() { events.append(event) }
      return .success(events)
    } catch {
      return .failure(error)
    }
  }

  /// Compares; nil where they differ.
  static func verdict(on bytes: [UInt8], pieces: Int) -> Verdict? {
    let expected = ReferenceReader.read(bytes)
    let result = read(BytesInput(bytes))
    guard result == expected, read(PiecesInput(bytes: bytes, size: pieces)) == expected else {
      return nil
    }
    do throws(TraceError) {
      let trace = try Trace(reading: BytesInput(bytes))
      guard case .success(let events) = expected else { return nil }
      // Sizes above 2^32 − 1 are kept as that.
      let kept = TraceEvents(events)
      guard trace.events == kept, trace.idCount <= events.count else { return nil }
      guard try Trace(reading: BytesInput(Array(trace.text.utf8))) == trace else { return nil }
      return .accepted
    } catch {
      guard case .failure(let other) = expected, other == error else { return nil }
      return .refused
    }
  }
}
