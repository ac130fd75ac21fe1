// SPDX-License-Identifier: MIT

// Pages of a modelled machine: each is a block of the buddy system of Linux's physical memory, taken and
// given back as a driver in that kernel would.
//
//     allocator ─▶ page ─▶ alloc_pages(GFP_KERNEL, order) ─▶ zone ─▶ buddy system ─▶ frames
//
// The machine has more RAM than the pages take: kernels keep frames back (watermarks, frames of low
// zones kept from requests that could have higher ones), and the limit is that of the replay, not of the
// machine. RAM that nobody takes costs nothing.
//
// Invariant: the machine's highest zone has room for every page and for what is kept of it, so that all
// pages are of that zone, and pages are numbered from its first frame.

public import Pages
internal import PhysicalMemory

/// Pages of a machine with one node, its zones, watermarks and per-CPU caches.
public struct ModelPages: PageSource, ~Copyable {
  private var pages: MachinePages
  private let limit: Int

  /// Builds a machine with room for `limit` pages.
  ///
  /// - Precondition: `limit` is positive; the page size is within 4 KiB and 4 MiB.
  /// - Throws: where no machine can have so many, or the host has no address space for it.
  public init(
    pageSize: PageSize = PagePool.usualPageSize, limit: Int = PagePool.usualLimit
  ) throws(AllocationError) {
    let (bytes, overflow) = limit.multipliedReportingOverflow(by: pageSize.bytes.rawValue)
    guard !overflow, bytes <= Self.most.rawValue else {
      throw .sizeTooLarge(ByteCount(overflow ? .max : bytes))
    }
    // Marks are 80 MiB at most, and frames in per-CPU caches as many.
    let zone = ByteCount(bytes) + .mebibytes(256)
    let below = zone + .mebibytes(16) <= .gibibytes(4) ? ByteCount.mebibytes(16) : .gibibytes(4)
    let ram = below + zone
    do throws(MachineError) {
      pages = try MachinePages(Machine(.x86_64(ram: ram)), pageSize: pageSize)
    } catch {
      guard case .host(let refusal) = error else { throw .sizeTooLarge(ram) }
      throw refusal
    }
    self.limit = limit
  }

  /// The most bytes that all pages have: a machine has 16 TiB at most.
  private static var most: ByteCount { .tebibytes(15) }

  public var pageSize: PageSize { pages.pageSize }
  public var statistics: PageStatistics { pages.statistics }

  public mutating func getPage() throws(PageSourceError) -> UnsafeMutableRawPointer {
    guard pages.statistics.inUse < limit else { throw .exhausted(limit: limit) }
    return try unsafe pages.getPage()
  }

  public mutating func freePage(_ page: UnsafeMutableRawPointer) throws(PageSourceError) {
    try unsafe pages.freePage(page)
  }

  public var start: UnsafeRawPointer { unsafe pages.start }

  public func holds(_ block: UnsafeMutableRawPointer, size: Int) -> Bool {
    unsafe pages.holds(block, size: size)
  }

  /// What does not hold of the machine; nothing where all is well.
  public func checkMachine() -> [String] { pages.machine.checkInvariants() }

  /// Frames of the machine that are allocated, or that processors keep for themselves.
  public var takenFrames: Int { pages.machine.presentFrames - pages.machine.freeFrames }
}
