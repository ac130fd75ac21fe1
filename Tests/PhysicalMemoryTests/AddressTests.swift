// SPDX-License-Identifier: MIT

import Pages
import Testing

@testable import PhysicalMemory

@Suite struct AddressTests {
  @Test func `frame, physical address and kernel address lead to each other`() throws {
    let machine = try Machine(.i386(ram: .gibibytes(2)))
    for number in [UInt32(0), 1, 4095, 4096, 229_375] {
      let frame = PageFrameNumber(number)
      let physical = machine.physicalAddress(of: frame)
      #expect(try machine.frame(at: physical) == frame)
      let found = machine.address(of: frame)
      let address = try #require(found)
      #expect(address.rawValue == 0xC000_0000 + physical.rawValue)
      #expect(machine.frame(at: address) == frame)
      #expect(machine.frame(at: address + 4095) == frame)
    }
    #expect(machine.address(of: 300_000) == nil)
    #expect(machine.frame(at: KernelAddress(rawValue: 0)) == nil)
    #expect(machine.pointer(to: KernelAddress(rawValue: 0xFFFF_F000)) == nil)
    #expect(throws: MachineError.self) {
      try machine.frame(at: PhysicalAddress(rawValue: 1 << 40))
    }
  }

  @Test func `a window shows the same bytes as the frame`() throws {
    var machine = try Machine(.i386(ram: .gibibytes(2)))
    let frame = try machine.allocatePages(flags: .highUser)
    #expect(try machine.record(of: frame).flags.contains(.highMemory))
    #expect(machine.address(of: frame) == nil)
    let address = try machine.map(frame)
    #expect(machine.plan.windows.contains(address))
    #expect(machine.address(of: frame) == address)
    let place = machine.pointer(to: address)
    let pointer = try #require(place)
    for index in 0..<4096 {
      pointer.storeBytes(of: UInt8(index % 255), toByteOffset: index, as: UInt8.self)
    }
    let agrees = try machine.withBytes(of: frame) { bytes in
      let agrees = (0..<4096).allSatisfy { bytes[$0] == UInt8($0 % 255) }
      bytes[100] = 0xEE
      return agrees
    }
    #expect(agrees)
    #expect(pointer.load(fromByteOffset: 100, as: UInt8.self) == 0xEE)
    // A second user of the window has the same.
    #expect(try machine.map(frame) == address)
    try machine.unmap(frame)
    try machine.unmap(frame)
    #expect(throws: MachineError.notMapped(frame)) { try machine.unmap(frame) }
    #expect(machine.checkInvariants() == [])
  }

  @Test func `windows are limited, and come back when nobody uses them`() throws {
    var machine = try Machine(.i386(ram: .gibibytes(2)))
    var frames: [PageFrameNumber] = []
    for _ in 0..<1024 {
      let frame = try machine.allocatePages(flags: .highUser)
      _ = try machine.map(frame)
      frames.append(frame)
    }
    #expect(machine.windowUsage == (1024, 1024))
    let extra = try machine.allocatePages(flags: .highUser)
    #expect(throws: MachineError.noWindow(limit: 1024)) { try machine.map(extra) }
    try machine.unmap(frames[17])
    let before = machine.address(of: frames[17])
    #expect(try machine.map(extra) == before)
    #expect(machine.address(of: frames[17]) == nil)
    #expect(machine.checkInvariants() == [])
    // Freed with its window: the window is free as well.
    try machine.freePages(extra)
    #expect(try machine.map(frames[17]) == before)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `frames keep what is written to them, and neighbours are not touched`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    var frames: [PageFrameNumber] = []
    for index in 0..<500 {
      let frame = try machine.allocatePages(order: Order(index % 3), flags: [.kernel, .zero])
      try machine.withBytes(of: frame, count: 1 << (index % 3)) { bytes in
        for offset in bytes.indices { bytes[offset] = UInt8(index % 256) }
      }
      frames.append(frame)
    }
    for (index, frame) in frames.enumerated() {
      let found = machine.address(of: frame)
      let address = try #require(found)
      let place = machine.pointer(to: address)
      let pointer = try #require(place)
      let bytes = UnsafeRawBufferPointer(start: pointer, count: 4096 << (index % 3))
      #expect(bytes.allSatisfy { $0 == UInt8(index % 256) })
    }
    try machine.copy(frames[3], to: frames[6])
    #expect(try machine.withBytes(of: frames[6]) { $0.allSatisfy { $0 == 3 } })
  }

  @Test func `the machine is a page source for allocators`() throws {
    var pages = try MachinePages(
      try Machine(.x86_64(ram: .mebibytes(16))), pageSize: try #require(PageSize(8192)))
    var taken: [UnsafeMutableRawPointer] = []
    do {
      while true {
        let page = try pages.getPage()
        #expect(UInt(bitPattern: page) % 8192 == 0)
        page.storeBytes(of: taken.count, as: Int.self)
        taken.append(page)
      }
    } catch {
      #expect(error == .exhausted(limit: taken.count))
    }
    #expect(taken.count > 1900)
    #expect(taken.enumerated().allSatisfy { $1.load(as: Int.self) == $0 })
    let first = taken[0]
    try pages.freePage(first)
    #expect(throws: PageSourceError.doubleFree(VirtualAddress(first))) { try pages.freePage(first) }
    let inside = taken[1] + 4096
    #expect(throws: PageSourceError.foreignPage(VirtualAddress(inside))) {
      try pages.freePage(inside)
    }
    for page in taken.dropFirst() { try pages.freePage(page) }
    #expect(pages.statistics.inUse == 0)
    let machine = pages.finish()
    #expect(machine.freeFrames == machine.presentFrames)
    #expect(machine.checkInvariants() == [])
  }
}
