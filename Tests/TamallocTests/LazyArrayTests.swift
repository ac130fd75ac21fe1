// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Tamalloc
import Testing

@Suite(.serialized) struct LazyArrayTests {
  @Test func `ten billion doubles cost nothing until touched`() throws {
    var array = try LazyArray(repeating: 1.0, count: 10_000_000_000)
    #expect(try array.usage.committed == 0)
    #expect(try array.usage.reserved >= 80_000_000_000)
    #expect(array[0] == 1.0)
    #expect(array[9_999_999_999] == 1.0)
    array[9_999_999_999] = 2.5
    #expect(array[9_999_999_999] == 2.5)
    #expect(array[9_999_999_998] == 1.0)
    #expect(try array.usage.committed.rawValue == page)
    #expect(array.checkInvariants() == true)
  }

  struct Twelve: Equatable, BitwiseCopyable { var a: Int32, b: Float, c: UInt8 }

  @Test func `strides that do not divide the page`() throws {
    let value = Twelve(a: -5, b: 2.5, c: 9)
    let array = try LazyArray(repeating: value, count: 100_000)
    var isEqual = true
    array.forEach { isEqual = isEqual && $0 == value }
    #expect(isEqual)
    #expect(try array.usage.committed == 0)
    let triples = try LazyArray(repeating: (1, 2, 3), count: 50_000)
    #expect(triples.reduce(0) { $0 + $1.0 + $1.1 + $1.2 } == 300_000)
  }

  @Test func `elements above 4 KiB are taken if they are zero`() throws {
    let zero = try LazyArray(repeating: InlineArray<1000, Int>(repeating: 0), count: 100)
    #expect(zero[99][999] == 0)
    #expect(throws: AllocationError.invalidFillPattern(8000)) {
      var value = InlineArray<1000, Int>(repeating: 0)
      value[3] = 1
      _ = try LazyArray(repeating: value, count: 100)
    }
  }

  @Test(arguments: [-1, Int.min, Int.max])
  func `refuses counts`(count: Int) {
    #expect(throws: AllocationError.invalidCount(count)) {
      _ = try LazyArray(repeating: 1.0, count: count)
    }
  }

  @Test func `may be empty`() throws {
    var array = try LazyArray(repeating: 7, count: 0)
    #expect(array.isEmpty == true)
    #expect(array.indices == 0..<0)
    #expect(array.span.count == 0)
    try array.resize(to: 3)
    #expect(array[2] == 7)
  }

  @Test func `spans and closures see the same elements`() throws {
    var array = try LazyArray(repeating: 1, count: 1000)
    var span = array.mutableSpan
    for index in span.indices { span[index] = index }
    let total = array.reduce(0, +)
    #expect(total == 499_500)
    let read = array.span
    #expect(read[999] == 999)
    #expect(array.indices == 0..<1000)
  }

  @Test func `resizing keeps values and adds initial ones`() throws {
    var array = try LazyArray(repeating: 3 as Int16, count: 10_000)
    for index in array.indices { array[index] = Int16(index) }
    try array.resize(to: 5000)
    #expect(array[4999] == 4999)
    try array.resize(to: 20_000)
    #expect(array[4999] == 4999)
    let isInitial = (5000..<20_000).allSatisfy { array[$0] == 3 }
    #expect(isInitial, "what an earlier, longer array left must not come back")
    do throws(AllocationError) {
      try array.resize(to: -1)
      Issue.record("resized to -1")
    } catch { #expect(error == .invalidCount(-1)) }
    #expect(array.count == 20_000)
  }

  @Test func `discards and prefaults ranges of elements`() throws {
    var array = try LazyArray(repeating: 4, count: 100_000)
    try array.prefault(0..<100_000)
    #expect(try array.usage.committed >= 800_000)
    for index in array.indices { array[index] = -index }
    try array.discard(1000..<90_000)
    #expect(array[999] == -999)
    #expect(array[90_000] == -90_000)
    let isInitial = (1000..<90_000).allSatisfy { array[$0] == 4 }
    #expect(isInitial)
    #expect(try array.usage.committed < 120_000)
    do throws(AllocationError) {
      try array.discard(0..<100_001)
      Issue.record("discarded too much")
    } catch {
      #expect(error == .invalidElements(lower: 0, upper: 100_001, count: 100_000))
    }
  }

  @Test func `an index outside ends the program`() async {
    await #expect(processExitsWith: .failure) {
      let array = try LazyArray(repeating: 1, count: 10)
      print(array[10])
    }
    await #expect(processExitsWith: .failure) {
      var array = try LazyArray(repeating: 1, count: 10)
      array[-1] = 2
    }
  }
}
