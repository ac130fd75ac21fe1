// SPDX-License-Identifier: MIT

import Pages
import Testing

@testable import PhysicalMemory

@Suite struct KernelStackTests {
  @Test func `a stack is two frames with the thread_info at its end`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    let process = try machine.spawn("p")
    #expect(machine.count(.kernelStack) == 2)
    #expect(try machine.threadInfo(of: process).process == 1)
    let use = try machine.pushKernelStack(8160, in: process)
    #expect(use == KernelStackUse(left: 0, hitThreadInfo: false, overwritten: []))
    try machine.checkKernelStack(of: process)
    try machine.popKernelStack(in: process)
    try machine.exit(process)
    #expect(machine.count(.kernelStack) == 0)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `nobody stops an overflow: first the mark, then thread_info, then another's frame`()
    throws
  {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    // The frames below: those of a process that is none the wiser.
    let neighbour = try machine.allocatePages(order: 1)
    let process = try machine.spawn("deep")
    var stack = try present(machine.frame(at: machine.kernelStack(of: process)))
    // Stacks until one lies just above something else.
    var victim = neighbour
    var deep = process
    for _ in 0..<8 where stack.index != victim.index + 2 {
      victim = stack
      deep = try machine.spawn("deeper")
      stack = try present(machine.frame(at: machine.kernelStack(of: deep)))
    }
    try #require(stack.index == victim.index + 2, "no two blocks came side by side")
    _ = try machine.pushKernelStack(8160, in: deep)
    let mark = try machine.pushKernelStack(8, in: deep)
    #expect(mark.left == -8 && !mark.hitThreadInfo)
    #expect(throws: MachineError.process(.stackEndCorrupted(deep))) {
      try machine.checkKernelStack(of: deep)
    }
    let info = try machine.pushKernelStack(24, in: deep)
    #expect(info.hitThreadInfo && info.overwritten.isEmpty)
    #expect(try machine.threadInfo(of: deep).process == 0xCCCC_CCCC_CCCC_CCCC)
    let beyond = try machine.pushKernelStack(100, in: deep)
    let hit = PageFrameNumber(index: victim.index + 1)
    #expect(beyond.overwritten == [hit])
    #expect(
      try machine.withBytes(of: hit) { [UInt8]($0.suffix(101)) }.filter { $0 == 0xCC }.count == 100)
  }

  @Test func `a guard stops it at the first byte`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    machine.guardsKernelStacks = true
    _ = try machine.spawn("before")
    let process = try machine.spawn("deep")
    let stack = try machine.kernelStack(of: process)
    _ = try machine.pushKernelStack(8192, in: process)
    #expect(
      throws: MachineError.process(
        .stackOverflow(process, KernelAddress(rawValue: stack.rawValue - 1)))
    ) {
      try machine.pushKernelStack(1, in: process)
    }
    try machine.exit(process)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `page tables that a stack overwrote are not believed`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    let process = try machine.spawn("p")
    let address = try machine.tamalloc(.mebibytes(1), in: process)
    try machine.touch(.mebibytes(1), at: address, in: process, writing: true)
    let place = try present(
      machine.spaces.findEntry(process, address.rawValue >> 12, machine.pages))
    let table = PageFrameNumber(index: place >> 12)
    for byte: UInt8 in [0xCC, 0xFF, 0x01, 0x80] {
      try machine.write(
        Array(repeating: byte, count: 4096), at: machine.directAddress(of: table))
      #expect(throws: MachineError.self) { try machine.write([1], at: address, in: process) }
      #expect(machine.checkInvariants() != [])
      #expect(throws: MachineError.self) { try machine.fork(process) }
    }
    try machine.exit(process)
  }
}
