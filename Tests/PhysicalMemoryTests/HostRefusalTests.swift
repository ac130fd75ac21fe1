// SPDX-License-Identifier: MIT

// What the machine does where the host refuses a mapping. High memory is reached by mappings alone, and
// RLIMIT_AS, set to what the process has, refuses each new one. Each test has a process to itself.

import Glibc
import Instruments
import Pages
import Testing

@testable import PhysicalMemory

/// Runs `body` while the host gives this process no more address space.
private func withoutNewMappings<Result>(_ body: () throws -> Result) rethrows -> Result {
  let size = try! KernelView.read("/proc/self/statm").split(separator: " ")[0]
  var before = rlimit()
  precondition(getrlimit(__rlimit_resource_t(9), &before) == 0)
  var limit = rlimit(rlim_cur: rlim_t(size)! * 4096, rlim_max: before.rlim_max)
  precondition(setrlimit(__rlimit_resource_t(9), &limit) == 0)
  defer { precondition(setrlimit(__rlimit_resource_t(9), &before) == 0) }
  return try body()
}

/// Ends the process where something does not hold, and says what.
private func demand(_ holds: Bool, _ what: String) {
  if !holds { fatalError(what) }
}

@Suite struct HostRefusalTests {
  @Test func `a block that can't be cleared is not handed out`() async {
    await #expect(processExitsWith: .success) {
      var machine = try Machine(.i386(ram: .gibibytes(2)))
      let flags = GFPFlags.highUser
      let block = try machine.allocatePages(order: 10, flags: flags)
      try machine.withBytes(of: block, count: 1024) { bytes in bytes[4_000_000] = 7 }
      try machine.freePages(block, order: 10)
      let free = machine.freeFrames
      var failure: MachineError?
      withoutNewMappings {
        do throws(MachineError) {
          _ = try machine.allocatePages(order: 10, flags: flags.union(.zero))
        } catch {
          failure = error
        }
      }
      guard case .host? = failure else { fatalError("\(String(describing: failure))") }
      demand(machine.freeFrames == free, "the block was lost")
      demand(machine.checkInvariants() == [], "\(machine.checkInvariants())")
      // Afterwards the same block is cleared and handed out.
      let again = try machine.allocatePages(order: 10, flags: flags.union(.zero))
      demand(again == block, "\(again)")
      let byte = try machine.withBytes(of: again, count: 1024) { bytes in bytes[4_000_000] }
      demand(byte == 0, "byte \(byte)")
    }
  }

  @Test func `a dirty page that can't be written stays dirty, and sync says so`() async {
    await #expect(processExitsWith: .success) {
      var machine = try Machine(.i386(ram: .gibibytes(2)))
      let file = try machine.createFile(pages: 4)
      let frame = try machine.readPage(file, 1)
      demand(frame.index >= machine.plan.directFrames, "the page is not in high memory")
      try machine.withBytes(of: frame) { bytes in bytes[9] = 77 }
      try machine.markDirty(frame)
      var failure: MachineError?
      withoutNewMappings {
        do throws(MachineError) { try machine.sync() } catch { failure = error }
      }
      guard case .host? = failure else { fatalError("\(String(describing: failure))") }
      demand(machine.count(.dirty) == 1, "the page is clean")
      demand(machine.events.refusedWrites == 1, "\(machine.events.refusedWrites)")
      try machine.sync()
      demand(machine.count(.dirty) == 0, "the page is still dirty")
      demand(machine.checkInvariants() == [], "\(machine.checkInvariants())")
    }
  }

  @Test func `an anonymous page that can't be written to swap keeps its contents`() async {
    await #expect(processExitsWith: .success) {
      var layout = MachineLayout.i386(ram: .gibibytes(2))
      layout.swap = .mebibytes(16)
      var machine = try Machine(layout)
      let process = try PagedProcess(pages: 64, &machine)
      for page in 0..<64 {
        try process.write(UInt8(page + 1), page, &machine)
        let number = process.start.rawValue >> 12 + UInt64(page)
        let frame = try machine.fault(process.number, number, writing: false)
        demand(frame.index >= machine.plan.directFrames, "the page is not in high memory")
      }
      let request = PageAllocator.Request(order: 0, flags: .highUser, node: 0)
      withoutNewMappings {
        for _ in 0..<4 { _ = machine.reclaimDirectly(request) }
      }
      demand(machine.events.refusedWrites > 0, "nothing was to be written")
      demand(machine.events.swappedOut == 0, "the host refused nothing")
      demand(machine.checkInvariants() == [], "\(machine.checkInvariants())")
      for page in 0..<64 {
        let byte = try process.read(page, &machine)
        demand(byte == UInt8(page + 1), "page \(page): \(byte)")
      }
      // With the host's consent they go, and come back as they were.
      for _ in 0..<4 {
        _ = machine.reclaimDirectly(request)
        machine.tick(8)
      }
      demand(machine.events.swappedOut > 0, "nothing was written")
      for page in 0..<64 {
        let byte = try process.read(page, &machine)
        demand(byte == UInt8(page + 1), "page \(page): \(byte), from swap")
      }
    }
  }
}
