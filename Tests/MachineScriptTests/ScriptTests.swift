// SPDX-License-Identifier: MIT

import Instruments
import Pages
import MachineScript
import PhysicalMemory
import Testing

@Suite struct ScriptTests {
  /// What a script shows, or the words of its error.
  static func outcome(_ text: String) throws -> (shown: String, error: String?) {
    final class Shown { var text = "" }
    let shown = Shown()
    do throws(ScriptError) {
      let script = try MachineScript(text)
      var run = ScriptRun(on: try script.machine(), sink: { shown.text += $0 })
      do {
        try run.run(script)
      } catch {
        return (shown.text, "\(error)")
      }
    } catch {
      return (shown.text, "\(error)")
    }
    return (shown.text, nil)
  }

  @Test(arguments: [
    ("2 + 3 * 4", "14"), ("2 * 3 + 4 * 5", "26"), ("20 - 3 - 4", "13"), ("7 / 2", "3"),
    ("64KiB / 4096", "16"), ("present DMA - free DMA", "0"), ("0x10", "16"),
  ])
  func `expressions come to what they should`(text: String, value: String) throws {
    let outcome = try Self.outcome("machine x86-64 ram 8MiB\nshow \(text)")
    #expect(outcome.error == nil && outcome.shown == "\(text) = \(value)\n", "\(outcome)")
  }

  @Test(arguments: [
    ("jump", "line 1", "\"jump\" is not a verb"),
    ("\nalloc a 11", "line 2", "order 11"), ("alloc a -1", "line 1", "order -1"),
    ("alloc a 0 GFP_ODD", "line 1", "GFP_ODD"), ("alloc", "line 1", "a name is missing"),
    ("alloc a", "line 1", "an order is missing"), ("alloc a 0 b", "line 1", "\"b\""),
    ("free a", "line 1", "nothing is called \"a\""), ("repeat 2\ntick", "line 1", "no partner"),
    ("end", "line 1", "no partner"), ("tick\nmachine i386", "line 2", "first statement"),
    ("machine i386 nodes 2", "line 1", "2 nodes"),
    ("\nmachine ram 0", "line 2", "no page frame"),
    ("machine ram 8KiB nodes 3", "line 1", "3 nodes"),
    ("machine nodes 9223372036854775807 cpus 4", "line 1", "9223372036854775807 nodes"),
    ("machine cpus 0", "line 1", "0 processors"),
    ("machine ram 1GiB range 1GiB@0", "line 1", "\"ram\" and \"range\" exclude"),
    ("machine range", "line 1", "a range is missing"),
    ("machine range 1GiB", "line 1", "\"1GiB\" is not a range"),
    ("machine range 1GiB@0:", "line 1", "is not a range"),
    ("machine range 1GiB@-1", "line 1", "is not a range"),
    ("machine range -1GiB@0", "line 1", "is not a range"),
    ("machine range 1GiB@0:1:2", "line 1", "is not a range"),
    ("machine range 1GiB@0@1", "line 1", "is not a range"),
    ("machine range 0@0", "line 1", "no page frame"),
    ("\nmachine range 4KiB@0 range 1KiB@1MiB", "line 2", "whole page frames"),
    ("machine range 4KiB@100", "line 1", "0x64"),
    ("machine range 2MiB@0 range 1MiB@1MiB", "line 1", "must not overlap"),
    ("machine range 1GiB@1000TiB", "line 1", "this processor addresses"),
    ("machine i386 range 1GiB@64GiB", "line 1", "this processor addresses 64 GiB"),
    ("machine range 1GiB@0:1 nodes 1", "line 1", "no node 1"),
    ("machine range 1GiB@0:9223372036854775807", "line 1", "65 nodes"),
    ("machine nodes 2 distance", "line 1", "a distance is missing"),
    ("machine nodes 2 distance 0:1", "line 1", "\"0:1\" is not a distance"),
    ("machine nodes 2 distance 0:1:", "line 1", "is not a distance"),
    ("machine nodes 2 distance 0:1:9", "line 1", "10 to 255"),
    ("machine nodes 2 distance 0:1:256", "line 1", "10 to 255"),
    ("machine nodes 2 distance 0:2:20", "line 1", "no node 2"),
    ("machine nodes 2 distance -1:0:20", "line 1", "no node -1"),
    ("machine nodes 65 distance 0:64:20", "line 1", "65 nodes"),
    ("machine cpus 9999", "line 1", "9999 processors"),
    ("expect free", "line 1", "comparison"), ("expect free = ", "line 1", "missing"),
    ("expect 1 = 2", "line 1", "expected = 2, found 1"),
    ("expect 1 / 0 = 1", "line 1", "no result"),
    ("expect 9223372036854775807 + 1 = 0", "line 1", "no result"),
    ("expect DMA < 1", "line 1", "comparing words"), ("fails tick", "line 1", "did not"),
    ("fails nonsense", "line 1", "not a verb"),
    ("show frame 99999999999", "line 1", "no page"),
    ("let a = 1\nfree a", "line 2", "a number"), ("cpu 7", "line 1", "processor 7"),
    ("alloc a 0 node 4", "line 1", "node 4"), ("file f 0", "line 1", "0 bytes"),
    ("file f 3\nload f 2 2", "line 2", "beyond the end"), ("slab create c 0", "line 1", "0"),
    ("kmalloc a 100000000", "line 1", "bytes"), ("spawn p\ntouch p read", "line 2", "a process"),
    ("pool create p 1 slab none", "line 1", "nothing is called"), ("free:", "line 1", "free:"),
    ("alloc a 0 count 3\nexpect pfn a 3 = 0", "line 2", "one of 3"),
  ])
  func `a bad script says where and why`(text: String, place: String, reason: String) throws {
    let error = try #require(try Self.outcome(text).error, "nothing failed")
    #expect(error.contains(place) && error.contains(reason), "\(error)")
  }

