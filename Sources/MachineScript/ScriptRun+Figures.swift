// SPDX-License-Identifier: MIT

// The figures that scripts use. Sizes are in frames, except those that /proc gives in kB.

internal import Pages
internal import PhysicalMemory

extension ScriptRun {
  /// The figure that some words name.
  func figure(_ all: [String]) throws -> ScriptValue {
    if all.count == 1 {
      if let value = ScriptWords.number(all[0]) { return .number(value) }
      if let value = holdings.numbers[all[0]] { return value }
    }
    var words = ScriptWords(all)
    let value: ScriptValue
    if let found = try machineFigure(all[0], &words) {
      value = found
    } else if let found = try heldFigure(all[0], &words) {
      value = found
    } else if let found = try upperFigure(all[0], &words) {
      value = found
    } else if all.count == 1, holdings.kinds[all[0]] == nil, Self.words.contains(all[0]) {
      value = .word(all[0])
    } else {
      throw ScriptError.Problem.unknownFigure(all.joined(separator: " "))
    }
    try words.finish()
    return value
  }

  /// Words that figures may be.
  private static var words: Set<String> {
    Set(ZoneType.allCases.map(\.description) + ["awake", "asleep", "yes", "no"])
  }

  // MARK: Of the machine

  private func machineFigure(_ name: String, _ words: inout ScriptWords) throws -> ScriptValue? {
    switch name {
    case "free":
      return .number(words.peek == nil ? machine.freeFrames : try zone(&words).free)
    case "present":
      return .number(words.peek == nil ? machine.presentFrames : try zone(&words).present)
    case "min": return .number(try zone(&words).watermarks.min)
    case "low": return .number(try zone(&words).watermarks.low)
    case "high": return .number(try zone(&words).watermarks.high)
    case "kept":
      let highest = try type(&words)
      return .number(try zone(&words).lowmemReserve(against: highest))
    case "blocks", "unusable":
      let type = try type(&words)
      let order = try Order(words.signed("an order"))
      let zone = try zone(type, &words)
      if name == "blocks" { return .number(zone.freeBlocks(order)) }
      return .number(Int((machine.unusableFreeSpace(order, in: zone) * 100).rounded()))
    case "percpu":
      let cpu = ProcessorNumber(try words.number("a processor"))
      let zone = try zone(&words)
      guard let pages = machine.perCPUPages(cpu, zone: ZoneNumber(zone.type, of: zone.node)) else {
        throw MachineError.noSuchProcessor(cpu)
      }
      return .number(pages.count)
    case "batch": return .number(try zone(&words).perCPUMarks.batch)
    case "percpu-high": return .number(try zone(&words).perCPUMarks.high)
    case "meminfo":
      let field = try words.next("a name of /proc/meminfo")
      guard let frames = machine.meminfo(field) else {
        throw ScriptError.Problem.unknownFigure(field)
      }
      return .number(frames << (PageFrameNumber.shift - 10))
    case "event":
      let field = try words.next("an event")
      guard let event = machine.eventFigures.first(where: { $0.name == field }) else {
        throw ScriptError.Problem.unknownFigure(field)
      }
      return .number(event.value)
    case "kswapd":
      let node = words.peek == nil ? 0 : try words.number("a node")
      return .word(try machine.kswapd(of: NodeNumber(node)).isAwake ? "awake" : "asleep")
    case "now": return .number(machine.clock.now)
    case "windows": return .number(machine.windowUsage.used)
    case "pending": return .number(machine.pendingWrites)
    default: return nil
    }
  }

  private func type(_ words: inout ScriptWords) throws(ScriptError.Problem) -> ZoneType {
    let word = try words.next("a zone")
    guard let type = ZoneType.allCases.first(where: { $0.description == word }) else {
      throw .invalid(word, expected: "a zone (DMA, DMA32, Normal, HighMem)")
    }
    return type
  }

  private func zone(_ words: inout ScriptWords) throws -> Zone {
    try zone(type(&words), &words)
  }

  private func zone(_ type: ZoneType, _ words: inout ScriptWords) throws -> Zone {
    let node = words.peek == nil ? 0 : try words.number("a node")
    return try machine.zone(type, of: NodeNumber(node))
  }

  // MARK: Of what the script holds

