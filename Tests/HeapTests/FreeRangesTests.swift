// SPDX-License-Identifier: MIT

import Instruments
import Testing

@testable import Heap

@Suite struct FreeRangesTests {
  /// What a page of the model is.
  enum Page { case used, zero, dirty }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `ranges behave as an array of pages does`(seed: UInt64) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: FreeRanges.size, alignment: 16)
    defer { memory.deallocate() }
    var ranges = FreeRanges(start: UInt(bitPattern: memory))
    var generator = SeededGenerator(seed: seed)
    var pages = [Page](repeating: .used, count: 200)
    for round in 0..<5000 {
      let isDirty = Bool.random(using: &generator)
      let kind: Page = isDirty ? .dirty : .zero
      let size = Int.random(in: 1...12, using: &generator)
      let start = Int.random(in: 0...(200 - size), using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0, 1:
        guard pages[start..<(start + size)].allSatisfy({ $0 == .used }) else { continue }
        #expect(ranges.add(UInt(start), UInt(size), isDirty: isDirty) == nil)
        for page in start..<(start + size) { pages[page] = kind }
      case 2:
        let taken = ranges.take(UInt(size), isDirty: isDirty)
        if let taken {
          let pagesTaken = Int(taken)..<(Int(taken) + size)
          #expect(pages[pagesTaken].allSatisfy { $0 == kind }, "seed \(seed), round \(round)")
          for page in pagesTaken { pages[page] = .used }
        } else {
          // A run of the kind this long may only be in two ranges of different age.
          #expect(longestRun(of: kind, in: pages) < size, "seed \(seed), round \(round)")
        }
      case 3:
        let longest = longestRun(of: .dirty, in: pages)
        if let piece = ranges.takeLargestDirty(atMost: UInt(size), atLeast: 3) {
          let pagesTaken = Int(piece.start)..<Int(piece.end)
          #expect(pagesTaken.count == min(size, longest), "seed \(seed), round \(round)")
          #expect(longest >= 3 && pages[pagesTaken].allSatisfy { $0 == .dirty })
          for page in pagesTaken { pages[page] = .used }
        } else {
          #expect(longest < 3, "seed \(seed), round \(round)")
        }
      default:
        let wasDirty = ranges.take(UInt(size), at: UInt(start))
        if let wasDirty {
          let pagesTaken = start..<(start + size)
          let expected: Page = wasDirty ? .dirty : .zero
          #expect(pages[pagesTaken].allSatisfy { $0 == expected }, "seed \(seed), round \(round)")
          for page in pagesTaken { pages[page] = .used }
        }
      }
      let isWell = ranges.checkInvariants()
      #expect(isWell, "seed \(seed), round \(round)")
      let dirtyBytes = ranges.dirtyBytes
      #expect(dirtyBytes == UInt(pages.count { $0 == .dirty }))
      if !isWell { return }
    }
  }

  private func longestRun(of kind: Page, in pages: [Page]) -> Int {
    var longest = 0
    var length = 0
    for page in pages {
      length = page == kind ? length + 1 : 0
      longest = max(longest, length)
    }
    return longest
  }

  @Test func `a full list gives its smallest range up`() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: FreeRanges.size, alignment: 16)
    defer { memory.deallocate() }
    var ranges = FreeRanges(start: UInt(bitPattern: memory))
    for index in 0..<FreeRanges.capacity {
      let evicted = ranges.add(UInt(index * 100), UInt(index == 7 ? 1 : 10), isDirty: true)
      #expect(evicted == nil)
    }
    let evicted = ranges.add(50, 20, isDirty: true)
    #expect(evicted?.start == 700 && evicted?.size == 1)
    let isWell = ranges.checkInvariants()
    #expect(isWell)
  }

  @Test func `two ticks make a range go`() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: FreeRanges.size, alignment: 16)
    defer { memory.deallocate() }
    var ranges = FreeRanges(start: UInt(bitPattern: memory))
    _ = ranges.add(100, 10, isDirty: false)
    #expect(ranges.removeIdle(orAny: false) == nil)
    ranges.age()
    _ = ranges.add(110, 10, isDirty: false)
    #expect(ranges.count == 2, "a younger neighbour has a tick of its own")
    #expect(ranges.removeIdle(orAny: false)?.start == 100)
    #expect(ranges.removeIdle(orAny: false) == nil)
    #expect(ranges.removeIdle(orAny: true)?.start == 110)
  }

  @Test func `of dirty ranges no more goes than is told`() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: FreeRanges.size, alignment: 16)
    defer { memory.deallocate() }
    var ranges = FreeRanges(start: UInt(bitPattern: memory))
    _ = ranges.add(100, 10, isDirty: true)
    _ = ranges.add(200, 10, isDirty: false)
    #expect(ranges.idleDirtyBytes == 0)
    ranges.age()
    #expect(ranges.idleDirtyBytes == 10)
    let part = ranges.removeIdle(orAny: false, mostDirty: 4)
    #expect(part?.start == 100 && part?.size == 4)
    #expect(ranges.removeIdle(orAny: false, mostDirty: 0)?.start == 200)
    #expect(ranges.removeIdle(orAny: false, mostDirty: 0) == nil)
    let rest = ranges.removeIdle(orAny: false)
    #expect(rest?.start == 104 && rest?.size == 6)
    #expect(ranges.checkInvariants() && ranges.dirtyBytes == 0)
  }
}

extension FreeRange: Equatable {
  public static func == (left: FreeRange, right: FreeRange) -> Bool {
    left.start == right.start && left.size == right.size && left.isDirty == right.isDirty
  }
}