  @Test(
    arguments: [
      ("4KiB@0", 4096, 0, 0), ("1GiB@4GiB:1", 1 << 30, 1 << 32, 1),
      ("0x1000@0x2000:0x3", 4096, 8192, 3),
      ("1G@1T", 1 << 30, 1 << 40, 0),
    ] as [(String, Int, UInt64, Int)])
  func `a range is read`(text: String, size: Int, start: UInt64, node: Int) throws {
    #expect(
      MachineLayout.Range(text)
        == .init(
          start: PhysicalAddress(rawValue: start), size: ByteCount(size), node: NodeNumber(node)))
  }

  @Test func `nodes are as far from each other as a script says`() throws {
    let script = try MachineScript(
      "machine ram 64MiB nodes 4 distance 0:2:15 distance 1:3:40 distance 3:1:12")
    let machine = try script.machine()
    #expect(
      machine.layout.distances == [
        [10, 20, 15, 20], [20, 10, 20, 40], [15, 20, 10, 20], [20, 12, 20, 10],
      ])
    var options = MachineSetup()
    options.distances = [try #require(NodeDistance("0:3:11"))]
    let other = try script.machine(options)
    #expect(other.layout.distances?[0] == [10, 20, 20, 11])
    func nodes(_ machine: borrowing Machine) throws -> [Int] {
      try machine.zoneList(of: 0, highest: .dma32).map { $0.rawValue / 4 }.reduce(into: []) {
        if $0.last != $1 { $0.append($1) }
      }
    }
    #expect(try nodes(machine) == [0, 2, 1, 3])
    #expect(try nodes(other) == [0, 3, 1, 2])
  }

  @Test func `options win over what a script says of the machine`() throws {
    let script = try MachineScript("machine range 4MiB@0 range 4MiB@8MiB:1 cpus 3")
    let own = try script.machine()
    #expect(own.presentFrames == 2048 && own.spannedFrames == 3072 && own.nodeCount == 2)
    #expect(own.layout.processors == [0, 0, 1])
    var options = MachineSetup()
    options.ram = .mebibytes(1)
    let smaller = try script.machine(options)
    #expect(smaller.presentFrames == 256 && smaller.nodeCount == 1)
    let other = try MachineScript("machine ram 4MiB nodes 3 cpus 3")
    options.ram = nil
    options.ranges = [
      .init(start: PhysicalAddress(rawValue: 1 << 30), size: .mebibytes(2), node: 2)
    ]
    let scattered = try other.machine(options)
    #expect(scattered.presentFrames == 512 && scattered.nodeCount == 3)
    #expect(try scattered.zone(.dma32, of: 2).present == 512)
    // It is the options' fault, or both's: no line is to blame.
    options.ranges = [.init(start: PhysicalAddress(rawValue: 0), size: .mebibytes(2), node: 3)]
    #expect(
      performing: { _ = try other.machine(options) },
      throws: { error in
        guard let error = error as? ScriptError else { return false }
        return error.line == 0 && !error.isOutcome && "\(error)" == "the machine has no node 3"
      })
  }

  @Test func `a 32-bit machine may have nodes where it is said which range is whose`() throws {
    var machine = try MachineScript("machine i386 range 512MiB@0 range 1GiB@512MiB:1 cpus 2")
      .machine()
    #expect(
      machine.populatedZones.map { "\($0.node)/\($0.type)" }
        == ["0/DMA", "0/Normal", "1/Normal", "1/HighMem"])
    let frame = try machine.allocatePages(flags: .highUser, node: 1)
    #expect(machine.address(of: frame) == nil)
    #expect(machine.checkInvariants() == [])
    try machine.freePages(frame)
  }

  @Test func `statements are repeated`() throws {
    let text = "repeat 3\nrepeat 2\nalloc a 0\nend\ntick\nend\nexpect held a = 6\nexpect now = 3"
    let outcome = try Self.outcome(text)
    #expect(outcome.error == nil, "\(outcome)")
  }

  @Test func `no words crash a script`() throws {
    let words = [
      "alloc", "free", "a", "b", "0", "1", "10", "11", "-1", "GFP_KERNEL", "GFP_ATOMIC", "count",
      "all", "every", "random", "first", "map", "unmap", "write", "cpu", "tick", "drain", "file",
      "load", "dirty", "slab", "create", "alloc", "destroy", "kmalloc", "vmalloc", "pool", "pages",
      "spawn", "fork", "exit", "tamalloc", "touch", "read", "in", "stack", "push", "let", "=",
      "expect", "show", "frame", "+", "/", "9223372036854775807", "0xffffffffffffffff", "fails",
      "byte", "pfn", "free", "DMA", "64KiB", "munmap", "context", "memalloc", "normal", "check",
    ]
    var generator = SeededGenerator(seed: 20_06)
    for _ in 0..<50 {
      for _ in 0..<40 {
        let count = Int.random(in: 1...6, using: &generator)
        let line = (0..<count).map { _ in words.randomElement(using: &generator)! }
          .joined(separator: " ")
        _ = try Self.outcome("machine x86-64 ram 4MiB\nalloc a 0 count 3\nspawn b\n\(line)")
      }
    }
  }

  @Test func `a frame is explained`() throws {
    let outcome = try Self.outcome(
      """
      machine x86-64 ram 16MiB percpu off
      alloc a 2 GFP_KERNEL
      show frame a
      show frame 9
      """)
    #expect(outcome.error == nil, "\(outcome)")
    for phrase in ["zone       DMA", "order 2", "line 2", "GFP_KERNEL"] {
      #expect(outcome.shown.contains(phrase), "\(phrase) is not in\n\(outcome.shown)")
    }
  }
}
