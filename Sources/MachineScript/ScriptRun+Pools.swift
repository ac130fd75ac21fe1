// SPDX-License-Identifier: MIT

// Verbs on memory pools. A request that has to wait leaves its name without the element, which arrives
// when another is freed: `pool POOL waiters` counts them.

internal import Pages
internal import PhysicalMemory

extension ScriptRun {
  /// `pool create POOL RESERVE (slab CACHE | kmalloc SIZE | pages ORDER)` · `pool alloc POOL NAME [GFP]
  /// [count N]` · `pool resize POOL RESERVE` · `pool destroy POOL`
  mutating func pool(_ words: inout ScriptWords) throws {
    let verb = try words.next("create, alloc, resize or destroy")
    let name = try words.name("a memory pool")
    switch verb {
    case "create": try createPool(name, &words)
    case "alloc": try allocateElements(pool(name), &words)
    case "resize":
      try machine.resizeMemoryPool(pool(name), reserve: words.number("a reserve"))
    case "destroy":
      try words.finish()
      try machine.destroyMemoryPool(pool(name))
      holdings.pools[name] = nil
      holdings.kinds[name] = nil
    default:
      throw ScriptError.Problem.invalid(verb, expected: "create, alloc, resize or destroy")
    }
  }

  func pool(_ name: String) throws(ScriptError.Problem) -> MemoryPoolNumber {
    try holdings.require(name, .pool)
    return holdings.pools[name]!
  }

  private mutating func createPool(_ name: String, _ words: inout ScriptWords) throws {
    try holdings.check(name, free: .pool)
    let reserve = try words.number("a reserve")
    let kind = try words.next("slab, kmalloc or pages")
    let source: MemoryPoolSource
    switch kind {
    case "slab": source = .slab(try cache(words.next("a slab cache")))
    case "kmalloc": source = .kmalloc(try words.size("a size"))
    case "pages": source = .pages(try Order(words.signed("an order")))
    default: throw ScriptError.Problem.invalid(kind, expected: "slab, kmalloc or pages")
    }
    try words.finish()
    holdings.pools[name] = try machine.createMemoryPool(reserve: reserve, over: source)
    holdings.kinds[name] = .pool
  }

  private mutating func allocateElements(
    _ pool: MemoryPoolNumber, _ words: inout ScriptWords
  ) throws {
    let name = try words.name("a name")
    try holdings.check(name, free: .elements, isNew: false)
    let flags = try words.flags()
    let (count, _) = try count(&words)
    try words.finish()
    if let held = holdings.elements[name], held.pool != pool {
      throw ScriptError.Problem.otherKind(
        name, is: "elements of another memory pool", expected: "of this one")
    }
    // A pool over nothing is never empty, and whoever may wait is never refused.
    for _ in 0..<min(count, Self.mostObjects) {
      let arrivals = arrivals
      let key = arrivals.nextKey
      arrivals.nextKey += 1
      let element = try machine.allocate(from: pool, flags: flags) { _, element in
        arrivals.elements[key] = element
      }
      holdings.kinds[name] = .elements
      // In place: a copy would make n elements cost O(n²).
      if let element {
        holdings.elements[name, default: ScriptElements(pool: pool)].elements.append(element)
      } else {
        holdings.elements[name, default: ScriptElements(pool: pool)].waiting.append(key)
      }
    }
  }

  /// Elements under a name, those that arrived included.
  mutating func collect(_ name: String) {
    guard var held = holdings.elements[name] else { return }
    var waiting: [Int] = []
    for key in held.waiting {
      if let element = arrivals.elements.removeValue(forKey: key) {
        held.elements.append(element)
      } else {
        waiting.append(key)
      }
    }
    held.waiting = waiting
    holdings.elements[name] = held
  }

  mutating func freeElements(_ name: String, _ words: inout ScriptWords) throws {
    let choice = try ScriptChoice(&words)
    try words.finish()
    collect(name)
    var held = holdings.elements[name]!
    let parts = choice.parts(held.elements, &machine.chance)
    held.elements = parts.rest
    var done = 0
    for element in parts.taken {
      do throws(MachineError) {
        try machine.free(element, to: held.pool)
      } catch {
        held.elements += parts.taken[done...]
        holdings.elements[name] = held
        throw error
      }
      done += 1
    }
    holdings.elements[name] = held
    if parts.rest.isEmpty, held.waiting.isEmpty { forget(name) }
  }
}
