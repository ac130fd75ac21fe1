// SPDX-License-Identifier: MIT

// Memory at consecutive addresses of the kernel, and the bytes at them: what ``VirtualAreas`` owns, and
// frames for it.

public import Pages

extension Machine {
  /// Allocates `size` bytes at consecutive addresses over any frames.
  ///
  /// - Parameter caller: what vmallocinfo shows.
  /// - Returns: the first address, at the beginning of a page.
  /// - Throws: ``VmallocError``; as ``allocatePages(order:flags:node:)``; where the host refuses more
  ///   mappings.
  /// - Complexity: O(pages + areas).
  public mutating func vmalloc(
    _ size: ByteCount, flags: GFPFlags = [.kernel, .highMemory], caller: String = "vmalloc"
  ) throws(MachineError) -> KernelAddress {
    guard size > 0, let rounded = size.roundedUp(toMultipleOf: PageFrameNumber.size),
      rounded.rawValue >> PageFrameNumber.shift <= presentFrames
    else { throw .vmalloc(.invalidSize(size)) }
    guard areas.hasRoom(for: rounded + PageFrameNumber.size) else {
      throw .vmalloc(.noAddressSpace(rounded))
    }
    var taken: [PageFrameNumber] = []
    do throws(MachineError) {
      for _ in 0..<(rounded.rawValue >> PageFrameNumber.shift) {
        taken.append(try allocatePages(flags: flags))
      }
      return try areas.add(taken, caller: caller, pages)
    } catch {
      for frame in taken { try freePages(frame) }
      throw error
    }
  }

  /// Frees an area and its frames; address 0 is ignored.
  ///
  /// - Throws: ``VmallocError/noArea(_:)``.
  public mutating func vfree(_ address: KernelAddress) throws(MachineError) {
    try areas.free(address, &pages)
  }

  /// The frame behind an address of an area (vmalloc_to_page).
  public func vmallocFrame(at address: KernelAddress) -> PageFrameNumber? {
    areas.frame(at: address)
  }

  // MARK: Bytes

  /// Where the byte at an address of the kernel's really is, in the running process, or nil where
  /// nothing is mapped.
  @unsafe
  public func pointer(to address: KernelAddress) -> UnsafeMutableRawPointer? {
    unsafe areas.place(of: address, pages)?.pointer
  }

  /// Reads bytes at an address of the kernel's.
  ///
  /// - Throws: ``MachineError/noSuchAddress(_:)``, naming the first address where nothing is mapped.
  public func read(
    _ count: ByteCount, at address: KernelAddress
  ) throws(MachineError) -> [UInt8] {
    try areas.read(count, at: address, pages)
  }

  /// Writes bytes at an address of the kernel's, whoever owns them, as a kernel does.
  ///
  /// - Throws: ``MachineError/noSuchAddress(_:)``, naming the first address where nothing is mapped;
  ///   what lies before it was written, as by a processor.
  public mutating func write(
    _ bytes: [UInt8], at address: KernelAddress
  ) throws(MachineError) {
    try areas.write(bytes, at: address, pages)
  }
}
