// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Tamalloc
import Testing

@Suite(.serialized) struct LazyMemoryCreationTests {
  static let sizes: [ByteCount] = [
    1, 4096, 4097, .kibibytes(100), .mebibytes(1), .gibibytes(1), .gibibytes(64), .tebibytes(1),
  ]

  @Test(arguments: sizes)
  func `commits nothing`(size: ByteCount) throws {
    _ = try LazyMemory(size: 1)  // whatever is set up once is set up now
    let before = KernelView.minorFaultsOfThread
    let memory = try LazyMemory(size: size)
    let faults = KernelView.minorFaultsOfThread - before
    #expect(faults < 16)
    #expect(memory.size == size.roundedUp(toMultipleOf: LazyMemory.pageSize.bytes))
    let smaps = try memory.smaps()
    #expect(smaps.sizeBytes == memory.size.rawValue)
    #expect(smaps.residentBytes == 0)
    #expect(try memory.usage == MemoryUsage(reserved: memory.size, committed: 0))
    #expect(memory.checkInvariants() == true)
  }

  @Test(arguments: sizes)
  func `commits nothing with a fill, beyond its tile`(size: ByteCount) throws {
    let before = KernelView.minorFaultsOfThread
    let memory = try LazyMemory(size: size, fill: .byte(0xA5))
    #expect(KernelView.minorFaultsOfThread - before < 16)
    let smaps = try memory.smaps()
    #expect(smaps.sizeBytes == memory.size.rawValue)
    #expect(smaps.residentBytes == 0)
    #expect(try memory.usage == MemoryUsage(reserved: memory.size, committed: 0))
    #expect(memory.checkInvariants() == true)
  }

  @Test(arguments: [ByteCount.gibibytes(1), .gibibytes(64)], [FillPattern.zero, .byte(0x5A)])
  func `reads as its fill, and commits what is written`(size: ByteCount, fill: FillPattern) throws {
    var memory = try LazyMemory(size: size, fill: fill)
    var generator = SeededGenerator(seed: 1)
    for position in memory.samplePositions(2000, using: &generator) {
      #expect(memory[position] == fill.byte(at: position), "at \(position)")
    }
    #expect(try memory.usage.committed == 0, "reading must not commit")
    // One page in a hundred of the first GiB.
    let pages = (1 << 30) / page / 100
    for index in 0..<pages { memory[index * 100 * page + index % page] = 1 }
    let committed = try memory.usage.committed.rawValue
    #expect(committed == pages * page)
    let smaps = try memory.smaps()
    #expect(smaps.anonymousBytes + smaps.swapBytes == committed)
  }

  @Test(arguments: (0...30).map { 1 << $0 })
  func `aligns`(alignment: Int) throws {
    let memory = try LazyMemory(size: 4097, alignment: ByteCount(alignment))
    #expect(memory.address % UInt(alignment) == 0)
    #expect(try memory.smaps().sizeBytes == 2 * page, "the slack must have been given back")
    let filled = try LazyMemory(size: 4097, alignment: ByteCount(alignment), fill: .byte(9))
    #expect(filled.address % UInt(alignment) == 0)
    #expect(filled[4096] == 9)
  }

  @Test func `stays page-granular by default and takes huge pages on request`() throws {
    let usual = try LazyMemory(size: .mebibytes(8))
    #expect(try usual.smaps().flags.contains("nh"))
    let filled = try LazyMemory(size: .mebibytes(8), fill: .byte(1))
    #expect(try filled.smaps().flags.contains("nh"))
    var huge = try LazyMemory(size: .mebibytes(8), options: .hugePages)
    #expect(try huge.smaps().flags.contains("hg"))
    #expect(huge.address % (2 << 20) == 0)
    _ = huge[5 << 20]
    #expect(try huge.usage.committed == 0, "the huge zero page is not committed")
    huge[0] = 1
    let smaps = try huge.smaps()
    #expect(try huge.usage.committed.rawValue == smaps.anonymousBytes)
  }

  @Test func `prefaults on request`() throws {
    let memory = try LazyMemory(size: .mebibytes(3), options: .prefault)
    #expect(try memory.usage.committed == .mebibytes(3))
    let filled = try LazyMemory(size: .mebibytes(3), fill: .byte(3), options: .prefault)
    #expect(try filled.usage.committed == .mebibytes(3))
    #expect(filled[.random(in: 0..<3 << 20)] == 3)
  }

  @Test func `fails rather than have somebody killed`() throws {
    // More than the machine could give, and less than it would promise.
    let limit = (try KernelView.meminfo("MemAvailable") + KernelView.meminfo("SwapFree"))
    let much = ByteCount(limit + 4 << 30)
    for fill in [FillPattern.zero, .byte(3)] {
      #expect(throws: AllocationError.outOfMemory(much)) {
        _ = try LazyMemory(size: much, fill: fill, options: .prefault)
      }
      #expect(throws: AllocationError.outOfMemory(much)) {
        _ = try LazyMemory(size: much, fill: fill, options: .requiresAvailable)
      }
    }
    var memory = try LazyMemory(size: .mebibytes(80), options: [.prefault, .requiresAvailable])
    #expect(try memory.usage.committed == .mebibytes(80))
    #expect(throws: AllocationError.outOfMemory(much)) {
      try memory.resize(to: .mebibytes(80) + much)
    }
    #expect(try memory.usage.committed == .mebibytes(80))
  }

  @Test(.enabled(if: LimitedGroup.isPossible, "needs root and a memory cgroup"))
  func `knows the limit of its cgroup`() throws {
    let group = try LimitedGroup(limit: 200 << 20)
    defer { group.leave() }
    #expect(throws: AllocationError.outOfMemory(.gibibytes(1))) {
      _ = try LazyMemory(size: .gibibytes(1), options: .prefault)
    }
    #expect(throws: AllocationError.outOfMemory(.gibibytes(1))) {
      _ = try LazyMemory(size: .gibibytes(1), options: .requiresAvailable)
    }
    let memory = try LazyMemory(size: .mebibytes(100), options: .prefault)
    #expect(try memory.usage.committed == .mebibytes(100))
  }

  @Test func `is accounted on request only`() throws {
    let usual = try LazyMemory(size: .mebibytes(4))
    #expect(try usual.smaps().flags.contains("nr"))
    let strict = try LazyMemory(size: .mebibytes(4), options: .strictAccounting)
    #expect(try strict.smaps().flags.contains("ac"))
  }

  @Test func `gives its address space and its descriptor back`() throws {
    let before = try KernelView.status("VmSize")
    for _ in 0..<3000 {
      // More than there are descriptors, and mappings, if one were lost at each.
      _ = try LazyMemory(size: .mebibytes(8), fill: .pattern([1, 2, 3]))
    }
    let after = try KernelView.status("VmSize")
    #expect(after - before < 64 << 20, "3,000 memories of 8 MiB came and went")
  }
}
