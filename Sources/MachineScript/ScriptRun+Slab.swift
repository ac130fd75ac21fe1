// SPDX-License-Identifier: MIT

// Verbs on the kernel's own memory: slab, kmalloc, vmalloc.

internal import Pages
internal import PhysicalMemory

extension ScriptRun {
  /// `slab create CACHE SIZE [align N] [constructor BYTE] [OPTION…]` · `slab alloc CACHE NAME [GFP]
  /// [count N | all]` · `slab shrink CACHE` · `slab destroy CACHE` · `slab reap`
  mutating func slab(_ words: inout ScriptWords) throws {
    let verb = try words.next("create, alloc, shrink, destroy or reap")
    switch verb {
    case "create": try createCache(&words)
    case "alloc":
      let cache = try cache(words.next("a slab cache"))
      let name = try words.name("a name")
      try makeObjects(name, .slab(cache), &words) { machine, flags throws(MachineError) in
        try machine.allocateObject(from: cache, flags: flags)
      }
    case "shrink": _ = try machine.shrinkSlabCache(cache(words.next("a slab cache")))
    case "destroy":
      let name = try words.next("a slab cache")
      let cache = try cache(name)
      try words.finish()
      try machine.destroySlabCache(cache)
      if holdings.caches.removeValue(forKey: name) != nil { holdings.kinds[name] = nil }
    case "reap": _ = machine.reapSlabCaches()
    default:
      throw ScriptError.Problem.invalid(verb, expected: "create, alloc, shrink, destroy or reap")
    }
  }

  /// A cache of the script's, or one of the machine's own.
  func cache(_ name: String) throws(ScriptError.Problem) -> SlabCacheNumber {
    if holdings.kinds[name] == nil, let known = machine.slabCache(named: name) { return known }
    try holdings.require(name, .cache)
    return holdings.caches[name]!
  }

  private mutating func createCache(_ words: inout ScriptWords) throws {
    let name = try words.name("a name")
    try holdings.check(name, free: .cache)
    let size = try words.size("the size of an object")
    var alignment: ByteCount = 8
    var options: SlabCacheOptions = []
    var constructor: SlabConstructor?
    while let word = words.nextIfAny() {
      switch word {
      case "align": alignment = try words.size("an alignment")
      case "hwcache": options.insert(.cacheLineAligned)
      case "dma": options.insert(.dma)
      case "reclaimable": options.insert(.reclaimable)
      case "redzone": options.insert(.redZone)
      case "poison": options.insert(.poison)
      case "debug": options.formUnion(.debug)
      case "constructor":
        let byte = try words.number("a byte")
        guard byte < 256 else { throw ScriptError.Problem.invalid("\(byte)", expected: "a byte") }
        let content = [UInt8](
          repeating: UInt8(byte), count: min(max(size.rawValue, 0), 128 << 10))
        // The slab's frames are mapped: writing to them can't fail.
        constructor = { machine, address in try? machine.write(content, at: address) }
      default: throw ScriptError.Problem.invalid(word, expected: "an option of a slab cache")
      }
    }
    holdings.caches[name] = try machine.createSlabCache(
      name, objectSize: size, alignment: alignment, options: options, constructor: constructor)
    holdings.kinds[name] = .cache
  }

  /// `kmalloc NAME SIZE [GFP] [count N | all]` · `vmalloc NAME SIZE [count N | all]`
  mutating func allocateBytes(_ verb: String, _ words: inout ScriptWords) throws {
    let name = try words.name("a name")
    let size = try words.size("a size")
    if verb == "kmalloc" {
      try makeObjects(name, .kmalloc, &words) { machine, flags throws(MachineError) in
        try machine.kmalloc(size, flags: flags)
      }
    } else {
      try makeObjects(name, .vmalloc, &words, flags: [.kernel, .highMemory]) {
        machine, flags throws(MachineError) in
        try machine.vmalloc(size, flags: flags, caller: name)
      }
    }
  }

  private mutating func makeObjects(
    _ name: String, _ source: ScriptObject.Source, _ words: inout ScriptWords,
    flags usual: GFPFlags = .kernel,
    _ make: (inout Machine, GFPFlags) throws(MachineError) -> KernelAddress
  ) throws {
    try holdings.check(name, free: .objects, isNew: false)
    let flags = try words.flags(or: usual)
    let (count, isAll) = try count(&words)
    try words.finish()
    // Nothing at all costs nothing: without a limit, kmalloc of 0 bytes would never be refused.
    for done in 0..<min(count, Self.mostObjects) {
      let made = try one(mayFail: isAll, flags, make)
      guard let address = made else { return }
      holdings.kinds[name] = .objects
      holdings.objects[name, default: []].append(ScriptObject(address: address, source: source))
      pulse(done, of: isAll ? max(512, machine.presentFrames) : count)
    }
  }

  private mutating func one(
    mayFail: Bool, _ flags: GFPFlags,
    _ make: (inout Machine, GFPFlags) throws(MachineError) -> KernelAddress
  ) throws(MachineError) -> KernelAddress? {
    do throws(MachineError) {
      return try make(&machine, flags)
    } catch {
      guard mayFail, error.isOutOfMemory else { throw error }
      return nil
    }
  }

  mutating func freeObjects(_ name: String, _ words: inout ScriptWords) throws {
    let choice = try ScriptChoice(&words)
    // `again` frees and keeps the name, so that freeing twice can be tried.
    let keepsNames = words.take("again")
    try words.finish()
    let parts = choice.parts(holdings.objects[name] ?? [], &machine.chance)
    var done = 0
    for object in parts.taken {
      do throws(MachineError) {
        try give(object)
      } catch {
        if !keepsNames { holdings.objects[name] = parts.rest + parts.taken[done...] }
        throw error
      }
      pulse(done, of: parts.taken.count)
      done += 1
    }
    if keepsNames { return }
    holdings.objects[name] = parts.rest
    if parts.rest.isEmpty { forget(name) }
  }

  private mutating func give(_ object: ScriptObject) throws(MachineError) {
    switch object.source {
    case .slab(let cache): try machine.freeObject(object.address, to: cache)
    case .kmalloc: try machine.kfree(object.address)
    case .vmalloc: try machine.vfree(object.address)
    }
  }
}
