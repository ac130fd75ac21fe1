// SPDX-License-Identifier: MIT

import Instruments
import Testing

@testable import MemoryStatistics

/// Looking for things in the texts of /proc.
@Suite struct ProcTextTests {
  @Test func `a line ends where a look at each byte finds it, in any text`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    // Newlines, their neighbours, and bytes that differ from one in the top bit alone.
    let alphabet: [UInt8] = [0x0A, 0x0A, 0x0B, 0x09, 0x8A, 0x00, 0x80, 0xFF, 0x61]
    for _ in 0..<5000 {
      let count = Int.random(in: 0...40, using: &random)
      let few = Bool.random(using: &random)
      let text = (0..<count).map { _ in
        few ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random)!
      }
      for start in 0...count {
        let expected = text[start...].firstIndex(of: 0x0A) ?? count
        let found = text.span.endOfLine(from: start)
        #expect(found == expected, "seed \(seed): from \(start) of \(text)")
        if found != expected { return }
      }
    }
  }
}
