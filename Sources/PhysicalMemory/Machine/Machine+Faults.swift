// SPDX-License-Identifier: MIT

// Page faults: ``AddressSpaces`` decides what each needs next (Processes/PageFault.swift), and gets it here,
// where memory can be reclaimed for it.

public import Pages

extension Machine {
  /// Has a process touch every page of a range.
  ///
  /// - Throws: ``ProcessError/segmentationFault(_:_:)``; ``ProcessError/killed(_:)``; as
  ///   ``allocatePages(order:flags:node:)``.
  public mutating func touch(
    _ size: ByteCount, at address: UserAddress, in number: ProcessNumber, writing: Bool
  ) throws(MachineError) {
    guard spaces.isAlive(number) else { throw spaces.gone(number) }
    guard size > 0 else { throw .process(.invalidSize(size)) }
    let (end, overflow) = address.rawValue.addingReportingOverflow(UInt64(size.rawValue) - 1)
    guard !overflow else { throw .process(.segmentationFault(number, address)) }
    for page in (address.rawValue >> 12)...(end >> 12) {
      _ = try fault(number, page, writing: writing)
    }
  }

  /// Reads a process's bytes.
  public mutating func read(
    _ size: ByteCount, at address: UserAddress, in number: ProcessNumber
  ) throws(MachineError) -> [UInt8] {
    guard size.rawValue >= 0, size.rawValue <= presentFrames << 12 else {
      throw .process(.invalidSize(size))
    }
    guard spaces.isAlive(number) else { throw spaces.gone(number) }
    var bytes: [UInt8] = []
    while bytes.count < size.rawValue {
      let at = address + ByteCount(bytes.count)
      let inPage = Int(at.rawValue & 4095)
      let length = min(size.rawValue - bytes.count, 4096 - inPage)
      let frame = try fault(number, at.rawValue >> 12, writing: false)
      let part = try unsafe withBytes(of: frame) { page in
        unsafe [UInt8](page[inPage..<(inPage + length)])
      }
      bytes += part
    }
    return bytes
  }

  /// Writes a process's bytes. Where it throws, what lies before the page that could not be provided was
  /// written.
  public mutating func write(
    _ bytes: [UInt8], at address: UserAddress, in number: ProcessNumber
  ) throws(MachineError) {
    guard spaces.isAlive(number) else { throw spaces.gone(number) }
    var done = 0
    while done < bytes.count {
      let at = address + ByteCount(done)
      let inPage = Int(at.rawValue & 4095)
      let length = min(bytes.count - done, 4096 - inPage)
      let frame = try fault(number, at.rawValue >> 12, writing: true)
      try unsafe withBytes(of: frame) { page in
        for index in 0..<length { unsafe page[inPage + index] = bytes[done + index] }
      }
      done += length
    }
  }

  /// Makes a page readable, or writable, and says where it is.
  mutating func fault(
    _ number: ProcessNumber, _ page: UInt64, writing: Bool
  ) throws(MachineError) -> PageFrameNumber {
    while true {
      switch try spaces.nextStep(number, page, writing: writing, pages, &store) {
      case .done(let frame):
        return frame
      case .again:
        continue
      case .table(let place):
        let frame = try allocatePages(flags: [.kernel, .zero])
        try spaces.addTable(frame, at: place, of: number, &pages)
      case .zeroFrame:
        try spaces.adoptZeroFrame(try allocatePages(flags: [.kernel, .zero]), &pages)
      case .newFrame(let seen):
        let frame = try allocateAnonymous(
          owner: spaces.family(of: number), index: page, flags: [.highUserMovable, .zero])
        try spaces.map(frame, at: seen, copying: false, of: number, &pages, &store)
      case .copy(let seen):
        let frame = try allocateAnonymous(owner: spaces.family(of: number), index: page)
        try spaces.map(frame, at: seen, copying: true, of: number, &pages, &store)
      case .swapIn(let seen):
        try mapSwapped(seen, number, page)
      }
    }
  }

  /// Reads a page back from swap and maps it.
  private mutating func mapSwapped(
    _ seen: AddressSpaces.SeenEntry, _ number: ProcessNumber, _ page: UInt64
  ) throws(MachineError) {
    let slot = seen.value.slot
    // One user more while memory is sought: the process may be ended meanwhile.
    do throws(MachineError) {
      try store.swap.addUser(slot)
    } catch {
      throw .process(.corruptedPageTable(number, UserAddress(rawValue: page << 12)))
    }
    defer { store.release(slot, &pages) }
    let frame = try swapIn(slot)
    spaces.mapSwapped(frame, page, at: seen, of: number, &pages, &store)
  }

  /// Has a child have all pages that its parent has.
  mutating func shareAll(
    from parent: ProcessNumber, with child: ProcessNumber
  ) throws(MachineError) {
    for page in spaces.mappedPages(parent, pages) {
      var target: Int?
      while target == nil {
        switch try spaces.entryPlace(child, page, pages) {
        case .found(let place): target = place
        case .needsTable(let place):
          let frame = try allocatePages(flags: [.kernel, .zero])
          try spaces.addTable(frame, at: place, of: child, &pages)
        }
      }
      try spaces.share(page, from: parent, with: child, at: target!, pages, store)
    }
  }
}
