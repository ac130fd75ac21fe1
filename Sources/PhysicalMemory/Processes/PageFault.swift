// SPDX-License-Identifier: MIT

// What happens when a process touches a page.
//
//     entry          read                              write
//     nothing        the zero page                     a zeroed frame
//     zero page      –                                 a zeroed frame
//     own frame      –                                 –
//     shared frame   –                                 the last one keeps it, others get a copy
//     swap slot      its page, from cache or device    the same, and then as above
//
// While memory is sought, reclaim may take any page of any process, and the process itself may be ended:
// after each allocation the entry is looked at again, and if it changed the fault begins anew.
//
// Source: handle_pte_fault(), do_anonymous_page(), do_wp_page(), do_swap_page() of mm/memory.c, Linux
// 6.12.

public import Pages

extension Machine {
  /// Has a process touch every page of a range.
  ///
  /// - Throws: ``ProcessError/segmentationFault(_:_:)``; ``ProcessError/killed(_:)``; as
  ///   ``allocatePages(order:flags:node:)``.
  public mutating func touch(
    _ size: ByteCount, at address: UserAddress, in number: ProcessNumber, writing: Bool
  ) throws(MachineError) {
    guard isAlive(number) else { throw gone(number) }
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
    guard isAlive(number) else { throw gone(number) }
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

  /// Writes a process's bytes. Where it throws, what lies before the page that could not be had was
  /// written.
  public mutating func write(
    _ bytes: [UInt8], at address: UserAddress, in number: ProcessNumber
  ) throws(MachineError) {
    guard isAlive(number) else { throw gone(number) }
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
      guard isAlive(number) else { throw gone(number) }
      guard hasPage(page, number) else {
        throw .process(.segmentationFault(number, UserAddress(rawValue: page << 12)))
      }
      let place = try makeEntry(number, page)
      guard isAlive(number) else { throw gone(number) }
      let value = entry(place)
      if value == .none {
        if writing {
          try mapNew(number, page, place, value)
        } else {
          try mapZero(number, place)
        }
      } else if !value.isPresent {
        try mapSwapped(number, page, place, value)
      } else {
        guard isUsersFrame(value.frame) else {
          throw .process(.corruptedPageTable(number, UserAddress(rawValue: page << 12)))
        }
        setEntry(place, PageTableEntry(rawValue: value.rawValue | PageTableEntry.accessed))
        if !writing || value.isWritable { return value.frame }
        try makeWritable(number, page, place, value)
      }
    }
  }

  /// Whether an entry may point to a frame: whatever else it says, somebody else wrote it.
  func isUsersFrame(_ frame: PageFrameNumber) -> Bool {
    frame == processes.zeroFrame
      || frame.index < spannedFrames && frames[frame].mapCount > 0
        && frames[frame].owner.kind == .anonymous
  }

  private mutating func mapZero(_ number: ProcessNumber, _ place: Int) throws(MachineError) {
    if processes.zeroFrame == nil {
      let zero = try allocatePages(flags: [.kernel, .zero])
      guard processes.count > 0, processes.zeroFrame == nil else { return try freePages(zero) }
      frames[zero].flags.formUnion(.table)
      processes.zeroFrame = zero
      return
    }
    setEntry(place, PageTableEntry(processes.zeroFrame!, isWritable: false))
    processes.zeroMappings += 1
    processes.records[number.rawValue]!.minorFaults += 1
  }

  /// Gives a page a zeroed frame of its own.
  private mutating func mapNew(
    _ number: ProcessNumber, _ page: UInt64, _ place: Int, _ value: PageTableEntry
  ) throws(MachineError) {
    let family = processes.records[number.rawValue]!.family
    let new = try allocateAnonymous(
      owner: family, index: page, flags: [.highUserMovable, .zero])
    guard isAlive(number), entry(place) == value else { return freeAnonymous(new) }
    if value == .none {
      addResident(1, number)
    } else {
      addResident(1, number)
      processes.zeroMappings -= 1
    }
    frames[new].mapCount = 1
    setEntry(place, PageTableEntry(new, isWritable: true))
    processes.records[number.rawValue]!.minorFaults += 1
  }

  /// Ends the sharing of a page that is written to.
  private mutating func makeWritable(
    _ number: ProcessNumber, _ page: UInt64, _ place: Int, _ value: PageTableEntry
  ) throws(MachineError) {
    let old = value.frame
    if old == processes.zeroFrame { return try mapNew(number, page, place, value) }
    if frames[old].mapCount == 1, !isSlotShared(old) {
      if frames[old].flags.contains(.swapCache) { dropSwapCache(old) }
      setEntry(place, PageTableEntry(old, isWritable: true))
      processes.records[number.rawValue]!.minorFaults += 1
      return
    }
    let family = processes.records[number.rawValue]!.family
    let new = try allocateAnonymous(owner: family, index: page)
    guard isAlive(number), entry(place) == value else { return freeAnonymous(new) }
    do throws(MachineError) {
      try copy(old, to: new)
    } catch {
      freeAnonymous(new)
      throw error
    }
    frames[new].mapCount = 1
    setEntry(place, PageTableEntry(new, isWritable: true))
    dropMapping(old)
    processes.records[number.rawValue]!.minorFaults += 1
  }

  /// Reads a page back from swap; it is not writable yet.
  private mutating func mapSwapped(
    _ number: ProcessNumber, _ page: UInt64, _ place: Int, _ value: PageTableEntry
  ) throws(MachineError) {
    let slot = value.slot
    // Kept while memory is sought: the process may be ended meanwhile.
    do throws(MachineError) {
      try addUser(slot)
    } catch {
      throw .process(.corruptedPageTable(number, UserAddress(rawValue: page << 12)))
    }
    let frame: PageFrameNumber
    do throws(MachineError) {
      frame = try swapIn(slot)
    } catch {
      releaseSlot(slot)
      throw error
    }
    guard isAlive(number), entry(place) == value else { return releaseSlot(slot) }
    frames[frame].owner = FrameOwner(
      .anonymous, number: processes.records[number.rawValue]!.family)
    frames[frame].index = page
    addMapping(frame)
    setEntry(place, PageTableEntry(frame, isWritable: false))
    addResident(1, number)
    processes.records[number.rawValue]!.swapped -= 1
    processes.records[number.rawValue]!.majorFaults += 1
    releaseSlot(slot)
    releaseSlot(slot)
  }
}
