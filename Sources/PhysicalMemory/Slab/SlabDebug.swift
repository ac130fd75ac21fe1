// SPDX-License-Identifier: MIT

// What debugging caches detect.
//
//     │ red zone │ object … │ red zone, to the next object │
//        0xbb: the object is free    0xcc: it is in use
//
// A free object is filled with 0x6b and ends in 0xa5. A write beyond an object, or after its free, leaves
// other bytes there. They are checked when an object is freed, when it is allocated again, and by
// ``Machine/checkObjects(of:)``.
//
// Source: mm/slub.c (check_object, init_object), Linux 6.12.

internal import Pages

/// What was found, `at` bytes from the object's first.
enum SlabDamage {
  case redZone(offset: Int, at: Int)
  case poison(offset: Int, at: Int)
}

extension SlabAllocator {
  /// The first damaged byte in or around an object.
  func damage(
    _ offset: Int, _ record: SlabCacheRecord, isLive: Bool, _ pages: borrowing PageAllocator
  ) -> SlabDamage? {
    if record.options.contains(.redZone) {
      let byte = isLive ? Self.redZoneActive : Self.redZoneFree
      let left = record.objectOffset
      if let at = firstOther(offset - left, left, than: byte, pages) {
        return .redZone(offset: offset, at: at - left)
      }
      let right = record.stride - left - record.objectSize
      if let at = firstOther(offset + record.objectSize, right, than: byte, pages) {
        return .redZone(offset: offset, at: record.objectSize + at)
      }
    }
    if record.options.contains(.poison), !isLive {
      let last = record.objectSize - 1
      if let at = firstOther(offset, last, than: Self.poison, pages) {
        return .poison(offset: offset, at: at)
      }
      if firstOther(offset + last, 1, than: Self.poisonEnd, pages) != nil {
        return .poison(offset: offset, at: last)
      }
    }
    return nil
  }

  func markRedZones(
    _ offset: Int, _ record: SlabCacheRecord, _ byte: UInt8, _ pages: borrowing PageAllocator
  ) {
    let left = record.objectOffset
    fillDirect(offset - left, left, byte, pages)
    fillDirect(offset + record.objectSize, record.stride - left - record.objectSize, byte, pages)
  }

  /// Makes the bytes of an object those of a free one.
  func markFree(
    _ offset: Int, _ record: SlabCacheRecord, _ pages: borrowing PageAllocator
  ) {
    if record.options.contains(.redZone) { markRedZones(offset, record, Self.redZoneFree, pages) }
    if record.options.contains(.poison) {
      fillDirect(offset, record.objectSize - 1, Self.poison, pages)
      fillDirect(offset + record.objectSize - 1, 1, Self.poisonEnd, pages)
    }
  }

  func error(_ number: Int, _ damage: SlabDamage) -> SlabError {
    let name = names[number]
    switch damage {
    case .redZone(let offset, let at):
      return .overrun(name, directStart + ByteCount(offset), offset: at)
    case .poison(let offset, let at):
      return .useAfterFree(name, directStart + ByteCount(offset), offset: at)
    }
  }

  /// Checks every object of a cache, free or not, and returns the damage found.
  func checkObjects(
    of cache: SlabCacheNumber, _ pages: borrowing PageAllocator
  ) throws(MachineError) -> [SlabError] {
    let number = try check(cache)
    let record = caches[number]
    guard !record.isPlain else { return [] }
    var found: [SlabError] = []
    for slab in slabFrames(number, pages) {
      for index in 0..<record.objectsPerSlab {
        let offset = objectOffset(slab, index, number, pages)
        if let damage = damage(offset, record, isLive: isLive(offset), pages) {
          found.append(error(number, damage))
        }
      }
    }
    return found
  }

  // MARK: Where things are

  /// The first frame of the slab that a frame is part of.
  @inline(__always)
  func slabHead(_ frame: PageFrameNumber, _ pages: borrowing PageAllocator) -> PageFrameNumber {
    pages.frames[frame].flags.contains(.tail)
      ? PageFrameNumber(rawValue: UInt32(truncatingIfNeeded: pages.frames[frame].privateData))
      : frame
  }

  /// The offset of a slab's free list.
  @inline(__always)
  func freeList(_ slab: PageFrameNumber, _ pages: borrowing PageAllocator) -> Int {
    Int(truncatingIfNeeded: pages.frames[slab].extra)
  }

  /// The offset of an object.
  @inline(__always)
  func objectOffset(
    _ slab: PageFrameNumber, _ index: Int, _ number: Int, _ pages: borrowing PageAllocator
  ) -> Int {
    slab.index << 12 + Int(pages.frames[slab].index) + caches[number].objectOffset
      + min(index, caches[number].objectsPerSlab) * caches[number].stride
  }

  /// The lists of the node that a slab is part of.
  @inline(__always)
  func listIndex(
    _ slab: PageFrameNumber, _ number: Int, _ pages: borrowing PageAllocator
  ) -> Int {
    number * nodeCount + Int(pages.frames[slab].zoneIndex) >> 2
  }

  func slabCounter(_ record: SlabCacheRecord) -> NodeCounter {
    record.options.contains(.reclaimable) ? .slabReclaimable : .slabUnreclaimable
  }

  /// A cache's slabs: of each node the full ones, the partial ones and the empty ones.
  func slabFrames(_ number: Int, _ pages: borrowing PageAllocator) -> [PageFrameNumber] {
    let frames = pages.frames
    return (0..<nodeCount).flatMap { node in
      let lists = lists[number * nodeCount + node]
      return lists.full.elements(frames) + lists.partial.elements(frames)
        + lists.empty.elements(frames)
    }
  }

  /// The cache whose slab a frame is part of.
  func slabNumber(of frame: PageFrameNumber, _ pages: borrowing PageAllocator) -> Int? {
    guard let head = pages.head(of: frame),
      pages.frames[head].flags.contains(.slab)
    else { return nil }
    return Int(pages.frames[head].owner.number)
  }

  // MARK: Why a free is refused

  @inline(never)
  func notLive(_ address: KernelAddress, _ pages: borrowing PageAllocator) -> MachineError {
    guard let frame = pages.physical.frame(at: address),
      let number = slabNumber(of: frame, pages)
    else {
      return .slab(.notAnObject(address))
    }
    let slab = slabHead(frame, pages)
    let offset = (address - directStart).rawValue - objectOffset(slab, 0, number, pages)
    let record = caches[number]
    guard offset >= 0, offset % record.stride == 0, offset / record.stride < record.objectsPerSlab
    else { return .slab(.notAnObject(address)) }
    return .slab(.doubleFree(names[number], address))
  }

  @inline(never)
  func foreign(_ offset: Int, _ number: Int, _ pages: borrowing PageAllocator) -> MachineError {
    let owner = pages.frames[PageFrameNumber(index: offset >> 12)].owner
    let name =
      owner.kind == .slab ? names[Int(owner.number)] : "kmalloc (whole pages)"
    return .slab(
      .foreignObject(
        directStart + ByteCount(offset), owner: name,
        given: names[number]))
  }
}
