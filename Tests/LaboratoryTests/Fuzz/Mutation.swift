// SPDX-License-Identifier: MIT

/// Traces that are right, and what may happen to them.
struct Mutation {
  var random: SplitMix

  /// A right trace of up to 16 events, in either format.
  mutating func trace() -> [UInt8] {
    let isMallocLab = random.next() % 3 == 0
    var lines: [String] = []
    var live: [Int] = []
    var ids = 0
    for _ in 0..<Int.random(in: 0...16, using: &random) {
      switch random.next() % 5 {
      case 0...1:
        let size = Int.random(in: 0...9999, using: &random)
        let mark = !isMallocLab && size > 4096 && random.next() % 2 == 0 ? " LARGE" : ""
        lines.append(isMallocLab ? "a \(ids) \(size)" : "REQUEST \(ids) \(size)\(mark)")
        live.append(ids)
        ids += 1
      case 2:
        guard let id = live.randomElement(using: &random) else { continue }
        let size = Int.random(in: 1...99, using: &random)
        lines.append(isMallocLab ? "r \(id) \(size)" : "RESIZE \(id) \(size)")
      default:
        guard let place = live.indices.randomElement(using: &random) else { continue }
        let id = live.remove(at: place)
        lines.append(isMallocLab ? "f \(id)" : "FREE \(id)")
      }
    }
    let head = isMallocLab ? "20000\n\(ids)\n\(lines.count)\n1\n" : "\(lines.count)\n"
    return Array((head + lines.map { $0 + "\n" }.joined()).utf8)
  }

  private static let words = [
    "REQUEST ", "FREE ", "RESIZE ", " LARGE", "-1", "99999999999", "18446744073709551616",
    "1073741824", "\r\n", "\n\n", "\u{0}\u{0}\u{0}", "\t", "a 0 1\n", "r 0 0\n", "f 0\n", "0",
  ].map { Array($0.utf8) }

  /// Changes a trace in one place.
  mutating func change(_ bytes: inout [UInt8]) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let end = min(bytes.count, place + Int.random(in: 0...8, using: &random))
    switch random.next() % 8 {
    case 0: bytes.removeSubrange(place...)
    case 1: bytes.removeSubrange(place..<end)
    case 2: bytes.insert(.random(in: 0...255, using: &random), at: place)
    case 3: bytes.insert(contentsOf: Self.words.randomElement(using: &random)!, at: place)
    case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 5: for index in place..<end { bytes[index] = .random(in: 0...255, using: &random) }
    case 6:
      for index in place..<end where 48...57 ~= bytes[index] {
        bytes[index] = .random(in: 48...57, using: &random)
      }
    default:
      // Two lines change places.
      var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
      let first = lines.indices.randomElement(using: &random)!
      lines.swapAt(first, lines.indices.randomElement(using: &random)!)
      bytes = Array(lines.joined(separator: [10]))
    }
  }
}
