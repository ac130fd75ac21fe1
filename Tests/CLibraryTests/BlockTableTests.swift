// SPDX-License-Identifier: MIT

import Dispatch
import Instruments
import Pages
import Reservations
import Synchronization
import Testing

@testable import Heap

@Suite(.serialized) struct BlockTableTests {
  private func makeBlock(length: ByteCount = 100) throws -> BlockRecord {
    let reservation = try Reservation.reserve(
      size: length, alignment: 1, fill: .zero, options: [])
    return BlockRecord(reservation: reservation, length: length)
  }

  private func claimed(
    _ address: VirtualAddress, in table: borrowing BlockTable
  ) throws -> (slot: BlockTable.Slot, block: BlockRecord) {
    let claim = table.claim(address)
    return try #require(claim)
  }

  @Test func `a block is found from insertion to vacation, and claimed once`() throws {
    let table = BlockTable()
    let block = try makeBlock()
    defer { block.reservation.release() }
    #expect(table.block(at: block.start) == nil)
    try table.insert(block)
    #expect(table.block(at: block.start)?.length == 100)
    #expect(table.block(at: block.start + 1) == nil)
    #expect(table.block(at: block.start + 4096) == nil)
    #expect(table.block(at: VirtualAddress(rawValue: 0)) == nil)
    let claim = try claimed(block.start, in: table)
    #expect(table.claim(block.start) == nil)
    #expect(table.block(at: block.start) == nil)
    table.publish(claim.block, in: claim.slot)
    #expect(table.block(at: block.start) != nil)
    let again = try claimed(block.start, in: table)
    table.vacate(again.slot, of: block.start)
    #expect(table.claim(block.start) == nil)
    #expect(table.checkInvariants() == true)
  }

  /// A table of 64 slots with as many blocks as it takes, and one that found no room.
  private func fill(_ table: borrowing BlockTable) throws -> (
    inside: [BlockRecord], outside: BlockRecord
  ) {
    var inside: [BlockRecord] = []
    while true {
      let block = try makeBlock()
      do {
        try table.insert(block)
        inside.append(block)
      } catch {
        return (inside, block)
      }
    }
  }

  @Test func `a full table says so and stays whole`() throws {
    let table = BlockTable(limit: 1)
    let (inside, outside) = try fill(table)
    #expect(inside.count >= 8 && inside.count <= 64)
    #expect(table.block(at: outside.start) == nil)
    for block in inside { #expect(table.block(at: block.start)?.start == block.start) }
    #expect(table.checkInvariants() == true)
    for block in inside + [outside] { block.reservation.release() }
  }

  @Test func `a block that moves finds room even in a full table`() throws {
    let table = BlockTable(limit: 1)
    let (inside, outside) = try fill(table)
    defer { for block in inside { block.reservation.release() } }
    // One whose slot is not in the home of the place that it moves to.
    let home = BlockTable.home(of: outside.start, in: 0)
    let mover = try #require(inside.first { BlockTable.home(of: $0.start, in: 0) != home })
    let claim = try claimed(mover.start, in: table)
    table.publish(outside, movedFrom: mover.start, in: claim.slot)
    #expect(table.block(at: mover.start) == nil)
    #expect(table.block(at: outside.start)?.start == outside.start)
    #expect(table.checkInvariants() == true)
    // And back, for its old home has a slot free: its own.
    let stray = try claimed(outside.start, in: table)
    #expect(stray.slot == claim.slot)
    table.publish(mover, movedFrom: outside.start, in: stray.slot)
    #expect(table.block(at: outside.start) == nil)
    #expect(table.block(at: mover.start)?.start == mover.start)
    #expect(table.checkInvariants() == true)
    outside.reservation.release()
  }

  @Test func `blocks behave as a dictionary of addresses does`() throws {
    let blocks = Blocks()
    var model: [VirtualAddress: Int] = [:]
    var generator = SeededGenerator(seed: 5)
    for round in 0..<4000 {
      let size = Int.random(in: 1...60_000, using: &generator)
      let any = model.keys.randomElement(using: &generator)
      switch (Int.random(in: 0..<4, using: &generator), any) {
      case (0, let address?):
        try blocks.release(address)
        model[address] = nil
        #expect(throws: BlockError.self) { try blocks.release(address) }
      case (1, let address?):
        let moved = try blocks.resize(address, to: ByteCount(size))
        model[address] = nil
        #expect(model[moved] == nil)
        model[moved] = size
      default:
        let address = try blocks.allocate(size: ByteCount(size), fill: UInt8(round & 1))
        #expect(model[address] == nil)
        model[address] = size
      }
      if round % 500 == 0 { #expect(blocks.checkInvariants() == true) }
    }
    for (address, size) in model {
      let pages = ByteCount((size + 4095) / 4096 * 4096)
      #expect(try blocks.usage(of: address) == MemoryUsage(reserved: pages, committed: 0))
      #expect(blocks.diagnose(address + 1) == .inside(start: address, length: ByteCount(size)))
      try blocks.release(address)
      #expect(blocks.diagnose(address) == .freed)
    }
    #expect(blocks.checkInvariants() == true)
  }

  @Test func `eight threads at once leave the table whole`() {
    let shared = Shared()
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      var generator = SeededGenerator(seed: UInt64(thread))
      var mine: [VirtualAddress] = []
      for _ in 0..<2000 {
        do {
          let size = ByteCount(.random(in: 1...50_000, using: &generator))
          let index = mine.indices.randomElement(using: &generator)
          switch (Int.random(in: 0..<3, using: &generator), index) {
          case (0, let index?): try shared.blocks.release(mine.remove(at: index))
          case (1, let index?): mine[index] = try shared.blocks.resize(mine[index], to: size)
          default: mine.append(try shared.blocks.allocate(size: size))
          }
        } catch {
          Issue.record(error)
        }
      }
      for address in mine {
        #expect(throws: Never.self) { try shared.blocks.release(address) }
      }
    }
    #expect(shared.blocks.checkInvariants() == true)
  }

  /// Who does not have a block, but looks at all of them, must not see half of what was and half of what is.
  @Test func `a copy is whole while the block is resized in its place`() throws {
    let table = SharedTable()
    let first = try makeBlock(length: 8000)
    defer { first.reservation.release() }
    var second = first
    second.reservation.settle(at: first.start, size: 4096)
    second.length = 50
    second.isGuarded = true
    try table.table.insert(first)
    let (start, variants) = (first.start, [first, second])
    let isOver = Atomic(false)
    DispatchQueue.concurrentPerform(iterations: 2) { thread in
      if thread == 0 {
        for round in 0..<200_000 {
          if let claim = table.table.claim(start) {
            table.table.publish(variants[round & 1], in: claim.slot)
          }
        }
        isOver.store(true, ordering: .releasing)
        return
      }
      var torn = 0
      while !isOver.load(ordering: .acquiring) {
        guard let seen = table.table.block(at: start) else { continue }
        let isFirst = seen.length == 8000
        if seen.isGuarded == isFirst || seen.reservation.size != (isFirst ? 8192 : 4096) {
          torn += 1
        }
      }
      #expect(torn == 0)
    }
  }

  private final class SharedTable: Sendable {
    let table = BlockTable()
  }

  /// A closure can't capture a value that is not copyable.
  private final class Shared: Sendable {
    let blocks = Blocks()
  }
}
