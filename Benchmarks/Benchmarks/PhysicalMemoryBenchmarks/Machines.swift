// SPDX-License-Identifier: MIT

internal import CMeasure
internal import Measuring
internal import Pages
internal import PhysicalMemory

/// Pairs in one run.
private let pairs = 100_000

/// A machine of 1 TiB: the time until it is there, and the memory that it takes.
func booting(_ suite: Suite) {
  suite.measure("boot 1 TiB", .processorMicroseconds, .residentKibibytes) { sample in
    let before = cmeasure_resident()
    let start = cmeasure_processor_nanoseconds()
    let machine = try Machine(.x86_64(ram: .tebibytes(1), nodes: 4, cpus: 8))
    let time = cmeasure_processor_nanoseconds() - start
    let resident = cmeasure_resident() - before
    blackHole(machine.freeFrames)
    sample.report(.processorMicroseconds, Int(time) / 1000)
    sample.report(.residentKibibytes, max(0, resident / 1024))
  }
}

/// One frame, taken and given back, through the processor's cache.
func singleFrames(_ suite: Suite) {
  suite.measure("frame through the per-CPU cache", .pair) { sample in
    var machine = try Machine(.x86_64(ram: .gibibytes(64)))
    let cost = try costOfEach(runs: 11, count: pairs) {
      for _ in 0..<pairs {
        let frame = try machine.allocatePages()
        try machine.freePages(frame)
      }
    }
    sample.report(.pair, cost)
  }
}

/// Blocks of orders 0 to 10, while 2,000 others are held: one of them goes, another comes.
func mixedOrders(_ suite: Suite) {
  suite.measure("orders 0 to 10 through the buddy system", .pair) { sample in
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
    sample.report(.pair, cost)
  }
}

/// Objects of one slab cache, and of kmalloc's sizes up to 1 KiB.
func slabs(_ suite: Suite) {
  suite.measure("slab object", .pair) { sample in
    var machine = try Machine(.x86_64(ram: .gibibytes(64)))
    let cache = try machine.createSlabCache("measured", objectSize: 200)
    let cost = try costOfEach(runs: 11, count: pairs) {
      for _ in 0..<pairs {
        let object = try machine.allocateObject(from: cache)
        try machine.freeObject(object, to: cache)
      }
    }
    sample.report(.pair, cost)
  }
  suite.measure("kmalloc and kfree", .pair) { sample in
    var machine = try Machine(.x86_64(ram: .gibibytes(64)))
    let cost = try costOfEach(runs: 11, count: pairs) {
      for round in 0..<pairs {
        let address = try machine.kmalloc(ByteCount(1 + round & 1023))
        try machine.kfree(address)
      }
    }
    sample.report(.pair, cost)
  }
}

/// Twelve pages for each of a million processes, on a machine of 64 GiB.
func manyProcesses(_ suite: Suite) {
  suite.measure("pages of a million processes", .page, .residentKibibytes, most: 1) { sample in
    var machine = try Machine(.x86_64(ram: .gibibytes(64)))
    let before = unsafe cmeasure_proc("/proc/self/status", "VmRSS:")
    let cost = try costOfEach(runs: 1, count: 12_000_000) {
      for process in 0..<1_000_000 {
        for page in 0..<12 {
          blackHole(
            try machine.allocateAnonymous(owner: UInt64(process), index: UInt64(page)))
        }
      }
    }
    let after = unsafe cmeasure_proc("/proc/self/status", "VmRSS:")
    sample.report(.page, cost)
    sample.report(.residentKibibytes, (after - before) / 1024)
  }
}
