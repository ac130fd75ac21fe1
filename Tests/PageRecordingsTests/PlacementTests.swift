// SPDX-License-Identifier: MIT

import Instruments
import Testing

@testable import PageRecordings
@testable import PhysicalMemory

/// A recording without events: RAM of 4 MiB above the first 16, all of it free.
func emptyRecording(free: [ClosedRange<Int>] = [0x1000...0x13ff], trace: String = "") -> String {
  let frames = free.reduce(0) { $0 + $1.count }
  let stretches = free.map {
    "0x\(String($0.lowerBound, radix: 16))-0x\(String($0.upperBound, radix: 16))\n"
  }.joined()
  func snapshot(_ name: String) -> String {
    """
    == buddyinfo \(name)
    Node 0, zone    DMA32      0      0      0      0      0      0      0      0      0      0      1
    == zoneinfo \(name)
    Node 0, zone    DMA32
      pages free     \(frames)
            min      8
            low      10
            high     12
            managed  1024
            protection: (0, 0, 0, 0)
      pagesets
        cpu: 0
                  count:    0
                  high:     12
                  batch:    3
        cpu: 1
                  count:    0
                  high:     12
                  batch:    3
    == free \(name) 1
    \(stretches)
    """
  }
  func mark(_ text: String) -> String {
    "        snapshot-9       [000] .....     1.000000: tracing_mark_write: snapshot \(text) 1\n"
  }
  return "== kernel\nLinux 6.12\n== iomem\n01000000-013fffff : System RAM\n"
    + snapshot("begin") + snapshot("after") + "== trace\n" + mark("begin begin") + mark("begin end")
    + trace + mark("after begin") + mark("after end") + "== end\n"
}

/// A line of the trace, as the kernel prints it: `%16s-%-7d [%03d] flags time: event`.
func traceLine(_ event: String, processor: Int = 0, command: String = "a b: [x]") -> String {
  let blanks = String(repeating: " ", count: max(0, 16 - command.utf8.count))
  return "\(blanks)\(command)-57      [00\(processor)] d..2.     1.234567: \(event)\n"
}

@Suite("taking blocks at a place")
struct PlacementTests {
  /// The reference has a bit for each frame; its blocks are the largest aligned runs.
  @Test(
    "blocks at random places leave the blocks that a bitmap has", arguments: [1, 2, 3] as [UInt64])
  func random(seed: UInt64) throws {
    let recording = try PageRecording(Array(emptyRecording().utf8))
    var machine = try Machine.beginning(recording)
    var random = SeededGenerator(seed: seed)
    var free = [Bool](repeating: true, count: 1024)
    var taken: [(block: Int, order: Int)] = []
    for step in 0..<2000 {
      if random.next() % 5 < 3 || taken.isEmpty {
        let order = Int(random.next() % 6)
        let block = Int(random.next() % UInt64(1024 >> order)) << order
        let fits = free[block..<block + 1 << order].allSatisfy { $0 }
        let number = PageFrameNumber(index: 0x1000 + block)
        #expect(machine.pages.takeBlock(number, 1, order) == fits, "seed \(seed), step \(step)")
        guard fits else { continue }
        machine.pages.settle(number, 1, count: 1 << order)
        for frame in block..<block + 1 << order { free[frame] = false }
        taken.append((block, order))
      } else {
        let (block, order) = taken.remove(at: Int(random.next() % UInt64(taken.count)))
        let number = PageFrameNumber(index: 0x1000 + block)
        machine.pages.giveSettled(number, order: order, caching: false)
        for frame in block..<block + 1 << order { free[frame] = true }
      }
      guard step % 100 == 0 else { continue }
      var stretches = PageSnapshot(name: "")
      for frame in 0..<1024 where free[frame] {
        if stretches.free.last?.upperBound == 0x1000 + frame {
          stretches.free[stretches.free.count - 1] =
            stretches.free.last!.lowerBound..<0x1001 + frame
        } else {
          stretches.free.append(0x1000 + frame..<0x1001 + frame)
        }
      }
      let zone = try machine.zone(.dma32)
      #expect(
        try (0..<11).map { zone.freeBlocks(try Order($0)) } == stretches.blocks(),
        "seed \(seed), step \(step)")
      #expect(machine.checkInvariants().isEmpty, "seed \(seed), step \(step)")
    }
  }

  @Test("a machine has the free frames of a snapshot, and none else")
  func adoption() throws {
    let text = emptyRecording(free: [0x1001...0x1001, 0x1010...0x10ff, 0x1200...0x13ff])
    let machine = try Machine.beginning(PageRecording(Array(text.utf8)))
    #expect(machine.freeFrames == 1 + 240 + 512)
    let zone = try machine.zone(.dma32)
    // 0x1001; 0x10, 0x20, 0x40 and 0x80 frames at their multiples; 0x200 frames.
    #expect(
      try (0..<11).map { zone.freeBlocks(try Order($0)) } == [1, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0])
    #expect(zone.watermarks == Watermarks(min: 8, low: 10, high: 12))
    #expect(machine.checkInvariants().isEmpty)
  }
}
