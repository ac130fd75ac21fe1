// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Testing

@testable import PhysicalMemory

@Suite struct SlabTests {
  static func machine(nodes: Int = 1, cpus: Int = 1) throws -> Machine {
    try Machine(.x86_64(ram: .mebibytes(64), nodes: nodes, cpus: cpus))
  }

  @Test func `a cache has no slab until an object is asked for`() throws {
    var machine = try Self.machine()
    let free = machine.freeFrames
    let cache = try machine.createSlabCache("inode", objectSize: 600)
    #expect(machine.freeFrames == free)
    _ = try machine.allocateObject(from: cache)
    #expect(try machine.statistics(of: cache).slabs >= 1)
  }

  @Test func `a constructor runs once for an object and not for each allocation`() throws {
    var machine = try Self.machine()
    let cache = try machine.createSlabCache("inode", objectSize: 200) { machine, address in
      let before = (try? machine.read(1, at: address))?.first ?? 255
      try? machine.write([before &+ 1], at: address)
    }
    for _ in 0..<1000 {
      let object = try machine.allocateObject(from: cache)
      #expect(try machine.read(1, at: object) == [1])
      try machine.freeObject(object, to: cache)
    }
    let now = try machine.statistics(of: cache)
    #expect(now.constructed == now.objectsPerSlab * now.grown)
    #expect(now.grown < 5)
  }

  @Test func `slabs begin at one colour after another`() throws {
    var machine = try Self.machine()
    // 3 objects of 1,280 bytes leave 256 bytes: on-slab list 8, so colours 0, 64, 128, 192.
    let cache = try machine.createSlabCache("coloured", objectSize: 1280)
    let now = try machine.statistics(of: cache)
    #expect(now.colours > 1)
    var offsets: [PageFrameNumber: UInt64] = [:]
    var order: [PageFrameNumber] = []
    for _ in 0..<(now.objectsPerSlab * now.colours * 2) {
      let object = try machine.allocateObject(from: cache)
      let frame = machine.slabs.slabHead(try present(machine.frame(at: object)), machine.pages)
      let base = machine.directAddress(of: frame)
      let offset = UInt64((object - base).rawValue)
      if offsets[frame] == nil { order.append(frame) }
      offsets[frame] = min(offsets[frame] ?? .max, offset)
    }
    let seen = Set(order.map { offsets[$0]! })
    #expect(seen == Set((0..<now.colours).map { UInt64($0 * 64) }), "\(order.map { offsets[$0]! })")
  }

