// SPDX-License-Identifier: MIT

// LazyArray against UnsafeMutableBufferPointer, both over committed memory with small pages. Each
// loop is a function of its own that is not inlined, so that the two sides are compiled alike and
// none is helped by what the optimiser knows of the benchmark around it.
//
// Two lengths: 256 KiB stays in the second cache and shows every instruction, 64 MiB shows what a
// program that walks through real memory feels.

internal import CMeasure
internal import Measuring
internal import Pages
internal import Tamalloc

func arrays(_ suite: Suite) {
  let stride = MemoryLayout<Int>.stride
  for (name, bytes, rounds) in [("256 KiB", 1 << 18, 64), ("64 MiB", 1 << 26, 1)] {
    let count = bytes / stride
    let run = ArrayCourse(suite: suite, length: name, count: count, rounds: rounds)
    run.compareInt()
    run.compareDouble()
  }
}

/// One length, and how often it is walked through for one reading of the clock.
private struct ArrayCourse {
  let suite: Suite
  let length: String
  let count: Int
  let rounds: Int
  /// Pairs for one sample: more where it takes longer to have the memory than to walk through it.
  var pairs: Int { rounds == 1 ? 11 : 5 }
}

/// The same work through a buffer and through an array. Both loop over the rounds themselves: calls
/// through a generic closure would cost more than the difference that is measured.
private typealias BufferWork<Element> = (UnsafeMutableBufferPointer<Element>) -> Void
private typealias ArrayWork<Element: BitwiseCopyable> = (inout LazyArray<Element>) -> Void

extension ArrayCourse {
  func compareInt() {
    let rounds = rounds
    let sum: BufferWork<Int> = { buffer in
      for _ in 0..<rounds { blackHole(unsafe sumBuffer(buffer)) }
    }
    let fill: BufferWork<Int> = { buffer in
      for _ in 0..<rounds { unsafe fillBuffer(buffer, 3) }
    }
    unsafe compare("sum Int", "subscript", 3, sum) { array in
      for _ in 0..<rounds { blackHole(sumSubscript(array)) }
    }
    unsafe compare("sum Int", "span", 3, sum) { array in
      for _ in 0..<rounds { blackHole(sumSpan(array)) }
    }
    unsafe compare("fill Int", "subscript", 3, fill) { array in
      for _ in 0..<rounds { fillSubscript(&array, 3) }
    }
    unsafe compare("fill Int", "span", 3, fill) { array in
      for _ in 0..<rounds { fillSpan(&array, 3) }
    }
  }

  func compareDouble() {
    let rounds = rounds
    let sum: BufferWork<Double> = { buffer in
      for _ in 0..<rounds { blackHole(unsafe sumBuffer(buffer)) }
    }
    let fill: BufferWork<Double> = { buffer in
      for _ in 0..<rounds { unsafe fillBuffer(buffer, 3) }
    }
    unsafe compare("sum Double", "subscript", 3, sum) { array in
      for _ in 0..<rounds { blackHole(sumSubscript(array)) }
    }
    unsafe compare("sum Double", "span", 3, sum) { array in
      for _ in 0..<rounds { blackHole(sumSpan(array)) }
    }
    unsafe compare("fill Double", "subscript", 3, fill) { array in
      for _ in 0..<rounds { fillSubscript(&array, 3) }
    }
    unsafe compare("fill Double", "span", 3, fill) { array in
      for _ in 0..<rounds { fillSpan(&array, 3) }
    }
  }

  private func compare<Element: BitwiseCopyable>(
    _ work: String, _ way: String, _ element: Element, _ peer: @escaping BufferWork<Element>,
    _ subject: @escaping ArrayWork<Element>
  ) {
    suite.measure(
      "\(work) \(length) \(way)", .versusBuffer, .microseconds, seconds: 5, most: 1000
    ) { sample in
      let bufferFirst = sample.iteration % 2 == 0
      try unsafe withBoth(count: count, of: element, bufferFirst: bufferFirst) { array, buffer in
        var times: [Int64] = []
        let ratio = ratio(pairs: pairs) {
          let nanoseconds = time { subject(&array) }
          times.append(nanoseconds)
          return nanoseconds
        } peer: {
          time { unsafe peer(buffer) }
        }
        sample.report(.versusBuffer, ratio)
        sample.report(.microseconds, Int(median(times)) / 1000)
      }
    }
  }
}

