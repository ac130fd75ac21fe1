// SPDX-License-Identifier: MIT

internal import CMeasure
internal import Measuring
internal import Pages
internal import Tamalloc

/// The first write to each page of 64 MiB, against bare mmap'd memory with small pages. Reserving
/// and releasing are not in it.
func touching(_ suite: Suite) {
  measureTouch(suite, "first touch", .zero, seconds: 8)
  measureTouch(suite, "first touch of a fill", .byte(1))
}

private func measureTouch(
  _ suite: Suite, _ name: String, _ fill: FillPattern, seconds: Int = 3
) {
  let size = ByteCount.mebibytes(64)
  suite.measure(name, .versusMmap, .microseconds, seconds: seconds) { sample in
    var times: [Int64] = []
    let ratio = try ratio(pairs: 11) {
      var memory = try LazyMemory(size: size, fill: fill)
      let nanoseconds = touch(&memory)
      times.append(nanoseconds)
      return nanoseconds
    } peer: {
      touchMmap(size)
    }
    sample.report(.versusMmap, ratio)
    sample.report(.microseconds, Int(median(times)) / 1000)
  }
}

private func touch(_ memory: inout LazyMemory) -> Int64 {
  unsafe memory.withUnsafeMutableBytes { bytes in
    time {
      unsafe cmeasure_touch(bytes.baseAddress, bytes.count, 4096, 2)
    }
  }
}

private func touchMmap(_ size: ByteCount) -> Int64 {
  let start = unsafe cmeasure_map_pages(size.rawValue)
  defer { unsafe cmeasure_unmap(start, size.rawValue) }
  return time { unsafe cmeasure_touch(start, size.rawValue, 4096, 2) }
}

/// How long it takes to say what is committed.
func usages(_ suite: Suite) {
  for (name, fill) in [("zero", FillPattern.zero), ("a fill", .byte(1))] {
    suite.measure(
      "usage of 1 GiB committed, \(name)", .microseconds, .processorMicroseconds
    ) { sample in
      let size = ByteCount.gibibytes(1)
      var memory = try LazyMemory(size: size, fill: fill)
      try memory.prefault(0..<size.rawValue)
      var times: [Int64] = []
      var processorTimes: [Int64] = []
      for _ in 0..<21 {
        let processorStart = cmeasure_processor_nanoseconds()
        let start = cmeasure_nanoseconds()
        let usage = try memory.usage
        times.append(cmeasure_nanoseconds() - start)
        processorTimes.append(cmeasure_processor_nanoseconds() - processorStart)
        precondition(usage.committed == size)
      }
      sample.report(.microseconds, Int(median(times)) / 1000)
      sample.report(.processorMicroseconds, Int(median(processorTimes)) / 1000)
    }
  }
}
