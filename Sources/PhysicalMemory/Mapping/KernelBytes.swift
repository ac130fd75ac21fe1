// SPDX-License-Identifier: MIT

// Reading and writing at addresses of the kernel, whatever is mapped there.
//
// Unsafe code: each stretch that is copied ends at its page, whose place was looked up.

public import Pages

extension Machine {
  /// Where the byte at an address of the kernel's really is, in the running process, or nil where
  /// nothing is mapped.
  @unsafe
  public func pointer(to address: KernelAddress) -> UnsafeMutableRawPointer? {
    unsafe place(of: address)?.pointer
  }

  /// The same as a number.
  func place(of address: KernelAddress) -> VirtualAddress? {
    pages.physical.place(of: address) ?? virtualAreas.place(of: address)
  }

  /// Reads bytes at an address of the kernel's.
  ///
  /// - Throws: ``MachineError/noSuchAddress(_:)``, naming the first address where nothing is mapped.
  public func read(
    _ count: ByteCount, at address: KernelAddress
  ) throws(MachineError) -> [UInt8] {
    guard count.rawValue >= 0, count.rawValue <= presentFrames << 12 else {
      throw .invalidSize(count)
    }
    try checkMapped(address, count)
    var bytes = [UInt8](repeating: 0, count: count.rawValue)
    var done = 0
    while done < bytes.count {
      let at = address + ByteCount(done)
      let length = min(bytes.count - done, 4096 - Int(at.rawValue & 4095))
      let source = unsafe UnsafeRawBufferPointer(start: pointer(to: at), count: length)
      unsafe bytes.withUnsafeMutableBytes {
        unsafe UnsafeMutableRawBufferPointer(rebasing: $0[done..<(done + length)])
          .copyMemory(from: source)
      }
      done += length
    }
    return bytes
  }

  /// Writes bytes at an address of the kernel's: nobody asks whose they are, as in a kernel.
  ///
  /// - Throws: ``MachineError/noSuchAddress(_:)``, naming the first address where nothing is mapped;
  ///   what lies before it was written, as by a processor.
  public mutating func write(
    _ bytes: [UInt8], at address: KernelAddress
  ) throws(MachineError) {
    var done = 0
    while done < bytes.count {
      let at = address + ByteCount(done)
      let length = min(bytes.count - done, 4096 - Int(at.rawValue & 4095))
      guard let place = unsafe pointer(to: at) else { throw .noSuchAddress(at) }
      unsafe bytes.withUnsafeBytes {
        unsafe UnsafeMutableRawBufferPointer(start: place, count: length)
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[done..<(done + length)]))
      }
      done += length
    }
  }

  private func checkMapped(_ address: KernelAddress, _ count: ByteCount) throws(MachineError) {
    var at = address
    let end = address + count
    while at < end {
      guard place(of: at) != nil else { throw .noSuchAddress(at) }
      at = KernelAddress(rawValue: at.rawValue & ~4095 &+ 4096)
      if at.rawValue == 0 { return }
    }
  }
}
