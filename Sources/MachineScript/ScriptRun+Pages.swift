// SPDX-License-Identifier: MIT

// Verbs on frames: alloc, free, map, unmap, write.

internal import Pages
internal import PhysicalMemory

/// How a block came to be the script's.
struct ScriptOrigin {
  var line: Int
  var statement: String
  var flags: GFPFlags
  var node: NodeNumber
  /// The zones that were passed by, and why.
  var passed: [String]
}

extension ScriptRun {
  /// The most things that a statement makes.
  static var most: Int { 1 << 26 }
  /// The most objects that a statement makes: some cost nothing, and are never refused.
  static var mostObjects: Int { 1 << 22 }

  /// Reads `count N` or `all`, which goes on until the machine refuses.
  func count(
    _ words: inout ScriptWords
  ) throws(ScriptError.Problem) -> (count: Int, isAll: Bool) {
    if words.take("all") { return (Self.most, true) }
    guard words.take("count") else { return (1, false) }
    return (min(try words.number("how many"), Self.most), false)
  }

  /// `alloc NAME ORDER [GFP] [node N] [count N | all]`
  mutating func allocate(_ words: inout ScriptWords) throws {
    let name = try words.name("a name")
    try holdings.check(name, free: .blocks, isNew: false)
    let order = try Order(words.signed("an order"))
    let flags = try words.flags()
    var node: NodeNumber?
    if words.take("node") { node = NodeNumber(try words.number("a node")) }
    let (count, isAll) = try count(&words)
    try words.finish()
    let preferred = node ?? machine.layout.processors[machine.currentProcessor.rawValue]
    for done in 0..<count {
      let found = try block(order, flags, node, mayFail: isAll)
      guard let frame = found else { return }
      holdings.kinds[name] = .blocks
      holdings.blocks[name, default: []].append(ScriptBlock(frame: frame, order: order))
      origins[frame] = ScriptOrigin(
        line: line, statement: statement, flags: flags, node: preferred,
        passed: passed(frame, order, flags, preferred))
      pulse(done, of: isAll ? max(512, machine.presentFrames >> order.rawValue) : count)
    }
  }

  /// A block, or nil where the machine refuses and that is what was waited for.
  private mutating func block(
    _ order: Order, _ flags: GFPFlags, _ node: NodeNumber?, mayFail: Bool
  ) throws(MachineError) -> PageFrameNumber? {
    do throws(MachineError) {
      return try machine.allocatePages(order: order, flags: flags, node: node)
    } catch {
      guard mayFail, error.isOutOfMemory else { throw error }
      return nil
    }
  }

  /// Why zones before a block's own did not give it, as they are now: nobody took from them since.
  private func passed(
    _ frame: PageFrameNumber, _ order: Order, _ flags: GFPFlags, _ node: NodeNumber
  ) -> [String] {
    guard let own = try? machine.zone(of: frame),
      let list = try? machine.zoneList(of: node, highest: flags.highestZone)
    else { return [] }
    let ownNumber = ZoneNumber(own.type, of: own.node)
    var reasons: [String] = []
    for number in list {
      if number == ownNumber { break }
      let zone = machine.zones[number.rawValue]
      let kept = zone.lowmemReserve(against: flags.highestZone)
      reasons.append(
        "node \(zone.node) zone \(zone.type) had \(zone.free) frames free, "
          + "low \(zone.watermarks.low) and \(kept) reserved against such requests")
    }
    return reasons
  }

  mutating func forget(_ name: String) {
    holdings.kinds[name] = nil
    holdings.blocks[name] = nil
    holdings.objects[name] = nil
    holdings.elements[name] = nil
    holdings.areas[name] = nil
  }

  /// `free NAME [every N | first N | last N | random N] [cold]`
  mutating func free(_ words: inout ScriptWords) throws {
    let name = try words.next("a name")
    switch holdings.kinds[name] {
    case .blocks: try freeBlocks(name, &words)
    case .objects: try freeObjects(name, &words)
    case .elements: try freeElements(name, &words)
    case .area:
      try words.finish()
      let area = holdings.areas[name]!
      try machine.munmap(area.start, area.size, in: area.process)
      forget(name)
    case nil: throw ScriptError.Problem.unknownName(name)
    case .some(let kind):
      throw ScriptError.Problem.otherKind(
        name, is: kind.rawValue, expected: "memory that can be freed")
    }
  }

  private mutating func freeBlocks(_ name: String, _ words: inout ScriptWords) throws {
    let choice = try ScriptChoice(&words)
    let flags: GFPFlags = words.take("cold") ? .cold : []
    try words.finish()
    let parts = choice.parts(holdings.blocks[name] ?? [], &machine.chance)
    var done = 0
    for block in parts.taken {
      do throws(MachineError) {
        try machine.freePages(block.frame, order: block.order, flags: flags)
      } catch {
        holdings.blocks[name] = parts.rest + parts.taken[done...]
        throw error
      }
      if !machine.frames[block.frame].flags.contains(.allocated) { origins[block.frame] = nil }
      pulse(done, of: parts.taken.count)
      done += 1
    }
    holdings.blocks[name] = parts.rest
    if parts.rest.isEmpty { forget(name) }
  }

  /// `map NAME`: windows on frames of high memory, one for each block's first.
  mutating func map(_ words: inout ScriptWords) throws {
    let name = try words.next("a name")
    try holdings.require(name, .blocks)
    for block in holdings.blocks[name]! { _ = try machine.map(block.frame) }
  }

  /// `unmap NAME`
  mutating func unmap(_ words: inout ScriptWords) throws {
    let name = try words.next("a name")
    try holdings.require(name, .blocks)
    for block in holdings.blocks[name]! { try machine.unmap(block.frame) }
  }

  /// `write NAME OFFSET BYTE [SIZE]`: to each of the things that the name stands for.
  mutating func write(_ words: inout ScriptWords) throws {
    let name = try words.next("a name")
    let offset = try words.signed("an offset")
    let byte = try words.number("a byte")
    guard byte < 256 else { throw ScriptError.Problem.invalid("\(byte)", expected: "a byte") }
    var size = ByteCount(1)
    if let word = words.peek, word != "in" { size = try words.size("how many bytes") }
    guard size <= .mebibytes(64) else {
      throw ScriptError.Problem.invalid("\(size.rawValue)", expected: "64 MiB at most")
    }
    let bytes = [UInt8](repeating: UInt8(byte), count: size.rawValue)
    switch holdings.kinds[name] {
    case .area:
      let (process, area) = try area(name, &words)
      try words.finish()
      try machine.write(bytes, at: area.start + ByteCount(offset), in: process)
    case .blocks:
      for block in holdings.blocks[name]! {
        guard let address = machine.address(of: block.frame) else {
          throw MachineError.notMapped(block.frame)
        }
        try machine.write(bytes, at: address + ByteCount(offset))
      }
    case .objects:
      for object in holdings.objects[name]! {
        try machine.write(bytes, at: object.address + ByteCount(offset))
      }
    case nil: throw ScriptError.Problem.unknownName(name)
    case .some(let kind):
      throw ScriptError.Problem.otherKind(name, is: kind.rawValue, expected: "memory")
    }
  }
}

extension MachineError {
  /// Whether no frames were available.
  var isOutOfMemory: Bool {
    if case .outOfMemory = self { return true }
    return false
  }
}
