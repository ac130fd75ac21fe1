// SPDX-License-Identifier: MIT

// A stretch of the running process's address space in which the model maps frames a second time.
//
// Invariant: every place in it either shows a frame, through a shared mapping of the machine's RAM, or
// is inaccessible: the hardware stops any access.

internal import Pages
internal import Tamalloc

/// Address space for second mappings of frames, at addresses of the kernel's.
struct AddressArea: ~Copyable {
  /// The first of the kernel's addresses that it stands for.
  let start: KernelAddress
  /// The bytes of it.
  let size: ByteCount
  private let place: VirtualAddress

  /// Reserves the address space.
  init(start: KernelAddress, size: ByteCount) throws(AllocationError) {
    self.start = start
    self.size = size
    place = try MemoryFile.reserve(size)
  }

  deinit {
    MemoryFile.release(place, size: size)
  }

  /// Whether an address is one of this area's.
  func contains(_ address: KernelAddress) -> Bool {
    address >= start && (address - start) < size
  }

  /// Where an address of the kernel's really is.
  func place(of address: KernelAddress) -> VirtualAddress {
    place + (address - start)
  }

  /// Shows `count` frames from `frame` on, at `address`.
  ///
  /// - Precondition: both lie inside the area and the RAM.
  func show(
    _ frame: PageFrameNumber, count: Int = 1, at address: KernelAddress, of ram: borrowing RAM
  ) throws(AllocationError) {
    try ram.file.map(
      offset: ByteCount(frame.index << PageFrameNumber.shift),
      size: ByteCount(count << PageFrameNumber.shift), at: place(of: address))
  }

  /// Shows nothing any more at `address` and behind it.
  func hide(_ address: KernelAddress, count: Int = 1) throws(AllocationError) {
    try MemoryFile.withdraw(
      place(of: address), size: ByteCount(count << PageFrameNumber.shift))
  }
}

/// The machine's RAM: a memory file whose offsets are physical addresses, and the direct map of it.
struct RAM: ~Copyable {
  let file: MemoryFile
  private let area: VirtualAddress
  private let areaSize: ByteCount
  private let directPlace: VirtualAddress
  private let directSize: ByteCount

  /// Makes the RAM, and commits nothing.
  ///
  /// - Precondition: `directFrames` is at least 1 and at most `frames`.
  init(frames: Int, directFrames: Int) throws(AllocationError) {
    let file = try MemoryFile(size: ByteCount(frames << PageFrameNumber.shift))
    let size = ByteCount(directFrames << PageFrameNumber.shift)
    // A block is aligned to its size here, too, as it is in physical memory.
    let alignment = Order.largest.size
    let areaSize = size + alignment
    let area = try MemoryFile.reserve(areaSize)
    let mask = UInt(alignment.rawValue - 1)
    let place = VirtualAddress(rawValue: (area.rawValue + mask) & ~mask)
    do throws(AllocationError) {
      try file.map(offset: 0, size: size, at: place)
    } catch {
      MemoryFile.release(area, size: areaSize)
      throw error
    }
    self.file = file
    self.area = area
    self.areaSize = areaSize
    directSize = size
    directPlace = place
  }

  deinit {
    MemoryFile.release(area, size: areaSize)
  }

  /// Where a byte of the direct map really is.
  @inline(__always)
  func place(_ offset: Int) -> VirtualAddress { directPlace + ByteCount(offset) }

  /// Where in the direct map a place is, or nil for any other.
  func offset(of place: VirtualAddress) -> Int? {
    guard place >= directPlace else { return nil }
    let offset = place - directPlace
    return offset >= 0 && offset < directSize ? offset.rawValue : nil
  }
}
