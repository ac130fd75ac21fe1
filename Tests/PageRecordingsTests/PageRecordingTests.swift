// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import PageRecordings
@testable import PhysicalMemory

@Suite("recordings of a real kernel's page allocator")
struct PageRecordingTests {
  /// What Kernel/scripts/record-pages wrote of a machine that did next to nothing.
  static func real() throws -> [UInt8] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    return Array(try Data(contentsOf: folder.appending(path: "Recordings/short.recording")))
  }

  @Test("a real recording: the blocks that its free frames make up are those of its buddyinfo")
  func stretches() throws {
    let recording = try PageRecording(Self.real())
    #expect(recording.snapshots.count == 2 && recording.lost == 0)
    for snapshot in recording.snapshots {
      // No block crosses from the first 16 MiB to what is above.
      let counted = snapshot.blocks(below: [4096])
      let told = (0..<11).map { order in snapshot.zones.reduce(0) { $0 + $1.blocks[order] } }
      #expect(counted == told)
    }
  }

  @Test("a real recording, each block at its place: the model ends with the kernel's buddyinfo")
  func replay() throws {
    let comparison = try KernelComparison(PageRecording(Self.real()))
    #expect(comparison.broken.isEmpty)
    let end = try #require(comparison.moments.last)
    #expect(end.events > 0 && end.moved == 0)
    #expect(end.zones.contains { $0.kernel != $0.before })
    for zone in end.zones {
      #expect(zone.blocks == zone.kernel, "\(zone.zone)")
      // Wherever the blocks lie, they are as many frames.
      #expect(ZoneAgreement.free(zone.lists) == ZoneAgreement.free(zone.kernel), "\(zone.zone)")
    }
    #expect(end.freeInKernelOnly == 0 && end.freeInModelOnly == 0)
  }

  @Test("every line of a trace is read as it stands there")
  func events() throws {
    let lines =
      traceLine(
        "mm_page_alloc_zone_locked: page=00000000a1b2c3d4 pfn=0x1002 order=1 migratetype=1 "
          + "percpu_refill=1", processor: 1)
      + traceLine(
        "mm_page_alloc: page=00000000a1b2c3d4 pfn=0x1002 order=1 migratetype=1 "
          + "gfp_flags=GFP_DMA32|__GFP_ACCOUNT|__GFP_ZERO", processor: 1)
      + traceLine("mm_page_alloc: page=(null) pfn=0x0 order=4 migratetype=1 gfp_flags=GFP_KERNEL")
      + "CPU:1 [LOST 12 EVENTS]\n# a comment\n"
      + traceLine("sched_switch: prev_comm=sh prev_pid=1")
      + traceLine("tracing_mark_write: a mark of somebody else")
      + traceLine("mm_page_free: page=00000000a1b2c3d4 pfn=0x1002 order=1")
      + traceLine("mm_page_pcpu_drain: page=00000000a1b2c3d4 pfn=0x1002 order=1 migratetype=1")
      + traceLine(
        "mm_page_alloc_extfrag: page=00000000a1b2c3d4 pfn=0x1010 alloc_order=2 "
          + "fallback_order=10 pageblock_order=9 alloc_migratetype=0 fallback_migratetype=1 "
          + "fragmenting=0 change_ownership=1"
      )
    let recording = try PageRecording(Array(emptyRecording(trace: lines).utf8))
    #expect(recording.lost == 12)
    #expect(recording.events.map(\.kind) == [.take, .allocate, .free, .drain, .take])
    #expect(recording.events.map(\.frame) == [0x1002, 0x1002, 0x1002, 0x1002, 0x1010])
    #expect(recording.events.map(\.order) == [1, 1, 1, 1, 2])
    #expect(recording.events.map(\.processor) == [1, 1, 0, 0, 0])
    #expect(recording.events.map(\.isFallback) == [false, false, false, false, true])
    #expect(recording.events[1].flags == [.dma32, .zero])
    #expect(recording.snapshots.map(\.events) == [0..<0, 5..<5])
    let end = try #require(try KernelComparison(recording).moments.last)
    // Of 1024 frames, 4 at 0x1010 were taken.
    #expect(end.zones[0].blocks == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0])
  }

  @Test(
    "a command's name may look like the rest of the line",
    arguments: [
      "a [007] b: c", "[007] x: y", "x-1 [007] b: c", "-1 [007] d 1.2:", "<idle>", "-1", "a]",
    ])
  func commands(name: String) throws {
    let line = traceLine(
      "mm_page_free: page=00000000a1b2c3d4 pfn=0x1002 order=1", processor: 1, command: name)
    let recording = try PageRecording(Array(emptyRecording(trace: line).utf8))
    #expect(recording.events.map(\.processor) == [1])
    #expect(recording.events.map(\.frame) == [0x1002])
  }

  @Test("lines may end with a carriage return as well")
  func returns() throws {
    let bytes = try Self.real()
    let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
    let converted = try PageRecording(Array(lines.joined(separator: [0x0d, 0x0a])))
    let recording = try PageRecording(bytes)
    #expect(converted.kernel == recording.kernel && converted.events == recording.events)
    #expect(converted.snapshots.map(\.free) == recording.snapshots.map(\.free))
    #expect(converted.snapshots.map(\.counters) == recording.snapshots.map(\.counters))
  }

  @Test("what the kernel did without an event is counted, and forgiven")
  func unseen() throws {
    let take = traceLine(
      "mm_page_alloc_zone_locked: page=0 pfn=0x1000 order=0 migratetype=1 percpu_refill=1")
    let drain = traceLine("mm_page_pcpu_drain: page=0 pfn=0x1000 order=0 migratetype=1")
    let free = traceLine("mm_page_free: page=0 pfn=0x1000 order=0")
    func end(_ trace: String) throws -> MomentAgreement {
      let recording = try PageRecording(Array(emptyRecording(trace: trace).utf8))
      let comparison = try KernelComparison(recording)
      #expect(comparison.broken.isEmpty)
      return try #require(comparison.moments.last)
    }
    let twice = try end(take + take)
    #expect(twice.figures["blocks"]?.unseenFrees == 1)
    #expect(ZoneAgreement.free(twice.zones[0].blocks) == 1023)
    #expect(twice.freeInKernelOnly == 1 && twice.freeInModelOnly == 0)
    let back = try end(drain)
    #expect(back.figures["blocks"]?.unseenTakes == 1)
    #expect(ZoneAgreement.free(back.zones[0].lists) == 1024)
    // It came into a per-CPU list, went to somebody in bulk, and came back.
    let bulk = try end(take + free)
    #expect(bulk.figures["requests"]?.bulk == 1)
    #expect(bulk.zones[0].modelCached == 3 && ZoneAgreement.free(bulk.zones[0].requests) == 1021)
  }

  /// What is changed, into what, and what is said of it.
  struct Mistake {
    var part: String
    var replacement: String
    var phrase: String

    init(_ part: String, _ replacement: String, _ phrase: String) {
      self.part = part
      self.replacement = replacement
      self.phrase = phrase
    }
  }

  static let mistakes = [
    Mistake("== kernel", "nonsense", "line 1: this is no recording"),
    Mistake("-013fffff : Sys", " : Sys", "line 4: this is no line of iomem"),
    Mistake("-013fffff", "-013ffffg", "line 4: this is no line of iomem"),
    Mistake("System RAM", "Reserved", "System RAM in iomem is missing"),
    Mistake("DMA32      0", "DMA32", "line 6: this is no line of buddyinfo"),
    Mistake("Node 0,", "Node 1,", "line 6: this is no zone of a machine with one node"),
    Mistake("min      8", "min      -8", "line 10: this is no line of zoneinfo"),
    Mistake("0x1000-0x13ff", "0x1000-0x0fff", "line 25: this is no stretch of free frames"),
    Mistake("0x1000-0x13ff", "0x1000-0x1400", "line 5: there is no RAM at page frame 0x1400"),
    Mistake("== buddyinfo begin", "== zoneinfo begin", "line 5: buddyinfo of begin is missing"),
    Mistake("== free begin 1", "== free begin", "line 24: this is no section free"),
    Mistake("== free begin 1", "== free begin 2", "the mark of snapshot begin in the trace"),
    Mistake("== end\n", "", "the end of the recording (== end) is missing"),
  ]

  static let badLines = [
    Mistake("rubbish", "", "this is no line of a trace"),
    Mistake("mm_page_free: page=0 order=0", "", "this is no event mm_page_free"),
    Mistake("mm_page_free: pfn=1000 order=0", "", "this is no event mm_page_free"),
    Mistake("mm_page_free: pfn=0x1000 order=11", "", "order 11 does not exist"),
    Mistake("mm_page_free: pfn=0x1001 order=4", "", "this is no block of order 4"),
    Mistake("mm_page_alloc: pfn=0x1001 order=0", "", "this is no event mm_page_alloc"),
    Mistake(
      "mm_page_pcpu_drain: pfn=0x9999999 order=0", "", "there is no RAM at page frame 0x9999999"),
  ]

  @Test("what is malformed is said, with the line")
  func malformed() throws {
    for mistake in Self.mistakes {
      let text = emptyRecording()
      let change = try #require(text.range(of: mistake.part), "\(mistake)")
      try expect(
        mistake.phrase, of: text.replacingCharacters(in: change, with: mistake.replacement))
    }
    for mistake in Self.badLines {
      let text = emptyRecording(trace: traceLine(mistake.part))
      try expect("line 50: \(mistake.phrase)", of: text)
    }
    let foreign = traceLine("mm_page_alloc: pfn=0x1001 order=0 gfp_flags=0", processor: 9)
    try expect("line 50: the machine has no processor 9", of: emptyRecording(trace: foreign))
  }

  private func expect(_ phrase: String, of text: String) throws {
    let error = #expect(throws: PageRecordingError.self, "\(phrase)") {
      _ = try KernelComparison(PageRecording(Array(text.utf8)))
    }
    #expect(error.map { "\($0)".hasPrefix(phrase) } == true, "\(String(describing: error))")
  }
}
