// SPDX-License-Identifier: MIT

// Memory that is contiguous in the kernel's addresses alone.
//
//     addresses   │ area: pages 0 1 2 │ guard │ area: pages 0 1 │ guard │ …
//                         │ │ └──▶ frame 77
//                         │ └────▶ frame 5             each really mapped there: what is written
//                         └──────▶ frame 300012        through one address is read through the other
//
// Behind each area lies a page where nothing is: whoever runs over the end is stopped at once.
//
// Invariants: areas are in the order of addresses and don't overlap, guards included; each frame of an
// area is allocated, of order 0, and owned by it.
//
// Complexity: an area is found in O(log areas); a place for one in O(areas): first fit.
//
// Source: mm/vmalloc.c, Linux 2.6 to 6.12; Gorman, chapter 7.

public import Pages
internal import Tamalloc

/// Why vmalloc does not do what it was asked.
public enum VmallocError: Error, Sendable, Hashable {
  /// No bytes, or more than the machine has RAM.
  case invalidSize(ByteCount)
  /// No stretch of the kernel's addresses is long enough.
  case noAddressSpace(ByteCount)
  /// No area begins at the address.
  case noArea(KernelAddress)
}

extension VmallocError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidSize(let size):
      "vmalloc can't make an area of \(size.rawValue) bytes: at least 1, and no more than the RAM"
    case .noAddressSpace(let size):
      "vmalloc: no \(size) of the kernel's addresses are free side by side"
    case .noArea(let address):
      "vfree: no area begins at \(address)"
    }
  }
}

/// Memory at consecutive addresses of the kernel, over any frames.
struct VirtualArea {
  var start: KernelAddress
  var frames: [PageFrameNumber]
  /// Who asked for it.
  var caller: String
  var number: UInt64
  /// Where it really is.
  var place: VirtualAddress

  /// The bytes that may be used.
  var size: ByteCount { ByteCount(frames.count << PageFrameNumber.shift) }
  /// The bytes with the guard.
  var span: ByteCount { size + PageFrameNumber.size }
}

/// Every area, in the order of addresses.
struct VirtualAreas: ~Copyable {
  var areas: [VirtualArea] = []
  var nextNumber: UInt64 = 1

  deinit {
    for area in areas { MemoryFile.release(area.place, size: area.span) }
  }

  /// The index of the first area that ends behind an address.
  func index(_ address: KernelAddress) -> Int {
    var low = 0
    var high = areas.count
    while low < high {
      let middle = (low + high) / 2
      if areas[middle].start + areas[middle].span > address {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return low
  }

  /// Where an address really is; nil in no area, and in a guard.
  func place(of address: KernelAddress) -> VirtualAddress? {
    let index = index(address)
    guard index < areas.count, areas[index].start <= address,
      address - areas[index].start < areas[index].size
    else { return nil }
    return areas[index].place + (address - areas[index].start)
  }
}

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
    let span = rounded + PageFrameNumber.size
    guard addressForArea(span) != nil else { throw .vmalloc(.noAddressSpace(rounded)) }
    var taken: [PageFrameNumber] = []
    do throws(MachineError) {
      for _ in 0..<(rounded.rawValue >> PageFrameNumber.shift) {
        taken.append(try allocatePages(flags: flags))
      }
      // Again: reclaim may have made or freed areas.
      guard let place = addressForArea(span) else { throw .vmalloc(.noAddressSpace(rounded)) }
      try map(taken, at: place, span, caller)
      return place.start
    } catch {
      for frame in taken { try freePages(frame) }
      throw error
    }
  }

  private mutating func map(
    _ taken: [PageFrameNumber], at found: (index: Int, start: KernelAddress), _ span: ByteCount,
    _ caller: String
  ) throws(MachineError) {
    do throws(AllocationError) {
      let place = try MemoryFile.reserve(span)
      do throws(AllocationError) {
        var page = 0
        while page < taken.count {
          // Frames that are neighbours need one mapping of the host's.
          var run = 1
          while page + run < taken.count, taken[page + run].index == taken[page].index + run {
            run += 1
          }
          try pages.physical.ram.file.map(
            offset: ByteCount(taken[page].index << PageFrameNumber.shift),
            size: ByteCount(run << PageFrameNumber.shift),
            at: place + ByteCount(page << PageFrameNumber.shift))
          page += run
        }
      } catch {
        MemoryFile.release(place, size: span)
        throw error
      }
      let number = virtualAreas.nextNumber
      virtualAreas.nextNumber += 1
      for (page, frame) in taken.enumerated() {
        frames[frame].owner = FrameOwner(.vmalloc, number: number)
        frames[frame].index = UInt64(page)
        pages.add(1, to: .vmalloc, of: frame)
      }
      virtualAreas.areas.insert(
        VirtualArea(
          start: found.start, frames: taken, caller: caller, number: number, place: place),
        at: found.index)
    } catch {
      throw .host(error)
    }
  }

  /// The first free stretch of addresses that is long enough, and its place in the order.
  private func addressForArea(_ span: ByteCount) -> (index: Int, start: KernelAddress)? {
    var start = plan.vmalloc.lowerBound
    for (index, area) in virtualAreas.areas.enumerated() {
      if area.start - start >= span { return (index, start) }
      start = area.start + area.span
    }
    return plan.vmalloc.upperBound - start >= span ? (virtualAreas.areas.count, start) : nil
  }

  /// Frees an area and its frames; address 0 is ignored.
  ///
  /// - Throws: ``VmallocError/noArea(_:)``.
  public mutating func vfree(_ address: KernelAddress) throws(MachineError) {
    if address.rawValue == 0 { return }
    let index = virtualAreas.index(address)
    guard index < virtualAreas.areas.count, virtualAreas.areas[index].start == address else {
      throw .vmalloc(.noArea(address))
    }
    let area = virtualAreas.areas.remove(at: index)
    MemoryFile.release(area.place, size: area.span)
    for frame in area.frames {
      pages.add(-1, to: .vmalloc, of: frame)
      frames[frame].owner = .nobody
      frames[frame].index = 0
      try freePages(frame)
    }
  }

  /// The frame behind an address of an area (vmalloc_to_page).
  public func vmallocFrame(at address: KernelAddress) -> PageFrameNumber? {
    let index = virtualAreas.index(address)
    guard index < virtualAreas.areas.count, virtualAreas.areas[index].start <= address else {
      return nil
    }
    let page = (address - virtualAreas.areas[index].start).rawValue >> PageFrameNumber.shift
    guard page < virtualAreas.areas[index].frames.count else { return nil }
    return virtualAreas.areas[index].frames[page]
  }

  func checkVirtualAreas(_ broken: inout [String]) {
    var end = plan.vmalloc.lowerBound
    var pages = 0
    for area in virtualAreas.areas {
      if area.start < end { broken.append("vmalloc: the area at \(area.start) overlaps another") }
      end = area.start + area.span
      for (page, frame) in area.frames.enumerated()
      where frames[frame].owner != FrameOwner(.vmalloc, number: area.number)
        || frames[frame].index != UInt64(page) || !frames[frame].flags.contains(.allocated)
      {
        broken.append("vmalloc: frame \(frame) is not page \(page) of the area at \(area.start)")
      }
      pages += area.frames.count
    }
    if end > plan.vmalloc.upperBound { broken.append("vmalloc: areas end at \(end)") }
    if pages != count(.vmalloc) {
      broken.append("vmalloc: \(pages) frames, not \(count(.vmalloc))")
    }
  }
}
