// SPDX-License-Identifier: MIT

// From frame to address and back, and the bytes themselves.
//
//     frame number ──×4096──▶ physical address ──+ start of the direct map──▶ kernel address
//                                                            (frames of the direct map alone)
//
// Unsafe code: pointers to the machine's RAM. They are sound as long as the machine lives, which the
// closures that get them can't outlast.

internal import Pages
internal import Tamalloc

extension PhysicalFrames {
  /// Whether a frame is RAM, and not a hole.
  func isRAM(_ frame: PageFrameNumber) -> Bool { range(of: frame) != nil }

  /// The stretch of RAM that a frame lies in, or nil for a hole.
  func range(of frame: PageFrameNumber) -> MachineLayout.Range? {
    guard frame.index < spannedFrames else { return nil }
    let address = UInt64(frame.index) << UInt64(PageFrameNumber.shift)
    var low = 0
    var high = layout.ranges.count
    while low < high {
      let middle = (low + high) / 2
      if layout.ranges[middle].start.rawValue <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let range = layout.ranges[low - 1]
    return address - range.start.rawValue < UInt64(range.size.rawValue) ? range : nil
  }

  /// A frame's record as it is now (pfn_to_page).
  func record(of frame: PageFrameNumber) throws(MachineError) -> PageFrame {
    guard isRAM(frame) else { throw .noSuchFrame(UInt64(frame.rawValue)) }
    return records[frame]
  }

  /// The physical address of a frame's first byte.
  func physicalAddress(of frame: PageFrameNumber) -> PhysicalAddress {
    PhysicalAddress(rawValue: UInt64(frame.rawValue) << UInt64(PageFrameNumber.shift))
  }

  /// The frame at a physical address.
  func frame(at address: PhysicalAddress) throws(MachineError) -> PageFrameNumber {
    let number = address.rawValue >> UInt64(PageFrameNumber.shift)
    guard number < UInt64(spannedFrames), isRAM(PageFrameNumber(index: Int(number))) else {
      throw .noSuchFrame(number)
    }
    return PageFrameNumber(index: Int(number))
  }

  /// The kernel's address of a frame (page_address), or nil in HIGHMEM without a window.
  func address(of frame: PageFrameNumber) -> KernelAddress? {
    guard frame.index < spannedFrames else { return nil }
    if frame.index < plan.directFrames { return directAddress(of: frame) }
    let window = records[frame].windowAddress
    return window == 0 ? nil : KernelAddress(rawValue: window)
  }

  @inline(__always)
  func directAddress(of frame: PageFrameNumber) -> KernelAddress {
    plan.directMap.lowerBound + ByteCount(frame.index << PageFrameNumber.shift)
  }

  /// The frame behind an address of the direct map (virt_to_page), or nil for any other address.
  func frame(at address: KernelAddress) -> PageFrameNumber? {
    guard plan.directMap.contains(address) else { return nil }
    let offset = (address - plan.directMap.lowerBound).rawValue
    return PageFrameNumber(index: offset >> PageFrameNumber.shift)
  }

  /// Where an address of the direct map or of a window really is, as a number; nil for any other.
  func place(of address: KernelAddress) -> VirtualAddress? {
    if plan.directMap.contains(address) {
      return ram.place((address - plan.directMap.lowerBound).rawValue)
    }
    guard windows.area.contains(address) else { return nil }
    let window = windows.window(at: address.rawValue)
    guard window < windows.windows.count, windows.windows[window].frame != nil else { return nil }
    return windows.area.place(of: address)
  }

  /// Calls `body` with the bytes of `count` frames; frames of HIGHMEM are mapped for the duration.
  func withBytes<Result>(
    of frame: PageFrameNumber, count: Int = 1,
    _ body: (UnsafeMutableRawBufferPointer) -> Result
  ) throws(MachineError) -> Result {
    guard count > 0, count <= spannedFrames - min(frame.index, spannedFrames), isRAM(frame) else {
      throw .noSuchFrame(UInt64(frame.rawValue))
    }
    let size = ByteCount(count << PageFrameNumber.shift)
    if frame.index + count <= plan.directFrames {
      let place = ram.place(frame.index << PageFrameNumber.shift)
      return unsafe body(UnsafeMutableRawBufferPointer(start: place.pointer, count: size.rawValue))
    }
    let place: VirtualAddress
    do throws(AllocationError) {
      place = try ram.file.map(
        offset: ByteCount(frame.index << PageFrameNumber.shift), size: size)
    } catch {
      throw .host(error)
    }
    defer { MemoryFile.release(place, size: size) }
    return unsafe body(UnsafeMutableRawBufferPointer(start: place.pointer, count: size.rawValue))
  }

  /// Makes a block's bytes zero.
  func clear(_ frame: PageFrameNumber, count: Int = 1) throws(MachineError) {
    try unsafe withBytes(of: frame, count: count) { bytes in
      unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
      return
    }
  }

  /// Copies a frame's bytes.
  func copy(_ source: PageFrameNumber, to target: PageFrameNumber) throws(MachineError) {
    // Nested: both are mapped while the bytes move.
    let failure: MachineError? = try unsafe withBytes(of: source) { from in
      do throws(MachineError) {
        try unsafe withBytes(of: target) { to in
          unsafe to.copyMemory(from: UnsafeRawBufferPointer(from))
        }
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }
}