  private func heldFigure(_ name: String, _ words: inout ScriptWords) throws -> ScriptValue? {
    switch name {
    case "held":
      let name = try words.next("a name")
      return .number(try held(name))
    case "pfn": return .number(try place(&words).frame.index)
    case "address":
      let (frame, address) = try place(&words)
      guard let address = address ?? machine.address(of: frame) else {
        throw MachineError.notMapped(frame)
      }
      return .number(Int(truncatingIfNeeded: address.rawValue))
    case "zone": return .word(try machine.zone(of: place(&words).frame).type.description)
    case "node": return .number(try machine.zone(of: place(&words).frame).node.rawValue)
    case "references":
      return .number(Int(try machine.record(of: place(&words).frame).referenceCount))
    case "byte": return .number(try byte(&words))
    default: return nil
    }
  }

  private func held(_ name: String) throws -> Int {
    switch holdings.kinds[name] {
    case .blocks: return holdings.blocks[name]!.count
    case .objects: return holdings.objects[name]!.count
    case .elements:
      let held = holdings.elements[name]!
      return held.elements.count + held.waiting.count { arrivals.elements[$0] != nil }
    case nil: return 0
    case .some(let kind):
      throw ScriptError.Problem.otherKind(name, is: kind.rawValue, expected: "what is held")
    }
  }

  /// `NAME [INDEX]`: where one of the things under a name is.
  private func place(
    _ words: inout ScriptWords
  ) throws -> (frame: PageFrameNumber, address: KernelAddress?) {
    let name = try words.next("a name")
    let index = words.peek == nil ? 0 : try words.number("which of them")
    switch holdings.kinds[name] {
    case .blocks where index < holdings.blocks[name]!.count:
      return (holdings.blocks[name]![index].frame, nil)
    case .objects where index < holdings.objects[name]!.count:
      let address = holdings.objects[name]![index].address
      guard let frame = machine.frame(at: address) ?? machine.vmallocFrame(at: address) else {
        throw MachineError.noSuchAddress(address)
      }
      return (frame, address)
    case .blocks, .objects:
      throw ScriptError.Problem.invalid("\(index)", expected: "one of \(try held(name))")
    case nil: throw ScriptError.Problem.unknownName(name)
    case .some(let kind):
      throw ScriptError.Problem.otherKind(name, is: kind.rawValue, expected: "blocks or objects")
    }
  }

  /// `byte NAME OFFSET [INDEX]`, of the kernel's memory.
  private func byte(_ words: inout ScriptWords) throws -> Int {
    let name = try words.next("a name")
    let offset = try words.signed("an offset")
    var rest = ScriptWords(["", name] + words.rest())
    let (frame, address) = try place(&rest)
    guard let start = address ?? machine.address(of: frame) else {
      throw MachineError.notMapped(frame)
    }
    return Int(try machine.read(1, at: start + ByteCount(offset))[0])
  }

  // MARK: Of the upper half

  private func upperFigure(_ name: String, _ words: inout ScriptWords) throws -> ScriptValue? {
    switch name {
    case "objects", "live", "slabs", "empty", "constructed", "colours", "per-slab":
      let statistics = try machine.statistics(of: cache(words.next("a slab cache")))
      switch name {
      case "objects": return .number(statistics.objects)
      case "live": return .number(statistics.liveObjects)
      case "slabs": return .number(statistics.slabs)
      case "empty": return .number(statistics.emptySlabs)
      case "constructed": return .number(statistics.constructed)
      case "colours": return .number(statistics.colours)
      default: return .number(statistics.objectsPerSlab)
      }
    case "damaged": return .number(try machine.checkObjects(of: cache(words.next("a cache"))).count)
    case "reserve", "in-use", "waiters", "wakes":
      let pool = try machine.memoryPool(pool(words.next("a memory pool")))
      switch name {
      case "reserve": return .number(pool.current)
      case "in-use": return .number(pool.inUse)
      case "waiters": return .number(pool.waiters)
      default: return .number(pool.wakes)
      }
    case "alive":
      let name = try words.next("a process")
      return .word((try? machine.process(process(name))) == nil ? "no" : "yes")
    case "size", "rss", "swapped", "faults", "score":
      let number = try process(words.next("a process"))
      let process = try machine.process(number)
      switch name {
      case "size": return .number(process.reserved)
      case "rss": return .number(process.resident)
      case "swapped": return .number(process.swapped)
      case "faults": return .number(process.minorFaults + process.majorFaults)
      default: return .number(try machine.outOfMemoryScore(of: number))
      }
    default: return nil
    }
  }
}
