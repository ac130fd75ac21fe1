// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Pages
import System
import Tamalloc
import Testing

@testable import Reservations

/// Usage against three witnesses: what the test itself touched, smaps, and the other way to ask.
@Suite(.serialized) struct UsageTests {
  /// MADV_GUARD_INSTALL, from Linux 6.13 on.
  private static let installGuard: Int32 = 102

  @Test func `a guard is no swap`() throws {
    var memory = try LazyMemory(size: .mebibytes(8))
    memory[0] = 1
    let start = try #require(UnsafeMutableRawPointer(bitPattern: memory.address + 4 << 20))
    guard madvise(start, 2 << 20, Self.installGuard) == 0 else {
      return #expect(errno == EINVAL, "this kernel has no guards")
    }
    #expect(try memory.usage == MemoryUsage(reserved: .mebibytes(8), committed: ByteCount(page)))
    #expect(try memory.smaps().swapBytes == 0)
  }

  @Test(.enabled(if: WriteProtection.isPossible, "needs userfaultfd"))
  func `write protection of what was never there is no swap`() throws {
    var memory = try LazyMemory(size: .mebibytes(8))
    memory[0] = 1
    let protection = try WriteProtection(start: memory.address + 4 << 20, byteCount: 2 << 20)
    defer { protection.end() }
    #expect(try memory.usage == MemoryUsage(reserved: .mebibytes(8), committed: ByteCount(page)))
    #expect(try memory.smaps().swapBytes == 0)
  }

  @Test(arguments: [FillPattern.zero, .byte(3), .pattern([1, 2, 3])], [1, 2, 3] as [UInt64])
  func `is exact`(fill: FillPattern, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let pages = 20_000
    var memory = try LazyMemory(size: ByteCount(pages * page), fill: fill)
    var written: Set<Int> = []
    for round in 0..<6 {
      // Writes and reads in clusters and alone, so that runs of all lengths come to be.
      for _ in 0..<200 {
        let first = Int.random(in: 0..<pages, using: &generator)
        let length = Int.random(in: 1...(round * 10 + 1), using: &generator)
        for index in first..<min(pages, first + length) {
          if Bool.random(using: &generator) {
            memory[index * page + 7] = 1
            written.insert(index)
          } else {
            _ = memory[index * page + 9]
          }
        }
      }
      let usage = try memory.usage
      let smaps = try memory.smaps()
      #expect(usage.checkInvariants())
      #expect(usage.committed.rawValue == written.count * page, "seed \(seed), round \(round)")
      #expect(smaps.anonymousBytes == usage.committed.rawValue)
      #expect(smaps.swapBytes == usage.swapped.rawValue)

      let lower = Int.random(in: 0..<pages, using: &generator)
      let upper = Int.random(in: lower...pages, using: &generator)
      let part = try memory.usage(of: lower * page..<upper * page)
      #expect(part.reserved.rawValue == (upper - lower) * page)
      #expect(
        part.committed.rawValue == written.count { $0 >= lower && $0 < upper } * page,
        "seed \(seed), pages \(lower)..<\(upper)")
    }
  }

  @Test(arguments: [FillPattern.zero, .byte(3)])
  func `the way of older kernels gives the same`(fill: FillPattern) throws {
    var generator = SeededGenerator(seed: 5)
    let reservation = try Reservation.reserve(
      size: .mebibytes(80), alignment: 1, fill: fill, options: [])
    defer { reservation.release() }
    let bytes = try #require(reservation.start.pointer)
    for _ in 0..<3000 {
      let offset = Int.random(in: 0..<reservation.size.rawValue, using: &generator)
      if Bool.random(using: &generator) {
        bytes.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self)
      } else {
        #expect(bytes.load(fromByteOffset: offset, as: UInt8.self) <= 3)
      }
    }
    var older = MemoryUsage(reserved: reservation.size, committed: 0)
    let pagemap = try Syscalls.openForReading("/proc/self/pagemap")
    defer { Syscalls.close(pagemap) }
    try reservation.forEachPage(of: 0..<reservation.size, pagemap: pagemap) { run in
      older.committed += run.range.upperBound - run.range.lowerBound
      return !run.isSwapped
    }
    #expect(try reservation.usage(of: 0..<reservation.size) == older)
    #expect(older.committed > 0)
  }

  @Test func `ranges are widened to whole pages`() throws {
    var memory = try LazyMemory(size: ByteCount(4 * page))
    memory[page] = 1
    #expect(try memory.usage(of: page + 5..<page + 6).committed.rawValue == page)
    #expect(try memory.usage(of: page - 1..<page + 1).reserved.rawValue == 2 * page)
    #expect(try memory.usage(of: 0..<0) == MemoryUsage(reserved: 0, committed: 0))
    #expect(try memory.usage(of: 2 * page..<4 * page).committed == 0)
  }

  @Test func `neighbours do not count`() throws {
    var memories: [Int: UInt] = [:]
    var first = try LazyMemory(size: ByteCount(page))
    var second = try LazyMemory(size: ByteCount(page))
    memories[1] = first.address
    memories[2] = second.address
    first[0] = 1
    #expect(try first.usage.committed.rawValue == page)
    #expect(try second.usage.committed == 0, "at \(memories)")
    second[0] = 1
    #expect(try second.usage.committed.rawValue == page)
  }

  @Test func `a child sees a private copy, and its own usage`() async {
    await #expect(processExitsWith: .success) {
      typealias Fork = @convention(c) () -> Int32
      let fork = unsafeBitCast(dlsym(nil, "fork")!, to: Fork.self)
      for fill in [FillPattern.zero, .byte(0x77)] {
        var memory = try LazyMemory(size: .mebibytes(16), fill: fill)
        for index in 0..<100 { memory[index * page] = 1 }
        let child = fork()
        if child == 0 {
          // Shared with the parent, and still committed: what the kernel's smaps says too.
          guard try memory.usage.committed.rawValue == 100 * page else { _exit(1) }
          for index in 0..<50 { memory[index * page] = 2 }
          guard memory[60 * page] == 1, memory[page * 200] == fill.byte(at: 0) else { _exit(2) }
          memory[page * 200] = 9
          guard try memory.usage.committed.rawValue == 101 * page else { _exit(3) }
          try memory.resize(to: .mebibytes(64))
          guard memory[page] == 2, memory[40 << 20] == fill.byte(at: 0) else { _exit(4) }
          try memory.discard(0..<memory.size.rawValue)
          guard memory[page] == fill.byte(at: 0), try memory.usage.committed == 0 else { _exit(5) }
          _exit(0)
        }
        var status: Int32 = 0
        precondition(waitpid(child, &status, 0) == child)
        precondition(status == 0, "child ended with \(status >> 8)")
        precondition(memory[0] == 1 && memory[page * 200] == fill.byte(at: 0))
        let committed = try memory.usage.committed.rawValue
        precondition(committed == 100 * page, "\(committed)")
      }
    }
  }
}
