// SPDX-License-Identifier: MIT

// What the hardened mode writes behind each block, so that nobody who does not know a secret can write it: whether
// the block is live, and how much of it was asked for. And the key of the links through free blocks.
//
//     ├── asked for ──┼── slack ──┼ canary ┼ size ⊕ secret ┤
//
// The *slack*, the bytes that rounding up leaves over, begins with a pattern in which no byte is zero, for what is
// written one byte too far is mostly the zero at a string's end. Behind the pattern it is zero, so that a large slack
// costs no memory.

internal import System

struct BlockSeal: BitwiseCopyable {
  /// Not to be guessed.
  let secret: UInt
  /// What slack begins with: every byte of it is another one than 0.
  private let pattern: UInt
  /// What links are encoded with; 0 where the hardened mode is off.
  let linkKey: UInt

  /// Bytes that a block has behind those that may be used.
  static let trailer = 16
  /// Bytes of slack that hold the pattern, or a few less.
  private static let patterned: UInt = 128

  /// - Parameter secret: 0 where the hardened mode is off.
  init(secret: UInt) {
    self.secret = secret | 1
    pattern = (secret &* 0xC2B2_AE3D_27D4_EB4F) | 0x0101_0101_0101_0101
    linkKey = secret == 0 ? 0 : (secret &* 0xD6E8_FEB8_6659_FD93) | 1
  }

  /// The canary of a live block, whose first byte is not 0, or of a freed one.
  func canary(_ block: UInt, isLive: Bool) -> UInt {
    let mixed = (block ^ secret) &* 0x9E37_79B9_7F4A_7C15 | 1
    return isLive ? mixed : ~mixed
  }

  /// Whether a block of a free list, but for its link, is as ``Hardened`` left it.
  func isFree(_ block: UInt, end: UInt) -> Bool {
    unsafe Self.isZero(block &+ 8, end) && BlockMemory.word(end) == canary(block, isLive: false)
      && BlockMemory.word(end &+ 8) == secret
  }

  // MARK: Slack

  /// Where the pattern ends in the slack between two addresses, of which the second is a multiple of 8.
  static func patternEnd(_ start: UInt, _ end: UInt) -> UInt { min((start &+ patterned) & ~7, end) }

  /// What the first word of slack holds of the pattern, which begins within it.
  private static func mask(_ start: UInt) -> UInt { UInt.max << ((start & 7) &* 8) }

  /// Writes the pattern. The block's own bytes stay as they are.
  ///
  /// - Precondition: the slack is zero; its end is a multiple of 8.
  func fillSlack(_ start: UInt, _ end: UInt) {
    let stop = Self.patternEnd(start, end)
    var place = start & ~7
    guard place < stop else { return }
    let mask = Self.mask(start)
    unsafe BlockMemory.setWord(place, BlockMemory.word(place) & ~mask | pattern & mask)
    place &+= 8
    while place < stop {
      unsafe BlockMemory.setWord(place, pattern)
      place &+= 8
    }
  }

  /// Whether nobody has written to the slack.
  func isSlackWhole(_ start: UInt, _ end: UInt) -> Bool {
    let stop = Self.patternEnd(start, end)
    var place = start & ~7
    guard place < stop else { return true }
    var difference = unsafe (BlockMemory.word(place) ^ pattern) & Self.mask(start)
    place &+= 8
    while place < stop {
      unsafe difference |= BlockMemory.word(place) ^ pattern
      place &+= 8
    }
    return difference == 0 && Self.isZero(stop, end)
  }

  static func isZero(_ start: UInt, _ end: UInt) -> Bool {
    guard start < end else { return true }
    return Syscalls.isZero(start, Int(end &- start))
  }

  func mark(_ block: UInt, _ size: UInt, asked: Int, isLive: Bool) {
    let trailer = block &+ size &- UInt(Self.trailer)
    unsafe BlockMemory.setWord(trailer, canary(block, isLive: isLive))
    unsafe BlockMemory.setWord(trailer &+ 8, UInt(asked) ^ secret)
  }
}
