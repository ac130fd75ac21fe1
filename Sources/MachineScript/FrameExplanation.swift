// SPDX-License-Identifier: MIT

// Everything known about a frame, in words, and why it is where it is:
//
//     page frame 4098 · physical 0x1002000 · kernel 0xffff888001002000
//       zone      node 0, Normal: frames 4096 to 16383
//       state     allocated: frame 3 of 4 of the block at 4096 (order 2)
//       …

internal import Pages
public import PhysicalMemory

extension ScriptRun {
  /// Everything known about a frame, one fact a line.
  public func explain(_ frame: PageFrameNumber) -> [String] {
    let physical = machine.physicalAddress(of: frame)
    var title = "page frame \(frame) · physical 0x\(String(physical.rawValue, radix: 16))"
    guard let zone = try? machine.zone(of: frame) else {
      return [title, "  no RAM is there: a hole between stretches of memory, or beyond its end"]
    }
    if let address = machine.address(of: frame) {
      title += " · kernel \(address)"
    } else {
      title += " · no kernel address"
    }
    var lines = [title]
    func add(_ name: String, _ text: String) { lines.append("  \(leftColumn(name, 11))\(text)") }
    add("zone", "\(zone.type) of node \(zone.node): frames \(zone.start) to \(zone.end.index - 1)")
    add("", Self.reason(for: zone.type, machine.layout.architecture))
    let place = machine.pages.framePlace(of: frame)
    let record = machine.frames[frame]
    switch place {
    case .hole: break
    case .fresh:
      add("state", "free: in a block of the largest order that was never handed out")
      add("contents", "zero; its record was never written")
    case .free(let head, let order):
      add("state", "free: \(Self.position(frame, head, order))")
      for line in buddyLines(head, order) { add("", line) }
      let used = machine.frames[head].flags.contains(.used)
      add("contents", used ? "not known to be zero: it was handed out before" : "zero")
    case .cached(let processor):
      add("state", "free, kept by processor \(processor) for its next request of one frame")
      add("", "the buddy system counts it as taken: its buddy cannot grow")
    case .allocated(let head, let order):
      add("state", "allocated: \(Self.position(frame, head, order))")
      add("flags", "\(record.flags)")
      let first = machine.frames[head]
      add("users", "\(first.referenceCount) references, \(first.mapCount) page-table entries")
      for line in ownerLines(frame, head) { add("owner", line) }
      for line in originLines(head) { add("why", line) }
    }
    return lines
  }

  private static func reason(for type: ZoneType, _ architecture: Architecture) -> String {
    switch type {
    case .dma: "below 16 MiB, what old devices reach with 24 address lines"
    case .dma32: "from 16 MiB to 4 GiB, what devices reach with 32 address lines"
    case .normal where architecture == .i386: "from 16 to 896 MiB, which the kernel always maps"
    case .normal: "above 4 GiB; the kernel always maps it"
    case .highMemory: "above 896 MiB: seen through windows only (kmap)"
    }
  }

  private static func position(
    _ frame: PageFrameNumber, _ head: PageFrameNumber, _ order: Int
  ) -> String {
    order == 0
      ? "a block of its own (order 0)"
      : "frame \(frame.index - head.index + 1) of \(1 << order) of the block at \(head) (order \(order))"
  }

  /// Why a free block is not larger.
  private func buddyLines(_ head: PageFrameNumber, _ order: Int) -> [String] {
    guard order < Order.largest.rawValue else { return ["no block is larger"] }
    let buddy = PageFrameNumber(index: head.index ^ 1 << order)
    let end = buddy.index + 1 << order - 1
    let name = "its buddy, \(order == 0 ? "frame \(buddy)" : "frames \(buddy) to \(end)")"
    guard machine.isRAM(buddy) else { return ["\(name), is not RAM: it cannot grow"] }
    guard machine.pages.zoneIndex(of: buddy) == machine.pages.zoneIndex(of: head) else {
      return ["\(name), is in another zone: it cannot grow"]
    }
    var (taken, cached) = (0, 0)
    var index = buddy.index
    while index <= end {
      switch machine.pages.framePlace(of: PageFrameNumber(index: index)) {
      case .free(_, let order): index += 1 << order
      case .allocated(_, let order):
        taken += 1 << order
        index += 1 << order
      case .cached:
        cached += 1
        index += 1
      case .fresh, .hole: index += 1
      }
    }
    return [
      "\(name), has \(taken) allocated and \(cached) cached: it cannot grow until they are free"
    ]
  }

  private func ownerLines(_ frame: PageFrameNumber, _ head: PageFrameNumber) -> [String] {
    let owner = machine.frames[head].owner
    switch owner.kind {
    case .nobody: return ["whoever allocated it (alloc_pages)"]
    case .file:
      return ["page \(machine.frames[head].index) of file \(owner.number), in the page cache"]
    case .anonymous:
      let page = machine.frames[head].index
      var lines = [
        "anonymous memory at 0x\(String(page << 12, radix: 16)) of process family \(owner.number)"
      ]
      if machine.frames[head].mapCount > 1 {
        lines.append("shared after a fork: a write makes a copy")
      }
      return lines
    case .slab:
      let number = SlabCacheNumber(rawValue: Int(owner.number))
      guard let statistics = try? machine.statistics(of: number) else { return ["a slab"] }
      let live = machine.frames[head].privateData
      return [
        "slab cache \(statistics.name): \(live) of \(statistics.objectsPerSlab) objects taken",
        "its objects have \(statistics.stride.rawValue) bytes each; its slabs begin at "
          + (statistics.colours == 1 ? "one colour" : "\(statistics.colours) colours"),
      ]
    case .vmalloc: return ["page \(machine.frames[head].index) of vmalloc area \(owner.number)"]
    case .kernelStack: return ["the kernel stack of process \(owner.number)"]
    case .pageTable: return ["page tables of process \(owner.number)"]
    case .pageSource: return ["an allocator of the laboratory"]
    case .kmalloc: return ["kmalloc of \(owner.number) bytes, more than its caches hold"]
    }
  }

  private func originLines(_ head: PageFrameNumber) -> [String] {
    guard let origin = origins[head] else { return [] }
    var lines = [
      "line \(origin.line), \"\(origin.statement)\"",
      "\(origin.flags) may have zones up to \(origin.flags.highestZone), of node \(origin.node) first",
    ]
    for reason in origin.passed { lines.append("passed by: \(reason)") }
    if origin.passed.isEmpty { lines.append("it is from the first zone that was tried") }
    return lines
  }
}
