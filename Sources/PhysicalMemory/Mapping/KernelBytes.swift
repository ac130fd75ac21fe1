// SPDX-License-Identifier: MIT

// Reading and writing at addresses of the kernel, whatever is mapped there: the direct map, a window, or
// an area.
//
// Unsafe code: each stretch that is copied ends at its page, whose place was looked up.

internal import Pages

extension VirtualAreas {
  /// Where an address of the kernel's really is; nil where nothing is mapped.
  func place(of address: KernelAddress, _ pages: borrowing PageAllocator) -> VirtualAddress? {
    pages.physical.place(of: address) ?? place(of: address)
  }

  /// Reads bytes, all or none.
  func read(
    _ count: ByteCount, at address: KernelAddress, _ pages: borrowing PageAllocator
  ) throws(MachineError) -> [UInt8] {
    guard count.rawValue >= 0, count.rawValue <= pages.presentFrames << 12 else {
      throw .invalidSize(count)
    }
    try checkMapped(address, count, pages)
    var bytes = [UInt8](repeating: 0, count: count.rawValue)
    var done = 0
    while done < bytes.count {
      let at = address + ByteCount(done)
      let length = min(bytes.count - done, 4096 - Int(at.rawValue & 4095))
      let source = unsafe UnsafeRawBufferPointer(
        start: place(of: at, pages)?.pointer, count: length)
      unsafe bytes.withUnsafeMutableBytes {
        unsafe UnsafeMutableRawBufferPointer(rebasing: $0[done..<(done + length)])
          .copyMemory(from: source)
      }
      done += length
    }
    return bytes
  }

  /// Writes bytes up to the first address where nothing is mapped.
  func write(
    _ bytes: [UInt8], at address: KernelAddress, _ pages: borrowing PageAllocator
  ) throws(MachineError) {
    var done = 0
    while done < bytes.count {
      let at = address + ByteCount(done)
      let length = min(bytes.count - done, 4096 - Int(at.rawValue & 4095))
      guard let place = place(of: at, pages) else { throw .noSuchAddress(at) }
      unsafe bytes.withUnsafeBytes {
        unsafe UnsafeMutableRawBufferPointer(start: place.pointer, count: length)
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[done..<(done + length)]))
      }
      done += length
    }
  }

  private func checkMapped(
    _ address: KernelAddress, _ count: ByteCount, _ pages: borrowing PageAllocator
  ) throws(MachineError) {
    var at = address
    let end = address + count
    while at < end {
      guard place(of: at, pages) != nil else { throw .noSuchAddress(at) }
      at = KernelAddress(rawValue: at.rawValue & ~4095 &+ 4096)
      if at.rawValue == 0 { return }
    }
  }
}
