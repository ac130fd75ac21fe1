// SPDX-License-Identifier: MIT

internal import CMeasure
internal import Measuring
internal import Pages
internal import Tamalloc

/// The sizes that are measured, with their names.
let sizes: [(name: String, size: ByteCount)] = [
  ("1 MiB", .mebibytes(1)), ("1 GiB", .gibibytes(1)), ("1 TiB", .tebibytes(1)),
]

/// Zeroed memory: creation and release, against mmap and munmap.
func reserving(_ suite: Suite) {
  for (name, size) in sizes {
    suite.measure("reserve \(name)", .versusMmap, .nanoseconds) { sample in
      let rounds = 200
      var times: [Int64] = []
      let ratio = try ratio(pairs: 101) {
        let nanoseconds = try time {
          for _ in 0..<rounds {
            let memory = try LazyMemory(size: size)
            blackHole(memory.size)
          }
        }
        times.append(nanoseconds)
        return nanoseconds
      } peer: {
        time {
          for _ in 0..<rounds {
            let start = unsafe cmeasure_map(size.rawValue)
            unsafe blackHole(start)
            unsafe cmeasure_unmap(start, size.rawValue)
          }
        }
      }
      sample.report(.versusMmap, ratio)
      sample.report(.nanoseconds, Int(median(times)) / rounds)
    }
  }
}

/// Memory with a fill: the curve by size of the time to reserve and to release it, and of the tile.
func fills(_ suite: Suite) {
  let curve = [
    ("1 MiB", ByteCount.mebibytes(1)), ("16 MiB", .mebibytes(16)), ("256 MiB", .mebibytes(256)),
    ("1 GiB", .gibibytes(1)), ("16 GiB", .gibibytes(16)), ("256 GiB", .gibibytes(256)),
    ("1 TiB", .tebibytes(1)),
  ]
  for (name, size) in curve {
    suite.measure(
      "fill \(name)", .microseconds, .processorMicroseconds, .releaseMicroseconds, .tileKibibytes
    ) { sample in
      let processorStart = cmeasure_processor_nanoseconds()
      let start = cmeasure_nanoseconds()
      let memory = try LazyMemory(size: size, fill: .byte(1))
      let reserved = cmeasure_nanoseconds()
      let processor = cmeasure_processor_nanoseconds() - processorStart
      blackHole(memory.size)
      let tile = cmeasure_memory_files()
      let again = cmeasure_nanoseconds()
      _ = consume memory
      let released = cmeasure_nanoseconds()
      sample.report(.microseconds, Int(reserved - start) / 1000)
      sample.report(.processorMicroseconds, Int(processor) / 1000)
      sample.report(.releaseMicroseconds, Int(released - again) / 1000)
      sample.report(.tileKibibytes, tile / 1024)
    }
  }
}
