// SPDX-License-Identifier: MIT

// What the hardened mode writes behind each block, so that nobody who does not know a secret can write it: whether
// the block is live, and how much of it was asked for. And the key of the links through free blocks.
//
//     ├── asked for ──┼── zero ──┼ canary ┼ size ⊕ secret ┤

internal import System

struct BlockSeal: BitwiseCopyable {
  /// Not to be guessed.
  let secret: UInt
  /// What links are encoded with; 0 where the hardened mode is off.
  let linkKey: UInt

  /// Bytes that a block has behind those that may be used.
  static let trailer = 16

  /// - Parameter secret: 0 where the hardened mode is off.
  init(secret: UInt) {
    self.secret = secret | 1
    linkKey = secret == 0 ? 0 : (secret &* 0xD6E8_FEB8_6659_FD93) | 1
  }

  /// The canary of a live block, or of a freed one.
  func canary(_ block: UInt, isLive: Bool) -> UInt {
    let mixed = (block ^ secret) &* 0x9E37_79B9_7F4A_7C15
    return isLive ? mixed : ~mixed
  }

  /// Whether a block of a free list, but for its link, is as ``Hardened`` left it.
  func isFree(_ block: UInt, end: UInt) -> Bool {
    unsafe Self.isZero(block &+ 8, end) && BlockMemory.word(end) == canary(block, isLive: false)
      && BlockMemory.word(end &+ 8) == secret
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
