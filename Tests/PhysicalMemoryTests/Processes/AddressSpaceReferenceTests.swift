// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Testing

@testable import PhysicalMemory

/// The naive reference: for each process the set of its pages, and a dictionary of those that it wrote.
struct ReferenceProcess {
  var pages: Set<UInt64> = []
  var written: [UInt64: UInt8] = [:]
}

@Suite struct AddressSpaceReferenceTests {
  @Test(
    arguments: [
      (11, Architecture.x86_64, 0), (12, .x86_64, 64), (13, .i386, 64), (14, .i386, 0),
    ] as [(UInt64, Architecture, Int)])
  func `random operations agree with sets and dictionaries`(
    seed: UInt64, architecture: Architecture, swap: Int
  ) throws {
    var random = SeededGenerator(seed: seed)
    // With swap there is less memory than the processes want.
    let ram = ByteCount.mebibytes(swap > 0 ? 3 : 128)
    var layout: MachineLayout = architecture == .i386 ? .i386(ram: ram) : .x86_64(ram: ram)
    layout.swap = .mebibytes(swap)
    var machine = try Machine(layout)
    machine.overcommit.mode = .always
    var reference: [ProcessNumber: ReferenceProcess] = [:]
    for step in 0..<40_000 {
      let place: Comment = "seed \(seed), step \(step)"
      let process = reference.keys.sorted().randomElement(using: &random)
      switch Int.random(in: 0..<1000, using: &random) {
      case 0..<5 where reference.count < 8:
        reference[try machine.spawn("p\(step)")] = ReferenceProcess()
      case 5..<12 where reference.count < 12:
        guard let process else { continue }
        let child = try machine.fork(process)
        reference[child] = reference[process]
      case 12..<17:
        guard let process else { continue }
        try machine.exit(process)
        reference[process] = nil
        #expect(throws: MachineError.process(.noSuchProcess(process)), place) {
          try machine.exit(process)
        }
      case 17..<80:
        guard let process, reference[process]!.pages.count < 20_000 else { continue }
        let pages = Int.random(in: 1...400, using: &random)
        let address = try machine.tamalloc(ByteCount(pages * 4096 - 1), in: process)
        let first = address.rawValue >> 12
        for page in first..<(first + UInt64(pages)) {
          #expect(reference[process]!.pages.insert(page).inserted, place)
        }
      case 80..<130:
        guard let process, let page = try machine.process(process).areas.first?.lowerBound else {
          continue
        }
        let first = page + UInt64.random(in: 0..<1000, using: &random)
        let count = UInt64.random(in: 1...300, using: &random)
        try machine.munmap(
          UserAddress(rawValue: first << 12), ByteCount(Int(count) * 4096), in: process)
        for gone in first..<(first + count) {
          reference[process]!.pages.remove(gone)
          reference[process]!.written[gone] = nil
        }
      default:
        guard let process, let low = try machine.process(process).areas.first?.lowerBound else {
          continue
        }
        // Often where something is, sometimes beside it.
        let page = low + UInt64.random(in: 0..<900, using: &random)
        let address = UserAddress(
          rawValue: page << 12 + UInt64.random(in: 0..<4096, using: &random))
        guard reference[process]!.pages.contains(page) else {
          #expect(
            throws: MachineError.process(
              .segmentationFault(process, UserAddress(rawValue: page << 12))), place
          ) {
            try machine.read(1, at: address, in: process)
          }
          continue
        }
        let start = UserAddress(rawValue: page << 12)
        if Bool.random(using: &random) {
          let mark = UInt8.random(in: 0...255, using: &random)
          try machine.write([mark], at: start, in: process)
          reference[process]!.written[page] = mark
        } else {
          let expected = reference[process]!.written[page] ?? 0
          #expect(try machine.read(1, at: start, in: process) == [expected], place)
        }
      }
      if step % 64 == 0 { machine.tick() }
      if step % 10_000 == 0 { check(machine, reference, place) }
    }
    check(machine, reference, "seed \(seed), end")
    if swap > 0 {
      #expect(machine.events.swappedOut > 0, "seed \(seed): nothing was swapped")
      #expect(machine.events.swappedIn > 0, "seed \(seed): nothing came back")
    }
    for process in reference.keys { try machine.exit(process) }
    try machine.sync()
    #expect(machine.checkInvariants() == [], "seed \(seed)")
    machine.reapSlabCaches()
    machine.drainPerCPUPages()
    #expect(machine.freeFrames == machine.presentFrames, "seed \(seed): frames are lost")
    #expect(machine.swapSlots.free == machine.swapSlots.all, "seed \(seed): slots are lost")
    #expect(machine.committedFrames == 0)
  }

  private func check(
    _ machine: borrowing Machine, _ reference: [ProcessNumber: ReferenceProcess], _ place: Comment
  ) {
    let broken = machine.checkInvariants()
    #expect(broken == [], place)
    #expect(machine.allProcesses.map(\.number) == reference.keys.sorted(), place)
    for process in machine.allProcesses {
      let expected = reference[process.number]
      #expect(process.reserved == expected?.pages.count, place)
      // What was written is in a frame or in swap, and nothing else is.
      #expect(process.resident + process.swapped == expected?.written.count, place)
    }
  }
}
