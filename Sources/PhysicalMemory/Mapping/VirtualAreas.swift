// SPDX-License-Identifier: MIT

// Memory that is contiguous in the kernel's addresses alone.
//
//     addresses   │ area: pages 0 1 2 │ guard │ area: pages 0 1 │ guard │ …
//                         │ │ └──▶ frame 77
//                         │ └────▶ frame 5             each really mapped there: what is written
//                         └──────▶ frame 300012        through one address is read through the other
//
// Behind each area lies a page where nothing is: an access past the end is stopped at once.
//
// The owner of areas is given their frames: ``Machine/vmalloc(_:flags:caller:)`` allocates them, for which
// memory may have to be reclaimed. It gives them back itself.
//
// Invariants: areas are in the order of addresses and don't overlap, guards included; each frame of an
// area is allocated, of order 0, and owned by it.
//
// Complexity: an area is found in O(log areas); a place for one in O(areas): first fit.
//
// Source: mm/vmalloc.c, Linux 2.6 to 6.12; Gorman, chapter 7.

internal import Pages
internal import Tamalloc

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
  /// Addresses that areas may lie at.
  let addresses: Range<KernelAddress>
  private(set) var areas: [VirtualArea] = []
  private var nextNumber: UInt64 = 1
  private let stays = StaysInPlace()

  init(_ plan: KernelAddressPlan) {
    addresses = plan.vmalloc
  }

  deinit {
    for area in areas { MemoryFile.release(area.place, size: area.span) }
  }

  // MARK: Finding

  /// The index of the first area that ends behind an address.
  private func index(_ address: KernelAddress) -> Int {
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

  /// The frame behind an address of an area (vmalloc_to_page).
  func frame(at address: KernelAddress) -> PageFrameNumber? {
    let index = index(address)
    guard index < areas.count, areas[index].start <= address else { return nil }
    let page = (address - areas[index].start).rawValue >> PageFrameNumber.shift
    return page < areas[index].frames.count ? areas[index].frames[page] : nil
  }

  /// Whether a stretch of addresses is free that is long enough.
  func hasRoom(for span: ByteCount) -> Bool { room(for: span) != nil }

  /// The first free stretch of addresses that is long enough, and its place in the order.
  private func room(for span: ByteCount) -> (index: Int, start: KernelAddress)? {
    var start = addresses.lowerBound
    for (index, area) in areas.enumerated() {
      if area.start - start >= span { return (index, start) }
      start = area.start + area.span
    }
    return addresses.upperBound - start >= span ? (areas.count, start) : nil
  }

  // MARK: Making and freeing

  /// Makes an area over frames of order 0, and owns them.
  ///
  /// - Throws: ``VmallocError/noAddressSpace(_:)``; where the host refuses a mapping. Then the frames are
  ///   the caller's still.
  mutating func add(
    _ frames: [PageFrameNumber], caller: String, _ pages: borrowing PageAllocator
  ) throws(MachineError) -> KernelAddress {
    let size = ByteCount(frames.count << PageFrameNumber.shift)
    guard let (index, start) = room(for: size + PageFrameNumber.size) else {
      throw .vmalloc(.noAddressSpace(size))
    }
    let place: VirtualAddress
    do throws(AllocationError) {
      place = try Self.map(frames, pages)
    } catch {
      throw .host(error)
    }
    for (page, frame) in frames.enumerated() {
      assert(pages.frames[frame].flags.contains(.allocated))
      pages.frames[frame].owner = FrameOwner(.vmalloc, number: nextNumber)
      pages.frames[frame].index = UInt64(page)
      pages.add(1, to: .vmalloc, of: frame)
    }
    areas.insert(
      VirtualArea(start: start, frames: frames, caller: caller, number: nextNumber, place: place),
      at: index)
    nextNumber += 1
    return start
  }

  /// Maps frames side by side into the running process, with nothing behind the last one.
  private static func map(
    _ frames: [PageFrameNumber], _ pages: borrowing PageAllocator
  ) throws(AllocationError) -> VirtualAddress {
    let span = ByteCount((frames.count + 1) << PageFrameNumber.shift)
    let place = try MemoryFile.reserve(span)
    do throws(AllocationError) {
      var page = 0
      while page < frames.count {
        // Neighbouring frames need one mapping of the host.
        var run = 1
        while page + run < frames.count, frames[page + run].index == frames[page].index + run {
          run += 1
        }
        try pages.physical.ram.file.map(
          offset: ByteCount(frames[page].index << PageFrameNumber.shift),
          size: ByteCount(run << PageFrameNumber.shift),
          at: place + ByteCount(page << PageFrameNumber.shift))
        page += run
      }
    } catch {
      MemoryFile.release(place, size: span)
      throw error
    }
    return place
  }

  /// Frees an area and its frames; address 0 is ignored.
  mutating func free(
    _ address: KernelAddress, _ pages: inout PageAllocator
  ) throws(MachineError) {
    if address.rawValue == 0 { return }
    let index = index(address)
    guard index < areas.count, areas[index].start == address else {
      throw .vmalloc(.noArea(address))
    }
    let area = areas.remove(at: index)
    MemoryFile.release(area.place, size: area.span)
    for frame in area.frames {
      pages.add(-1, to: .vmalloc, of: frame)
      pages.frames[frame].owner = .nobody
      pages.frames[frame].index = 0
      try pages.free(frame, order: 0, flags: [])
    }
  }

  /// Checks areas and their frames.
  ///
  /// - Returns: what does not hold, and where.
  func checkInvariants(_ pages: borrowing PageAllocator) -> [String] {
    var broken: [String] = []
    var end = addresses.lowerBound
    var count = 0
    for area in areas {
      if area.start < end { broken.append("vmalloc: the area at \(area.start) overlaps another") }
      end = area.start + area.span
      for (page, frame) in area.frames.enumerated()
      where pages.frames[frame].owner != FrameOwner(.vmalloc, number: area.number)
        || pages.frames[frame].index != UInt64(page)
        || !pages.frames[frame].flags.contains(.allocated)
      {
        broken.append("vmalloc: frame \(frame) is not page \(page) of the area at \(area.start)")
      }
      count += area.frames.count
    }
    if end > addresses.upperBound { broken.append("vmalloc: areas end at \(end)") }
    if count != pages.count(.vmalloc) {
      broken.append("vmalloc: \(count) frames, not \(pages.count(.vmalloc))")
    }
    return broken
  }
}
