// SPDX-License-Identifier: MIT

// Makes traces as the course's generator does, but seeded and in O(n log n).
//
//     R0 R1 R2 R3 …              all requests in order
//     R0 R1 F0 R2 R3 …           then each FREE at a uniform place behind its request,
//     R0 R1 F0 R2 F1 R3 …        among all that stands there by then
//
// With `early` the place is, with 90 % chance, within the first tenth of what remains.
//
// What stands before the request that is at hand never changes again, and is written out. The rest is
// a sequence that is inserted into by position: a binary tree that is balanced by chance, where a node
// is the root of its subtree with the same chance as any other (C. Aragon, R. Seidel, "Randomized
// search trees", 1989).

internal import Glibc

/// What a generated trace is to be like.
public struct TraceRecipe: Sendable, Hashable {
  /// How sizes are spread.
  public enum Distribution: Sendable, Hashable {
    /// By their logarithms.
    case log
    /// Evenly.
    case linear
  }
  /// How long blocks live.
  public enum Lifetime: Sendable, Hashable {
    /// Freed anywhere behind the request.
    case uniform
    /// Mostly freed soon.
    case early
  }

  /// The number of requests.
  public var count: Int
  /// How sizes are spread.
  public var distribution: Distribution
  /// The least and the largest size.
  public var sizes: ClosedRange<Int>
  /// How long blocks live.
  public var lifetime: Lifetime
  /// The same seed makes the same trace.
  public var seed: UInt64

  /// What a trace is to be like.
  public init(
    count: Int, distribution: Distribution, sizes: ClosedRange<Int>, lifetime: Lifetime,
    seed: UInt64
  ) {
    self.count = count
    self.distribution = distribution
    self.sizes = sizes
    self.lifetime = lifetime
    self.seed = seed
  }
}

extension Trace {
  /// Makes a trace of as many requests, all of which are freed.
  ///
  /// - Parameter progress: is told now and then how many requests are laid out.
  /// - Precondition: the count is within 0 and 2^30; sizes are positive.
  /// - Complexity: O(n log n).
  public init(_ recipe: TraceRecipe, progress: (Int) -> Void = { _ in }) {
    precondition(recipe.count >= 0 && recipe.count <= 1 << 30, "a trace has 0 to 2^30 requests")
    precondition(recipe.sizes.lowerBound > 0, "sizes are positive")
    var random = SplitMix(seed: recipe.seed)
    let lower = log(Double(recipe.sizes.lowerBound))
    let upper = log(Double(recipe.sizes.upperBound))
    let requested = (0..<recipe.count).map { _ in
      switch recipe.distribution {
      case .linear: Int.random(in: recipe.sizes, using: &random)
      case .log:
        min(
          max(Int(exp(lower + (upper - lower) * random.fraction())), recipe.sizes.lowerBound),
          recipe.sizes.upperBound)
      }
    }
    var rest = InsertionSequence(count: recipe.count, seed: recipe.seed &+ 1)
    var events = TraceEvents()
    events.reserveCapacity(2 * recipe.count)
    for id in 0..<recipe.count {
      if id & (1 << 16 - 1) == 0 { progress(id) }
      while true {
        let node = rest.popFirst()
        if node == id { break }
        events.append(.free(id: node - recipe.count))
      }
      events.append(.request(id: id, size: requested[id]))
      var remains = rest.count
      if recipe.lifetime == .early, random.next() % 10 != 0 { remains /= 10 }
      rest.insert(recipe.count + id, at: Int.random(in: 0...remains, using: &random))
    }
    while rest.count > 0 { events.append(.free(id: rest.popFirst() - recipe.count)) }
    self.init(events: events, idCount: recipe.count)
  }
}

/// A sequence of numbers below 2 × `count`, at first 0 up to `count` − 1.
struct InsertionSequence {
  private var left: [Int32]
  private var right: [Int32]
  private var size: [Int32]
  private var root: Int32
  private var random: SplitMix

  init(count: Int, seed: UInt64) {
    left = Array(repeating: -1, count: 2 * count)
    right = left
    size = Array(repeating: 1, count: 2 * count)
    root = -1
    random = SplitMix(seed: seed)
    root = build(0..<Int32(count))
  }

  var count: Int { Int(weight(root)) }

  private func weight(_ node: Int32) -> Int32 { node < 0 ? 0 : size[Int(node)] }

  private mutating func build(_ range: Range<Int32>) -> Int32 {
    if range.isEmpty { return -1 }
    let middle = range.lowerBound + Int32(range.count / 2)
    left[Int(middle)] = build(range.lowerBound..<middle)
    right[Int(middle)] = build(middle + 1..<range.upperBound)
    size[Int(middle)] = Int32(range.count)
    return middle
  }

  /// Inserts a number that is not in the sequence, before what is at `position` now.
  mutating func insert(_ number: Int, at position: Int) {
    root = insert(Int32(number), Int32(position), below: root)
  }

  private mutating func insert(_ node: Int32, _ position: Int32, below top: Int32) -> Int32 {
    let total = weight(top) + 1
    if random.next() % UInt64(total) == 0 {
      let (front, back) = split(top, position)
      left[Int(node)] = front
      right[Int(node)] = back
      size[Int(node)] = total
      return node
    }
    let before = weight(left[Int(top)])
    if position <= before {
      left[Int(top)] = insert(node, position, below: left[Int(top)])
    } else {
      right[Int(top)] = insert(node, position - before - 1, below: right[Int(top)])
    }
    size[Int(top)] = total
    return top
  }

  private mutating func split(_ top: Int32, _ position: Int32) -> (Int32, Int32) {
    if top < 0 { return (-1, -1) }
    let before = weight(left[Int(top)])
    if position <= before {
      let (front, back) = split(left[Int(top)], position)
      left[Int(top)] = back
      size[Int(top)] = 1 + weight(back) + weight(right[Int(top)])
      return (front, top)
    }
    let (front, back) = split(right[Int(top)], position - before - 1)
    right[Int(top)] = front
    size[Int(top)] = 1 + before + weight(front)
    return (top, back)
  }

  /// Removes and returns the first number.
  ///
  /// - Precondition: there is one.
  mutating func popFirst() -> Int {
    var node = root
    if left[Int(node)] < 0 {
      root = right[Int(node)]
      return Int(node)
    }
    while true {
      size[Int(node)] -= 1
      let next = left[Int(node)]
      if left[Int(next)] < 0 {
        left[Int(node)] = right[Int(next)]
        return Int(next)
      }
      node = next
    }
  }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a trace's seed makes the same trace everywhere.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// A number within 0 and 1, 1 excluded.
  mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
