// SPDX-License-Identifier: MIT

// fuzz-traces COUNT SEED: reads so many traces, most of them damaged, and compares what the reader says
// with a second, simple reader: the events, and of what is wrong the line, the field and the words.

import Glibc

let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
guard arguments.count == 2 else { fatalError("usage: fuzz-traces COUNT SEED") }
var mutation = Mutation(random: SplitMix(seed: arguments[1]))
var accepted = 0
for number in 0..<arguments[0] {
  var bytes = mutation.trace()
  for _ in 0..<Int.random(in: 0...3, using: &mutation.random) { mutation.change(&bytes) }
  let pieces = Int.random(in: 1...64, using: &mutation.random)
  switch Check.verdict(on: bytes, pieces: pieces) {
  case .accepted: accepted += 1
  case .refused: continue
  case nil:
    print("input \(number) of seed \(arguments[1]), in pieces of \(pieces):")
    print(String(decoding: bytes, as: UTF8.self).debugDescription)
    print("expected \(ReferenceReader.read(bytes))\nfound    \(Check.read(BytesInput(bytes)))")
    exit(1)
  }
}
print("\(arguments[0]) traces, \(accepted) accepted, \(Int(arguments[0]) - accepted) refused")
