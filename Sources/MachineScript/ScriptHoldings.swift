// SPDX-License-Identifier: MIT

// What the names of a script stand for. A name stands for one kind of thing at a time; where it stands
// for several things, verbs take all of them, or some by a choice:
//
//     free NAME                      all
//     free NAME every 2              the first, the third, …
//     free NAME first 3 · last 3
//     free NAME random 10            as the machine's seed has it
//
// Invariant: a name is in `kinds` iff its kind's table has something under it.

internal import Pages
internal import PhysicalMemory

/// What a name stands for.
enum ScriptKind: String {
  case number = "a number"
  case blocks = "blocks of frames"
  case objects = "objects of the kernel's"
  case elements = "elements of a memory pool"
  case area = "an area of a process"
  case file = "a file"
  case cache = "a slab cache"
  case pool = "a memory pool"
  case process = "a process"
}

/// A block of frames that the script holds.
struct ScriptBlock {
  var frame: PageFrameNumber
  var order: Order
}

/// Memory of the kernel's that the script holds.
struct ScriptObject {
  enum Source {
    case slab(SlabCacheNumber)
    case kmalloc
    case vmalloc
  }

  var address: KernelAddress
  var source: Source
}

/// Elements from a pool; those of waiting requests arrive on their own.
struct ScriptElements {
  var pool: MemoryPoolNumber
  var elements: [UInt64] = []
  /// Requests that wait: keys of the arrivals.
  var waiting: [Int] = []
}

/// Where elements of pools arrive: freeing one hands it to a waiting request.
final class ScriptArrivals {
  var elements: [Int: UInt64] = [:]
  var nextKey = 0
}

/// A stretch of a process's addresses.
struct ScriptArea {
  var process: ProcessNumber
  var start: UserAddress
  var size: ByteCount
}

/// Everything that the script has a name for.
struct ScriptHoldings {
  var kinds: [String: ScriptKind] = [:]
  var numbers: [String: ScriptValue] = [:]
  var blocks: [String: [ScriptBlock]] = [:]
  var objects: [String: [ScriptObject]] = [:]
  var elements: [String: ScriptElements] = [:]
  var areas: [String: ScriptArea] = [:]
  var files: [String: (number: FileNumber, pages: Int)] = [:]
  var caches: [String: SlabCacheNumber] = [:]
  var pools: [String: MemoryPoolNumber] = [:]
  var processes: [String: ProcessNumber] = [:]

  /// Fails where the name stands for something of another kind, or, if it must be new, for anything.
  func check(
    _ name: String, free kind: ScriptKind, isNew: Bool = true
  ) throws(ScriptError.Problem) {
    guard let known = kinds[name] else { return }
    if isNew || known != kind {
      throw .otherKind(name, is: known.rawValue, expected: isNew ? "a new name" : kind.rawValue)
    }
  }

  /// Fails where the name does not stand for something of the kind.
  func require(_ name: String, _ kind: ScriptKind) throws(ScriptError.Problem) {
    guard let known = kinds[name] else { throw .unknownName(name) }
    guard known == kind else {
      throw .otherKind(name, is: known.rawValue, expected: kind.rawValue)
    }
  }
}

/// Which of the things under a name a verb takes.
enum ScriptChoice {
  case all
  case every(Int)
  case first(Int)
  case last(Int)
  case random(Int)

  init(_ words: inout ScriptWords) throws(ScriptError.Problem) {
    if words.take("every") {
      let step = try words.number("a step")
      guard step > 0 else { throw .invalid("0", expected: "a step of 1 or more") }
      self = .every(step)
    } else if words.take("first") {
      self = .first(try words.number("how many"))
    } else if words.take("last") {
      self = .last(try words.number("how many"))
    } else if words.take("random") {
      self = .random(try words.number("how many"))
    } else {
      self = .all
    }
  }

  /// The things in two parts: those taken and the rest, both in their order.
  func parts<Thing>(
    _ things: [Thing], _ chance: inout Chance
  ) -> (taken: [Thing], rest: [Thing]) {
    switch self {
    case .all: return (things, [])
    case .first(let count):
      return (Array(things.prefix(count)), Array(things.dropFirst(count)))
    case .last(let count):
      return (Array(things.suffix(count)), Array(things.dropLast(count)))
    case .every(let step): return split(things) { $0 % step == 0 }
    case .random(let count):
      var order = Array(things.indices)
      order.shuffle(using: &chance)
      let chosen = Set(order.prefix(count))
      return split(things, chosen.contains)
    }
  }

  private func split<Thing>(
    _ things: [Thing], _ isTaken: (Int) -> Bool
  ) -> (taken: [Thing], rest: [Thing]) {
    var (taken, rest): ([Thing], [Thing]) = ([], [])
    for (index, thing) in things.enumerated() {
      if isTaken(index) { taken.append(thing) } else { rest.append(thing) }
    }
    return (taken, rest)
  }
}
