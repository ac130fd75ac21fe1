// SPDX-License-Identifier: MIT

// The machine's frames as a page source, over which every allocator of the laboratory runs.
//
// A page of the source is a block of the buddy system, in the direct map: its address is a real one in
// the running process.

public import Pages

/// Pages of a modelled machine, for allocators.
public struct MachinePages: PageSource, ~Copyable {
  /// The machine that the pages are of.
  public internal(set) var machine: Machine
  public let pageSize: PageSize
  public private(set) var statistics = PageStatistics()
  private let order: Order
  private let flags: GFPFlags

  /// Makes a page source of a machine.
  ///
  /// - Parameters:
  ///   - machine: where the pages are.
  ///   - pageSize: of the source: 4 KiB to 4 MiB.
  ///   - flags: how to allocate frames; high memory has no addresses and is left out.
  /// - Throws: ``MachineError/invalidSize(_:)`` for another page size.
  public init(
    _ machine: consuming Machine, pageSize: PageSize = PageSize(8192)!, flags: GFPFlags = .kernel
  ) throws(MachineError) {
    let order = try Order(holding: pageSize.bytes)
    guard order.size == pageSize.bytes else { throw .invalidSize(pageSize.bytes) }
    self.machine = machine
    self.pageSize = pageSize
    self.order = order
    self.flags = flags.subtracting(.highMemory)
  }

  /// Allocates a block of the machine; it is exhausted when the machine is.
  public mutating func getPage() throws(PageSourceError) -> UnsafeMutableRawPointer {
    let frame: PageFrameNumber
    do throws(MachineError) {
      frame = try machine.allocatePages(order: order, flags: flags)
    } catch {
      throw .exhausted(limit: statistics.inUse)
    }
    machine.frames[frame].owner = FrameOwner(.pageSource, number: 0)
    statistics.countRequest()
    let place = machine.pages.physical.ram.place(frame.index << PageFrameNumber.shift)
    // SAFETY: the frame is in the direct map, for high memory was not asked for.
    return unsafe place.pointer.unsafelyUnwrapped
  }

  public mutating func freePage(_ page: UnsafeMutableRawPointer) throws(PageSourceError) {
    let place = unsafe VirtualAddress(page)
    guard let offset = machine.pages.physical.ram.offset(of: place),
      pageSize.isAligned(ByteCount(offset))
    else {
      throw .foreignPage(place)
    }
    let frame = PageFrameNumber(index: offset >> PageFrameNumber.shift)
    let record = machine.frames[frame]
    guard record.flags.contains(.allocated) else {
      throw record.flags.contains(.tail) ? .foreignPage(place) : .doubleFree(place)
    }
    guard record.owner.kind == .pageSource else { throw .foreignPage(place) }
    do throws(MachineError) {
      try machine.freePages(frame, order: order)
    } catch {
      throw .foreignPage(place)
    }
    statistics.countFree()
  }

  /// The first byte of the highest zone, from which pages are taken first.
  public var start: UnsafeRawPointer {
    let frame = machine.populatedZones.last?.start ?? 0
    let place = machine.pages.physical.ram.place(frame.index << PageFrameNumber.shift)
    // SAFETY: machines have frames, and all of those that have no high memory are in the direct map.
    return unsafe UnsafeRawPointer(place.pointer.unsafelyUnwrapped)
  }

  /// Whether a block of 1 byte or more lies inside one page that is in use.
  public func holds(_ block: UnsafeMutableRawPointer, size: Int) -> Bool {
    guard size > 0, let offset = unsafe machine.pages.physical.ram.offset(of: VirtualAddress(block))
    else {
      return false
    }
    let mask = pageSize.bytes.rawValue - 1
    let record = machine.frames[(offset & ~mask) >> PageFrameNumber.shift]
    return record.flags.contains(.allocated) && record.owner.kind == .pageSource
      && offset & mask + size <= mask + 1
  }

  /// Returns the machine.
  public consuming func finish() -> Machine { machine }
}
