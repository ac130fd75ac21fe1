// SPDX-License-Identifier: MIT

import Foundation
import Pages
import Tamalloc
import Testing

@Suite(.serialized) struct InvalidInputTests {
  @Test(arguments: [FillPattern.zero, .byte(7)])
  func `refuses sizes that make no sense`(fill: FillPattern) {
    #expect(throws: AllocationError.invalidSize(0)) { _ = try LazyMemory(size: 0, fill: fill) }
    #expect(throws: AllocationError.invalidSize(-1)) { _ = try LazyMemory(size: -1, fill: fill) }
    #expect(throws: AllocationError.sizeTooLarge(ByteCount(.max))) {
      _ = try LazyMemory(size: ByteCount(.max), fill: fill)
    }
  }

  @Test func `says what an absurd size meets`() {
    let absurd = ByteCount.tebibytes(1 << 12)
    #expect(throws: AllocationError.addressSpaceExhausted(absurd)) {
      _ = try LazyMemory(size: absurd)
    }
    do throws(AllocationError) {
      _ = try LazyMemory(size: absurd, fill: .byte(7))
      Issue.record("4 PiB fitted")
    } catch {
      guard case .mappingLimit(absurd, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test(arguments: [0, -8, 3, 4095, 3 << 20, 2 << 30, Int.max, Int.min])
  func `refuses alignments`(alignment: Int) {
    #expect(throws: AllocationError.invalidAlignment(ByteCount(alignment))) {
      _ = try LazyMemory(size: 1, alignment: ByteCount(alignment))
    }
  }

  @Test(arguments: [0, 4097, 100_000])
  func `refuses patterns`(length: Int) {
    #expect(throws: AllocationError.invalidFillPattern(ByteCount(length))) {
      _ = try LazyMemory(size: 1, fill: .pattern([UInt8](repeating: 1, count: length)))
    }
  }

  @Test func `refuses huge pages with a fill`() {
    #expect(throws: AllocationError.hugePagesWithFill) {
      _ = try LazyMemory(size: 1, fill: .byte(1), options: .hugePages)
    }
  }

  @Test(arguments: [-1..<5, 0..<4097, 4097..<4098, 5..<Int.max, Int.min..<0])
  func `refuses ranges outside`(range: Range<Int>) throws {
    var memory = try LazyMemory(size: 4096)
    let error = AllocationError.invalidRange(
      lower: ByteCount(range.lowerBound), upper: ByteCount(range.upperBound), size: 4096)
    do throws(AllocationError) {
      try memory.discard(range)
      Issue.record("discard took \(range)")
    } catch { #expect(error == error) }
    do throws(AllocationError) {
      try memory.prefault(range)
      Issue.record("prefault took \(range)")
    } catch let thrown { #expect(thrown == error) }
    do throws(AllocationError) {
      _ = try memory.usage(of: range)
      Issue.record("usage took \(range)")
    } catch let thrown { #expect(thrown == error) }
  }

  @Test func `a failed resize leaves the memory whole`() throws {
    for fill in [FillPattern.zero, .byte(4)] {
      var memory = try LazyMemory(size: 8192, fill: fill)
      memory[5000] = 77
      for size in [0, -1, Int.max, 1 << 55] {
        do throws(AllocationError) {
          try memory.resize(to: ByteCount(size))
          Issue.record("resize took \(size)")
        } catch {
          #expect(memory.checkInvariants() == true)
          #expect(memory[5000] == 77)
          #expect(memory[5001] == fill.byte(at: 5001))
          #expect(memory.size == 8192)
        }
      }
    }
  }

  @Test func `strict accounting refuses what could never be there`() {
    #expect(throws: AllocationError.commitLimit(.tebibytes(64))) {
      _ = try LazyMemory(size: .tebibytes(64), options: .strictAccounting)
    }
  }
}

/// In a process of its own a failed expectation is seen by its end.
private func expectCommitted(_ memory: borrowing LazyMemory, _ bytes: ByteCount) throws {
  let committed = try memory.usage.committed
  precondition(committed == bytes, "\(committed) committed instead of \(bytes)")
}

/// Each limit is set in a process of its own, for it holds for the whole process.
@Suite(.serialized) struct LimitTests {
  @Test func `names RLIMIT_AS`() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
      precondition(setrlimit(__rlimit_resource_t(9), &limit) == 0)
      for fill in [FillPattern.zero, .byte(2)] {
        do throws(AllocationError) {
          _ = try LazyMemory(size: .gibibytes(8), fill: fill)
          preconditionFailure("8 GiB fitted below 4 GiB")
        } catch {
          precondition(error == .addressSpaceLimit(.gibibytes(8), limit: .gibibytes(4)), "\(error)")
        }
        var memory = try LazyMemory(size: .mebibytes(64), fill: fill)
        memory[12345] = 200
        do throws(AllocationError) {
          try memory.resize(to: .gibibytes(8))
          preconditionFailure("grew to 8 GiB below 4 GiB")
        } catch {
          precondition(memory.size == .mebibytes(64) && memory.checkInvariants())
          precondition(memory[12345] == 200 && memory[12346] == fill.byte(at: 0))
        }
      }
    }
  }

  @Test func `names the limit on mappings`() async {
    await #expect(processExitsWith: .success) {
      // Pages that alternate in protection use up nearly all mappings.
      let maximum = Int(
        try String(contentsOfFile: "/proc/sys/vm/max_map_count", encoding: .utf8)
          .split(separator: "\n")[0])!
      let memory = try LazyMemory(size: ByteCount(maximum * 4096 * 2))
      memory.withUnsafeBytes { bytes in
        let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress!)
        for index in 0..<maximum / 2 - 200 {
          mprotect(base + index * 8192, 4096, PROT_NONE)
        }
      }
      do throws(AllocationError) {
        _ = try LazyMemory(size: .gibibytes(64), fill: .byte(1))
        preconditionFailure("3,073 mappings fitted")
      } catch {
        precondition(error == .mappingLimit(.gibibytes(64), limit: maximum), "\(error)")
      }
    }
  }

  @Test func `names the limit on descriptors`() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 16, rlim_max: 16)
      precondition(setrlimit(__rlimit_resource_t(7), &limit) == 0)
      while dup(0) >= 0 {}
      _ = try LazyMemory(size: 1)
      do throws(AllocationError) {
        _ = try LazyMemory(size: 1, fill: .byte(1))
        preconditionFailure("a tile without a descriptor")
      } catch {
        precondition(error == .descriptorLimit, "\(error)")
      }
    }
  }

  /// Whether memory may be locked here: by a limit high enough, or by root.
  private static let canLock: Bool = {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(8 /* RLIMIT_MEMLOCK */), &limit)
    return geteuid() == 0 || limit.rlim_cur == .max
  }()

  @Test(.enabled(if: canLock, "memory may not be locked here"))
  func `after mlockall creation commits unless told otherwise, and discard still works`() async {
    await #expect(processExitsWith: .success) {
      precondition(mlockall(Int32(MCL_FUTURE | 4 /* MCL_ONFAULT */)) == 0)
      var memory = try LazyMemory(size: .mebibytes(1))
      try expectCommitted(memory, 0)
      memory[0] = 1
      memory[4096] = 1
      try expectCommitted(memory, 8192)
      try memory.discard(0..<4096)
      try expectCommitted(memory, 4096)
      precondition(memory[0] == 0)
    }
  }
}