  @Test func `large objects keep the list of free ones elsewhere, small ones in the slab`() throws {
    var machine = try Self.machine()
    let small = try machine.createSlabCache("small", objectSize: 64)
    // 8 × 512 leave nothing of a page.
    let large = try machine.createSlabCache("large", objectSize: 512)
    #expect(try !machine.statistics(of: small).isOffSlab)
    #expect(try machine.statistics(of: large).isOffSlab)
    #expect(try machine.statistics(of: large).objectsPerSlab == 8)
    let lists = try present(machine.slabCache(named: "kmalloc-16"))
    _ = try machine.allocateObject(from: large)
    #expect(try machine.statistics(of: lists).liveObjects >= 1)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `empty slabs go back when they are many, and when asked`() throws {
    var machine = try Self.machine()
    let cache = try machine.createSlabCache("buffer_head", objectSize: 104)
    let free = machine.freeFrames
    let objects = try (0..<10_000).map { _ in try machine.allocateObject(from: cache) }
    let most = try machine.statistics(of: cache).slabs
    for object in objects { try machine.freeObject(object, to: cache) }
    let left = try machine.statistics(of: cache)
    #expect(left.slabs < most / 10, "\(left.slabs) of \(most) left")
    #expect(left.slabs > 0)
    let given = try machine.shrinkSlabCache(cache)
    #expect(given == left.slabs << left.order.rawValue)
    #expect(try machine.statistics(of: cache).slabs == 0)
    machine.drainPerCPUPages()
    #expect(machine.freeFrames >= free)
    try machine.destroySlabCache(cache)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `objects come from partial slabs before empty ones`() throws {
    var machine = try Self.machine()
    let cache = try machine.createSlabCache("small", objectSize: 32)
    let perSlab = try { () throws in
      let first = try machine.allocateObject(from: cache)
      try machine.freeObject(first, to: cache)
      return try machine.statistics(of: cache).objectsPerSlab
    }()
    let objects = try (0..<(2 * perSlab)).map { _ in try machine.allocateObject(from: cache) }
    // One slab becomes empty, and half of the other: more than the batch that is asked for.
    for object in objects.dropFirst(perSlab / 2) { try machine.freeObject(object, to: cache) }
    machine.slabs.flush(cache.index, cache.index, SlabAllocator.arraySize, &machine.pages)
    #expect(try machine.statistics(of: cache).emptySlabs == 1)
    #expect(try machine.statistics(of: cache).partialSlabs == 1)
    _ = try machine.allocateObject(from: cache)
    #expect(try machine.statistics(of: cache).emptySlabs == 1)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `a full array gives back what was freed first, and keeps what was freed last`() throws
  {
    var machine = try Self.machine()
    let cache = try machine.createSlabCache("dentry", objectSize: 192)
    let limit = try machine.statistics(of: cache).limit
    let objects = try (0...limit).map { _ in try machine.allocateObject(from: cache) }
    machine.slabs.flush(cache.index, cache.index, SlabAllocator.arraySize, &machine.pages)
    for object in objects { try machine.freeObject(object, to: cache) }
    let kept = try machine.statistics(of: cache).cachedObjects
    #expect(kept == limit + 1 - (try machine.statistics(of: cache).batch))
    for expected in objects.suffix(kept).reversed() {
      #expect(try machine.allocateObject(from: cache) == expected)
    }
  }

  @Test func `reclaim has caches shrunk`() throws {
    var machine = try Self.machine()
    let cache = try machine.createSlabCache("dentry", objectSize: 192, options: .reclaimable)
    // More than the free limit keeps: objects of many slabs in the array and in empty slabs.
    let objects = try (0..<200).map { _ in try machine.allocateObject(from: cache) }
    for object in objects { try machine.freeObject(object, to: cache) }
    #expect(machine.count(.slabReclaimable) > 0)
    // Then all memory is wanted.
    var taken: [PageFrameNumber] = []
    while let frame = try? machine.allocatePages() { taken.append(frame) }
    #expect(try machine.statistics(of: cache).slabs == 0)
    #expect(machine.count(.slabReclaimable) == 0)
    for frame in taken { try machine.freePages(frame) }
    #expect(machine.checkInvariants() == [])
  }

  @Test func `objects of another node go back to their slabs`() throws {
    var machine = try Self.machine(nodes: 2, cpus: 2)
    let cache = try machine.createSlabCache("task", objectSize: 1000)
    let objects = try (0..<100).map { _ in try machine.allocateObject(from: cache) }
    try machine.run(on: ProcessorNumber(1))
    let cached = try machine.statistics(of: cache).cachedObjects
    for object in objects { try machine.freeObject(object, to: cache) }
    // None of them is in the other processor's array.
    #expect(try machine.statistics(of: cache).cachedObjects <= cached)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `an object is zero where that is asked for`() throws {
    var machine = try Self.machine()
    let first = try machine.kmalloc(100)
    try machine.write(Array(repeating: 7, count: 100), at: first)
    try machine.kfree(first)
    let second = try machine.kmalloc(100, flags: [.kernel, .zero])
    #expect(second == first)
    #expect(try machine.read(100, at: second) == Array(repeating: 0, count: 100))
  }

  // MARK: Errors

  @Test func `each mistake has its error`() throws {
    var machine = try Self.machine()
    let cache = try machine.createSlabCache("one", objectSize: 64)
    let other = try machine.createSlabCache("two", objectSize: 64)
    let object = try machine.allocateObject(from: cache)
    #expect(throws: MachineError.slab(.cacheInUse("one", objects: 1))) {
      try machine.destroySlabCache(cache)
    }
    #expect(throws: MachineError.slab(.foreignObject(object, owner: "one", given: "two"))) {
      try machine.freeObject(object, to: other)
    }
    #expect(throws: MachineError.slab(.notAnObject(object + 8))) {
      try machine.freeObject(object + 8, to: cache)
    }
    try machine.freeObject(object, to: cache)
    #expect(throws: MachineError.slab(.doubleFree("one", object))) {
      try machine.freeObject(object, to: cache)
    }
    #expect(throws: MachineError.slab(.doubleFree("one", object))) { try machine.kfree(object) }
    let page = try machine.getZeroedPages()
    #expect(throws: MachineError.slab(.notAnObject(page))) { try machine.kfree(page) }
    for wild: UInt64 in [8, 4096, .max, 0xFFFF_FFFF, 0xFFFF_C900_0000_0000] {
      let address = KernelAddress(rawValue: wild)
      #expect(throws: MachineError.slab(.notAnObject(address))) { try machine.kfree(address) }
    }
    try machine.destroySlabCache(cache)
    #expect(throws: MachineError.slab(.noSuchCache(cache))) {
      try machine.allocateObject(from: cache)
    }
    // Its place in the table is another's now, its number is not.
    let third = try machine.createSlabCache("three", objectSize: 64)
    #expect(third.index == cache.index)
    #expect(throws: MachineError.slab(.noSuchCache(cache))) { try machine.shrinkSlabCache(cache) }
    #expect(machine.checkInvariants() == [])
  }

  @Test(arguments: [
    ("", 8, 8, SlabError.invalidName("")), ("a b", 8, 8, .invalidName("a b")),
    ("kmalloc-8", 8, 8, .nameInUse("kmalloc-8")), ("x", 0, 8, .invalidObjectSize(0)),
    ("x", -1, 8, .invalidObjectSize(-1)), ("x", 131_073, 8, .invalidObjectSize(131_073)),
    ("x", .max, 8, .invalidObjectSize(ByteCount(.max))), ("x", 8, 0, .invalidAlignment(0)),
    ("x", 8, 24, .invalidAlignment(24)), ("x", 8, 8192, .invalidAlignment(8192)),
  ])
  func `a cache that can't be is refused`(
    name: String, size: Int, alignment: Int, error: SlabError
  ) throws {
    var machine = try Self.machine()
    #expect(throws: MachineError.slab(error)) {
      try machine.createSlabCache(
        name, objectSize: ByteCount(size), alignment: ByteCount(alignment))
    }
    #expect(!error.description.isEmpty)
  }

  @Test func `kmalloc's own caches stay`() throws {
    var machine = try Self.machine()
    let cache = try present(machine.slabCache(named: "kmalloc-64"))
    #expect(throws: MachineError.slab(.generalCache("kmalloc-64"))) {
      try machine.destroySlabCache(cache)
    }
  }

  // MARK: Debugging caches

  @Test(arguments: [24, 100, 64, 1000]) func `an overrun is found`(size: Int) throws {
    for at in [-1, size] {
      var machine = try Self.machine()
      let cache = try machine.createSlabCache(
        "debugged", objectSize: ByteCount(size), options: .debug)
      let object = try machine.allocateObject(from: cache)
      try machine.write(Array(repeating: 1, count: size), at: object)
      #expect(try machine.checkObjects(of: cache) == [])
      try machine.write([1], at: object + ByteCount(at))
      let error = SlabError.overrun("debugged", object, offset: at)
      #expect(try machine.checkObjects(of: cache) == [error])
      #expect(throws: MachineError.slab(error)) { try machine.freeObject(object, to: cache) }
      try machine.freeObject(object, to: cache)
      try machine.destroySlabCache(cache)
    }
  }

  @Test(arguments: [0, 50, 99]) func `a use after free is found`(at: Int) throws {
    var machine = try Self.machine()
    let cache = try machine.createSlabCache("debugged", objectSize: 100, options: .debug)
    let object = try machine.allocateObject(from: cache)
    try machine.freeObject(object, to: cache)
    try machine.write([1], at: object + ByteCount(at))
    let error = SlabError.useAfterFree("debugged", object, offset: at)
    #expect(try machine.checkObjects(of: cache) == [error])
    #expect(throws: MachineError.slab(error)) { try machine.allocateObject(from: cache) }
    #expect(try machine.allocateObject(from: cache) == object)
  }

  @Test func `without debugging, an overrun damages the list of free objects, and that is found`()
    throws
  {
    var machine = try Self.machine()
    let cache = try machine.createSlabCache("plain", objectSize: 504)
    let now = try machine.statistics(of: cache)
    #expect(!now.isOffSlab)
    let object = try machine.allocateObject(from: cache)
    let slab = machine.slabs.slabHead(try present(machine.frame(at: object)), machine.pages)
    let list =
      machine.plan.directMap.lowerBound + ByteCount(machine.slabs.freeList(slab, machine.pages))
    try machine.shrinkSlabCache(cache)
    try machine.write(Array(repeating: 0xFF, count: now.objectsPerSlab * 2), at: list)
    #expect(throws: MachineError.slab(.corruptedDescriptor("plain", slab))) {
      for _ in 0..<now.objectsPerSlab { _ = try machine.allocateObject(from: cache) }
    }
  }
}
