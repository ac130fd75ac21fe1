// SPDX-License-Identifier: MIT

import Foundation
import Pages
import Synchronization
import Testing

@testable import PhysicalMemory

@Suite struct MemoryPoolTests {
  /// Allocates all memory there is.
  static func exhaust(_ machine: inout Machine) -> [PageFrameNumber] {
    var taken: [PageFrameNumber] = []
    while let frame = try? machine.allocatePages(flags: [.kernel, .noRetry]) { taken.append(frame) }
    machine.reapSlabCaches()
    while let frame = try? machine.allocatePages(flags: [.kernel, .noRetry]) { taken.append(frame) }
    return taken
  }

  static func source(_ kind: Int, _ machine: inout Machine) throws -> MemoryPoolSource {
    switch kind {
    case 0: .slab(try machine.createSlabCache("bio", objectSize: 4096))
    case 1: .kmalloc(4096)
    default: .pages(0)
    }
  }

  @Test(arguments: 0..<3) func `a pool goes on where memory is out`(kind: Int) throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(16)))
    let pool = try machine.createMemoryPool(
      reserve: 4, over: try Self.source(kind, &machine))
    #expect(try machine.memoryPool(pool).current == 4)
    // While there is memory, it comes from outside.
    let outside = try present(try machine.allocate(from: pool))
    #expect(try machine.memoryPool(pool).current == 4)
    try machine.free(outside, to: pool)
    let taken = Self.exhaust(&machine)
    var elements: [UInt64] = []
    while let element = try? machine.allocate(from: pool, flags: .noWait) {
      elements.append(element)
    }
    #expect(elements.count >= 4)
    #expect(Set(elements).count == elements.count)
    #expect(try machine.memoryPool(pool).current == 0)
    #expect(throws: MachineError.pool(.exhausted(pool))) {
      try machine.allocate(from: pool, flags: .noWait)
    }
    #expect(throws: MachineError.pool(.mustWait(pool))) { try machine.allocate(from: pool) }
    // A request that waits is handed the next element, and the first comes first.
    nonisolated(unsafe) var woken: [(Int, UInt64)] = []
    for waiter in 0..<2 {
      let now = try machine.allocate(from: pool) { _, element in woken.append((waiter, element)) }
      #expect(now == nil)
    }
    #expect(try machine.memoryPool(pool).waiters == 2)
    #expect(throws: MachineError.self) { try machine.destroyMemoryPool(pool) }
    #expect(woken.isEmpty)
    try machine.free(elements[0], to: pool)
    #expect(woken.map(\.0) == [0])
    #expect(woken.map(\.1) == [elements[0]])
    try machine.free(elements[1], to: pool)
    #expect(woken.map(\.0) == [0, 1])
    #expect(machine.checkInvariants() == [])
    // What is freed fills the reserve first.
    for element in elements { try machine.free(element, to: pool) }
    #expect(try machine.memoryPool(pool).current == 4)
    #expect(try machine.memoryPool(pool).inUse == 0)
    for frame in taken { try machine.freePages(frame) }
    try machine.destroyMemoryPool(pool)
    #expect(throws: MachineError.pool(.noSuchPool(pool))) { try machine.allocate(from: pool) }
    machine.reapSlabCaches()
    machine.drainPerCPUPages()
    #expect(machine.freeFrames == 16 << 8)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `a thread that waits goes on when another frees`() throws {
    /// A machine behind a lock, as threads share it.
    final class Shared: Sendable {
      let machine: Mutex<Machine>
      let waits = DispatchSemaphore(value: 0)
      let got = Mutex<UInt64?>(nil)

      init(_ machine: consuming sending Machine) {
        self.machine = Mutex(machine)
      }
    }
    let shared = Shared(try Machine(.x86_64(ram: .mebibytes(16))))
    let (pool, elements) = try shared.machine.withLock { machine in
      let pool = try machine.createMemoryPool(reserve: 2, over: .kmalloc(1000))
      _ = Self.exhaust(&machine)
      var elements: [UInt64] = []
      while let element = try? machine.allocate(from: pool, flags: .noWait) {
        elements.append(element)
      }
      return (pool, elements)
    }
    let thread = Thread {
      let wakes = DispatchSemaphore(value: 0)
      let element = shared.machine.withLock { machine in
        try? machine.allocate(from: pool) { _, element in
          shared.got.withLock { $0 = element }
          wakes.signal()
        }
      }
      if element == nil {
        // It sleeps here, and does not hold the lock.
        shared.waits.signal()
        wakes.wait()
      }
      shared.waits.signal()
    }
    thread.start()
    shared.waits.wait()
    #expect(try shared.machine.withLock { try $0.memoryPool(pool).waiters } == 1)
    #expect(shared.got.withLock { $0 } == nil)
    try shared.machine.withLock { try $0.free(elements[0], to: pool) }
    shared.waits.wait()
    #expect(shared.got.withLock { $0 } == elements[0])
  }

  @Test func `waiters try outside again after 5000 ticks`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(16)))
    let pool = try machine.createMemoryPool(reserve: 0, over: .pages(0))
    let taken = Self.exhaust(&machine)
    nonisolated(unsafe) var woken: UInt64?
    #expect(try machine.allocate(from: pool) { _, element in woken = element } == nil)
    for frame in taken { try machine.freePages(frame) }
    machine.tick(4999)
    #expect(woken == nil)
    machine.tick()
    try machine.free(try #require(woken), to: pool)
    try machine.destroyMemoryPool(pool)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `only what a pool gave can be freed to it, and once`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(16)))
    let pool = try machine.createMemoryPool(reserve: 1, over: .kmalloc(64))
    let other = try machine.createMemoryPool(reserve: 1, over: .kmalloc(64))
    let element = try present(try machine.allocate(from: pool))
    #expect(throws: MachineError.pool(.notAnElement(other, element))) {
      try machine.free(element, to: other)
    }
    try machine.free(element, to: pool)
    #expect(throws: MachineError.pool(.notAnElement(pool, element))) {
      try machine.free(element, to: pool)
    }
    for reserve in [-1, 1_000_001, .min, .max] {
      #expect(throws: MachineError.pool(.invalidReserve(reserve))) {
        try machine.createMemoryPool(reserve: reserve, over: .kmalloc(64))
      }
    }
    #expect(throws: MachineError.self) {
      try machine.createMemoryPool(reserve: 1_000_000, over: .kmalloc(4096))
    }
    try machine.resizeMemoryPool(pool, reserve: 5)
    #expect(try machine.memoryPool(pool).current == 5)
    try machine.resizeMemoryPool(pool, reserve: 2)
    #expect(try machine.memoryPool(pool).current == 2)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `own functions are handed the pool's data`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(16)))
    nonisolated(unsafe) var freed: [UInt64] = []
    let source = MemoryPoolSource(
      data: 42,
      allocate: { machine, flags, data throws(MachineError) in
        #expect(data == 42)
        return try machine.kmalloc(ByteCount(Int(data)), flags: flags).rawValue
      },
      free: { machine, element, data throws(MachineError) in
        #expect(data == 42)
        freed.append(element)
        try machine.kfree(KernelAddress(rawValue: element))
      })
    let pool = try machine.createMemoryPool(reserve: 3, over: source)
    #expect(try machine.memoryPool(pool).data == 42)
    try machine.destroyMemoryPool(pool)
    #expect(freed.count == 3)
  }
}
