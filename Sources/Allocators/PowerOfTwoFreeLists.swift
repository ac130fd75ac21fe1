// SPDX-License-Identifier: GPL-2.0 OR MIT

// Power-of-two free lists: a header before each buffer names the list it came from.
//
//     │ header │ ······· block ······· │ header │ ······· block ······· │      2^k bytes each
//       k                                k
//
// A request of n bytes takes a buffer of the least power of two that holds n + 8. The free operation
// asks nobody but the header; from the size that it is told it guesses what that will say.
//
// Worst and average case of time: O(1); the block, its run's base and descriptor are touched. Waste: up
// to half of each buffer, and worst where requests are powers of two themselves: those need the next one.
//
// Source: U. Vahalia, "UNIX Internals", 12.4. Runs: see RunLists.swift.

/// Power-of-two free lists.
public typealias PowerOfTwoFreeLists = RunLists<HeaderPerBuffer>

/// The eight bytes before each buffer hold its class.
@frozen
public enum HeaderPerBuffer: RunMarking {
  @inlinable
  public static func stride(shift: Int) -> Int { 1 &<< shift }
  @inlinable
  public static var isPerBuffer: Bool { true }
}