/// An array and a buffer of equal length, both committed and written once.
///
/// Where memory lies decides over a tenth of the time of such loops. So each measurement has new
/// memory, takes it in changing order, and at a changing distance from what was there before.
private func withBoth<Element: BitwiseCopyable>(
  count: Int, of element: Element, bufferFirst: Bool,
  _ body: (inout LazyArray<Element>, UnsafeMutableBufferPointer<Element>) -> Void
) throws {
  let gap = 4096 * Int.random(in: 1...64)
  let before = unsafe cmeasure_map_pages(gap)!
  unsafe cmeasure_touch(before, gap, 4096, 1)
  defer { unsafe cmeasure_unmap(before, gap) }
  if bufferFirst {
    try unsafe withBuffer(count: count, of: element) { buffer in
      var array = try makeArray(count: count, of: element)
      unsafe body(&array, buffer)
    }
  } else {
    var array = try makeArray(count: count, of: element)
    unsafe withBuffer(count: count, of: element) { buffer in unsafe body(&array, buffer) }
  }
}

private func makeArray<Element: BitwiseCopyable>(
  count: Int, of element: Element
) throws -> LazyArray<Element> {
  var array = try LazyArray(repeating: element, count: count)
  for index in array.indices { array[index] = element }
  return array
}

private func withBuffer<Element: BitwiseCopyable>(
  count: Int, of element: Element, _ body: (UnsafeMutableBufferPointer<Element>) throws -> Void
) rethrows {
  let size = count * MemoryLayout<Element>.stride
  let gap = 4096 * Int.random(in: 1...64)
  let between = unsafe cmeasure_map_pages(gap)!
  unsafe cmeasure_touch(between, gap, 4096, 1)
  defer { unsafe cmeasure_unmap(between, gap) }
  let start = unsafe cmeasure_map_pages(size)!
  defer { unsafe cmeasure_unmap(start, size) }
  // SAFETY: the mapping has room for `count` elements, and lives until this function ends.
  let buffer = unsafe UnsafeMutableBufferPointer(
    start: start.bindMemory(to: Element.self, capacity: count), count: count)
  unsafe buffer.initialize(repeating: element)
  try unsafe body(buffer)
}

// MARK: Int

@inline(never)
private func sumBuffer(_ buffer: UnsafeMutableBufferPointer<Int>) -> Int {
  var sum = 0
  for index in buffer.indices { unsafe sum &+= buffer[index] }
  return sum
}

@inline(never)
private func sumSubscript(_ array: borrowing LazyArray<Int>) -> Int {
  var sum = 0
  for index in array.indices { sum &+= array[index] }
  return sum
}

@inline(never)
private func sumSpan(_ array: borrowing LazyArray<Int>) -> Int {
  var sum = 0
  let span = array.span
  for index in span.indices { sum &+= span[index] }
  return sum
}

@inline(never)
private func fillBuffer(_ buffer: UnsafeMutableBufferPointer<Int>, _ element: Int) {
  for index in buffer.indices { unsafe buffer[index] = element }
}

@inline(never)
private func fillSubscript(_ array: inout LazyArray<Int>, _ element: Int) {
  for index in array.indices { array[index] = element }
}

@inline(never)
private func fillSpan(_ array: inout LazyArray<Int>, _ element: Int) {
  var span = array.mutableSpan
  for index in span.indices { span[index] = element }
}

// MARK: Double

@inline(never)
private func sumBuffer(_ buffer: UnsafeMutableBufferPointer<Double>) -> Double {
  var sum = 0.0
  for index in buffer.indices { unsafe sum += buffer[index] }
  return sum
}

@inline(never)
private func sumSubscript(_ array: borrowing LazyArray<Double>) -> Double {
  var sum = 0.0
  for index in array.indices { sum += array[index] }
  return sum
}

@inline(never)
private func sumSpan(_ array: borrowing LazyArray<Double>) -> Double {
  var sum = 0.0
  let span = array.span
  for index in span.indices { sum += span[index] }
  return sum
}

@inline(never)
private func fillBuffer(_ buffer: UnsafeMutableBufferPointer<Double>, _ element: Double) {
  for index in buffer.indices { unsafe buffer[index] = element }
}

@inline(never)
private func fillSubscript(_ array: inout LazyArray<Double>, _ element: Double) {
  for index in array.indices { array[index] = element }
}

@inline(never)
private func fillSpan(_ array: inout LazyArray<Double>, _ element: Double) {
  var span = array.mutableSpan
  for index in span.indices { span[index] = element }
}
