// SPDX-License-Identifier: MIT

// Lines of the course's format as they are usually written, many at a time:
//
//     REQUEST 123 4567⏎           FREE 123⏎           one space, numbers of 1 to 8 digits
//
// Eight bytes are looked at as one number: where the digits end, and what they come to, follows from a
// handful of operations without a branch (D. Lemire, "Quickly parsing eight digits", 2018). Requests
// and frees follow each other at random, and the branch between them is guessed wrong half the time;
// without it, each line would be read as both, which takes 2 ns longer.
//
// Whatever is unusual or wrong is left where it is, for a reader that takes its time and says it.

/// A batch of events that were read together.
@safe
struct PlainLines: ~Copyable {
  private let packed: UnsafeMutablePointer<UInt64>
  private var first = 0
  private var last = 0

  static var capacity: Int { 1024 }
  /// The bytes that may be looked at from the beginning of a line; the longest line has 26.
  static var reach: Int { 40 }

  private static var request: UInt64 { 0x2054_5345_5551_4552 }  // "REQUEST "
  private static var free: UInt64 { 0x20_4545_5246 }  // "FREE "

  init() {
    unsafe packed = .allocate(capacity: Self.capacity)
  }

  deinit {
    unsafe packed.deallocate()
  }

  /// The events that were read and not handed out.
  var count: Int { last &- first }

  /// Hands out the next event.
  @inline(__always)
  mutating func pop() -> TraceEvent? {
    guard first < last else { return nil }
    // SAFETY: first < last ≤ capacity, and what is below last was written.
    let word = unsafe packed[first]
    first &+= 1
    return PackedEvent(word: word).event
  }

  /// Shows events that have not been handed out, up to a number; as many of them as `take` returns are.
  @inline(__always)
  mutating func take(most: Int, _ take: (Span<UInt64>) -> Int) -> Int {
    // SAFETY: what is below last was written.
    let events = unsafe UnsafeBufferPointer(start: packed + first, count: min(count, most))
    let taken = take(unsafe events.span)
    first &+= taken
    return taken
  }

  /// Hands out all events.
  mutating func move(to events: inout TraceEvents) {
    // SAFETY: what is below last was written.
    unsafe events.packed.append(
      contentsOf: UnsafeBufferPointer(start: packed + first, count: count))
    first = 0
    last = 0
  }

  /// Reads lines, up to a number, from bytes that begin with one; returns how many bytes that took.
  ///
  /// - Precondition: all events have been handed out.
  mutating func read(_ bytes: UnsafeRawBufferPointer, most: Int, _ live: inout LiveIDs) -> Int {
    first = 0
    last = 0
    guard bytes.count >= Self.reach, most > 0 else { return 0 }
    // SAFETY: a line is looked at where `reach` bytes follow, and offsets in it are below that: 9 + 8
    // + 8 is the largest, with 8 bytes from 9 + 8 on. Places in the window are masked by its size.
    let start = unsafe bytes.baseAddress.unsafelyUnwrapped
    let lastPlace = bytes.count &- Self.reach
    let most = min(most, Self.capacity)
    var room = live.makeRoom()
    var window = unsafe live.window
    var windowMask = live.bits &- 1
    let free = Self.free
    var place = 0
    var known = live.known
    while place <= lastPlace, last < most {
      let line = unsafe start + place
      let verb = unsafe line.loadUnaligned(as: UInt64.self)
      if verb == Self.request {
        let (id, idLength) = Self.digits(
          unsafe line.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let (size, sizeLength) = Self.digits(
          unsafe line.loadUnaligned(fromByteOffset: 9 &+ idLength, as: UInt64.self))
        let end = 9 &+ idLength &+ sizeLength
        let behindID = UInt64(unsafe line.load(fromByteOffset: 8 &+ idLength, as: UInt8.self))
        let behindSize = UInt64(unsafe line.load(fromByteOffset: end, as: UInt8.self))
        guard
          (behindID ^ 32) | (behindSize ^ 10) | (id ^ UInt64(truncatingIfNeeded: known))
            | Self.isZero(idLength) | Self.isZero(sizeLength) == 0
        else { break }
        if known == room {
          live.known = known
          room = live.makeRoom()
          unsafe window = live.window
          windowMask = live.bits &- 1
        }
        let bit = id & UInt64(truncatingIfNeeded: windowMask)
        unsafe window[Int(truncatingIfNeeded: bit >> 6)] |= 1 &<< (bit & 63)
        known &+= 1
        unsafe packed[last] = size << 32 | id
        place &+= end &+ 1
      } else {
        let (id, idLength) = Self.digits(
          unsafe line.loadUnaligned(fromByteOffset: 5, as: UInt64.self))
        let end = 5 &+ idLength
        let behindID = UInt64(unsafe line.load(fromByteOffset: end, as: UInt8.self))
        let bit = id & UInt64(truncatingIfNeeded: windowMask)
        let word = unsafe window[Int(truncatingIfNeeded: bit >> 6)]
        let age = UInt64(truncatingIfNeeded: known) &- id
        guard
          (verb & 0xFF_FFFF_FFFF) ^ free | (behindID ^ 10) | Self.isZero(idLength)
            | (word >> (bit & 63) & 1 ^ 1)
            | (age &- 1) & ~UInt64(truncatingIfNeeded: windowMask) == 0
        else { break }
        unsafe window[Int(truncatingIfNeeded: bit >> 6)] = word ^ 1 &<< (bit & 63)
        unsafe packed[last] = 2 << 30 | id
        place &+= end &+ 1
      }
      last &+= 1
    }
    live.known = known
    return place
  }

  /// 1 for 0, otherwise 0.
  @inline(__always)
  private static func isZero(_ number: Int) -> UInt64 {
    (UInt64(truncatingIfNeeded: number) &- 1) >> 63
  }

  /// The number that eight bytes begin with, and how many digits it has, up to 8.
  @inline(__always)
  private static func digits(_ bytes: UInt64) -> (value: UInt64, length: Int) {
    let digits = bytes ^ 0x3030_3030_3030_3030
    // The high half of a byte is 0 iff it was a digit: 0 to 9 plus 6 stays below 16.
    let others = (digits | (digits &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0
    let bits = UInt64(truncatingIfNeeded: others.trailingZeroBitCount & 0x78)
    // The last digit comes to stand in the highest byte, with zeros below the first; a shift by 64 is
    // one by 0, of a number that has no digits.
    var value = digits &<< (64 &- bits)
    value = value &* 10 &+ (value >> 8)
    let hundreds = (value & 0x0000_00FF_0000_00FF) &* (1_000_000 << 32 | 100)
    let units = (value >> 16 & 0x0000_00FF_0000_00FF) &* (10_000 << 32 | 1)
    return ((hundreds &+ units) >> 32, Int(truncatingIfNeeded: bits >> 3))
  }
}
