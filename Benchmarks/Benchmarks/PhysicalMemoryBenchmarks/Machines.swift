// SPDX-License-Identifier: MIT

internal import Benchmark
internal import CMeasure
internal import Pages
internal import PhysicalMemory

/// Pairs in one run.
private let pairs = 100_000

/// A machine of 1 TiB: the time until it is there, and the memory that it takes.
func booting() {
  measure("boot 1 TiB", .processorMicroseconds, .residentKibibytes) { benchmark in
    let before = cmeasure_resident()
    let start = cmeasure_processor_nanoseconds()
    let machine = try Machine(.x86_64(ram: .tebibytes(1), nodes: 4, cpus: 8))
    let time = cmeasure_processor_nanoseconds() - start
    let resident = cmeasure_resident() - before
    blackHole(machine.freeFrames)
    benchmark.measurement(.processorMicroseconds, Int(time) / 1000)
    benchmark.measurement(.residentKibibytes, max(0, resident / 1024))
  }
}

/// One frame, taken and given back, through the processor's cache.
func singleFrames() {
  measure("frame through the per-CPU cache", .pair) { benchmark in
    var machine = try Machine(.x86_64(ram: .gibibytes(64)))
    let cost = try costOfEach(runs: 11, count: pairs) {
      for _ in 0..<pairs {
        let frame = try machine.allocatePages()
        try machine.freePages(frame)
      }
    }
    benchmark.measurement(.pair, cost)
  }
}

/// Blocks of orders 0 to 10, while 2,000 others are held: one of them goes, another comes.
func mixedOrders() {
  measure("orders 0 to 10 through the buddy system", .pair) { benchmark in
    var layout = MachineLayout.x86_64(ram: .gibibytes(64))
    layout.usesPerCPUPages = false
    var machine = try Machine(layout)
    var random = SystemRandomNumberGenerator()
    var orders: [Order] = []
    for order in 0...10 { orders.append(try Order(order)) }
    var held: [(frame: PageFrameNumber, order: Order)] = []
    for _ in 0..<2000 {
      let order = orders[Int.random(in: 0...10, using: &random)]
      held.append((try machine.allocatePages(order: order), order))
    }
    let plan = (0..<pairs).map { _ in
      (Int.random(in: 0..<2000, using: &random), orders[Int.random(in: 0...10, using: &random)])
    }
    let cost = try costOfEach(runs: 11, count: pairs) {
      for (place, order) in plan {
        try machine.freePages(held[place].frame, order: held[place].order)
        held[place] = (try machine.allocatePages(order: order), order)
      }
    }
    benchmark.measurement(.pair, cost)
  }
}

/// Objects of one slab cache, and of kmalloc's sizes up to 1 KiB.
func slabs() {
  measure("slab object", .pair) { benchmark in
    var machine = try Machine(.x86_64(ram: .gibibytes(64)))
    let cache = try machine.createSlabCache("measured", objectSize: 200)
    let cost = try costOfEach(runs: 11, count: pairs) {
      for _ in 0..<pairs {
        let object = try machine.allocateObject(from: cache)
        try machine.freeObject(object, to: cache)
      }
    }
    benchmark.measurement(.pair, cost)
  }
  measure("kmalloc and kfree", .pair) { benchmark in
    var machine = try Machine(.x86_64(ram: .gibibytes(64)))
    let cost = try costOfEach(runs: 11, count: pairs) {
      for round in 0..<pairs {
        let address = try machine.kmalloc(ByteCount(1 + round & 1023))
        try machine.kfree(address)
      }
    }
    benchmark.measurement(.pair, cost)
  }
}

/// Twelve pages for each of a million processes, on a machine of 64 GiB.
func manyProcesses() {
  measure("pages of a million processes", .page, .residentKibibytes, most: 1) { benchmark in
    var machine = try Machine(.x86_64(ram: .gibibytes(64)))
    let before = cmeasure_proc("/proc/self/status", "VmRSS:")
    let cost = try costOfEach(runs: 1, count: 12_000_000) {
      for process in 0..<1_000_000 {
        for page in 0..<12 {
          blackHole(
            try machine.allocateAnonymous(owner: UInt64(process), index: UInt64(page)))
        }
      }
    }
    let after = cmeasure_proc("/proc/self/status", "VmRSS:")
    benchmark.measurement(.page, cost)
    benchmark.measurement(.residentKibibytes, (after - before) / 1024)
  }
}
