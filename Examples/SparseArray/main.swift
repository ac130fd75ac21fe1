// SPDX-License-Identifier: MIT

import Tamalloc

// Ten billion doubles, 75 GiB, that all read as 1: nothing is committed.
var weights = try LazyArray(repeating: 1.0, count: 10_000_000_000)

weights[9_999_999_999] = 2.5  // commits one page
print(weights[0] + weights[9_999_999_999], try weights.usage)

// A gigabyte of 0xFF, byte by byte; what is discarded reads as the fill again.
var memory = try LazyMemory(size: .gibibytes(1), fill: .byte(0xFF))
memory[123_456_789] = 7
try memory.discard(0..<memory.size.rawValue)
print(memory[123_456_789], try memory.usage)
