// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Testing

@testable import PhysicalMemory

/// The naive reference: a dictionary from each live object to what was written there.
@Suite struct SlabReferenceTests {
  struct Live {
    var cache: Int
    var address: KernelAddress
    var mark: UInt8
  }

  @Test(arguments: [1, 2, 3, 6, 7] as [UInt64])
  func `random operations agree with a dictionary`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var machine = try Machine(.x86_64(ram: .mebibytes(64), nodes: 1 + Int(seed) % 3, cpus: 4))
    let sizes = [8, 24, 64, 100, 192, 504, 512, 1000, 1280, 2048, 4096, 5000, 30_000]
    var caches: [SlabCacheNumber] = []
    for (index, size) in sizes.enumerated() {
      let options: SlabCacheOptions =
        index % 4 == 3 ? .debug : index % 4 == 1 ? .cacheLineAligned : []
      caches.append(
        try machine.createSlabCache("c\(size)", objectSize: ByteCount(size), options: options))
    }
    var live: [Live] = []
    var begins: Set<UInt64> = []
    for step in 0..<200_000 {
      switch Int.random(in: 0..<100, using: &random) {
      case 0:
        try machine.run(on: ProcessorNumber(Int.random(in: 0..<4, using: &random)))
      case 1 where step % 64 == 0:
        machine.reapSlabCaches()
      case 2:
        // What is free, or was never an object, can't be freed.
        let address = KernelAddress(
          rawValue: machine.plan.directMap.lowerBound.rawValue
            + UInt64.random(in: 0..<(64 << 20), using: &random))
        if !begins.contains(address.rawValue) {
          #expect(throws: MachineError.self) { try machine.kfree(address) }
        }
      case 3..<54 where live.count < 4000:
        let cache = Int.random(in: caches.indices, using: &random)
        // Large ones more rarely.
        if sizes[cache] > 2048, live.count > 500 { continue }
        let address = try machine.allocateObject(from: caches[cache])
        let mark = UInt8.random(in: 0...255, using: &random)
        #expect(begins.insert(address.rawValue).inserted, "seed \(seed), step \(step)")
        #expect(address.rawValue & 7 == 0)
        try machine.write([mark], at: address)
        try machine.write([mark], at: address + ByteCount(sizes[cache] - 1))
        live.append(Live(cache: cache, address: address, mark: mark))
      default:
        guard !live.isEmpty else { continue }
        let index = Int.random(in: live.indices, using: &random)
        let object = live[index]
        live[index] = live[live.count - 1]
        live.removeLast()
        let last = object.address + ByteCount(sizes[object.cache] - 1)
        #expect(
          try machine.read(1, at: object.address) == [object.mark], "seed \(seed), step \(step)")
        #expect(try machine.read(1, at: last) == [object.mark], "seed \(seed), step \(step)")
        begins.remove(object.address.rawValue)
        if step % 3 == 0 {
          try machine.kfree(object.address)
        } else {
          try machine.freeObject(object.address, to: caches[object.cache])
        }
      }
      if step % 20_000 == 0 {
        #expect(machine.checkInvariants() == [], "seed \(seed), step \(step)")
        for (index, cache) in caches.enumerated() {
          let count = live.count { $0.cache == index }
          #expect(
            try machine.statistics(of: cache).liveObjects == count, "seed \(seed), step \(step)")
        }
      }
    }
    for object in live { try machine.freeObject(object.address, to: caches[object.cache]) }
    for cache in caches { try machine.destroySlabCache(cache) }
    machine.reapSlabCaches()
    machine.drainPerCPUPages()
    #expect(machine.checkInvariants() == [], "seed \(seed)")
    #expect(machine.freeFrames == 64 << 8, "seed \(seed): frames are lost")
  }

  @Test(arguments: [4, 5] as [UInt64])
  func `random sizes of kmalloc don't overlap, and all come back`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var machine = try Machine(.x86_64(ram: .mebibytes(64), cpus: 2))
    var live: [(address: KernelAddress, size: Int, mark: UInt8)] = []
    for step in 0..<100_000 {
      if live.count < 1500, Bool.random(using: &random) {
        let size = 1 << Int.random(in: 0...14, using: &random)
        let bytes = Int.random(in: 1...size, using: &random)
        let address = try machine.kmalloc(ByteCount(bytes))
        let mark = UInt8.random(in: 0...255, using: &random)
        try machine.write([mark], at: address)
        try machine.write([mark], at: address + ByteCount(bytes - 1))
        #expect(try machine.ksize(address).rawValue >= bytes, "seed \(seed), step \(step)")
        live.append((address, bytes, mark))
      } else if !live.isEmpty {
        live.swapAt(Int.random(in: live.indices, using: &random), live.count - 1)
        let object = live.removeLast()
        #expect(
          try machine.read(1, at: object.address) == [object.mark], "seed \(seed), step \(step)")
        let last = object.address + ByteCount(object.size - 1)
        #expect(try machine.read(1, at: last) == [object.mark], "seed \(seed), step \(step)")
        try machine.kfree(object.address)
      }
    }
    let ranges = live.map { ($0.address.rawValue, $0.address.rawValue + UInt64($0.size)) }
      .sorted { $0.0 < $1.0 }
    for (one, next) in zip(ranges, ranges.dropFirst()) {
      #expect(one.1 <= next.0, "seed \(seed): objects overlap")
    }
    for object in live { try machine.kfree(object.address) }
    machine.reapSlabCaches()
    machine.drainPerCPUPages()
    #expect(machine.freeFrames == 64 << 8, "seed \(seed): frames are lost")
    #expect(machine.checkInvariants() == [])
  }
}
