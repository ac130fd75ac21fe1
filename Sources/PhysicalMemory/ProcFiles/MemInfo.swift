// SPDX-License-Identifier: MIT

// /proc/meminfo: where all memory is, in KiB.
//
//     MemTotal:       65536000 kB
//
// Source: meminfo_proc_show() of fs/proc/meminfo.c and si_mem_available() of mm/show_mem.c, Linux 6.12.

internal import Pages

extension Machine {
  /// The text of /proc/meminfo.
  public var meminfo: String {
    var text = ""
    for (name, frames) in meminfoLines {
      // A name that is too long for its column takes from the figure's.
      let width = max(16, name.utf8.count + 1)
      text += leftColumn(name + ":", width)
      text += column(frames << (PageFrameNumber.shift - 10), 24 - width) + " kB\n"
    }
    return text
  }

  /// Frames that can be allocated without swapping (si_mem_available).
  public var availableFrames: Int {
    var reserved = 0
    var low = 0
    for zone in 0..<zones.count {
      var kept = 0
      for type in 0..<ZoneType.count { kept = max(kept, zones[zone].lowmemReserve[type]) }
      reserved += min(kept + zones[zone].watermarks.high, zones[zone].managed)
      low += zones[zone].watermarks.low
    }
    let files = count(.activeFile) + count(.inactiveFile)
    let slabs = count(.slabReclaimable)
    let available =
      freeFrames - reserved + files - min(files / 2, low) + slabs - min(slabs / 2, low)
    return max(0, available)
  }

  /// What a name of /proc/meminfo says, in frames.
  public func meminfo(_ name: String) -> Int? { meminfoLines.first { $0.0 == name }?.1 }

  private var meminfoLines: [(String, Int)] {
    let swap = swapSlots
    let slab = count(.slabReclaimable) + count(.slabUnreclaimable)
    let (activeAnonymous, inactiveAnonymous) = (count(.activeAnonymous), count(.inactiveAnonymous))
    let (activeFile, inactiveFile) = (count(.activeFile), count(.inactiveFile))
    var lines = [
      ("MemTotal", managedFrames { _ in true }), ("MemFree", freeFrames),
      ("MemAvailable", availableFrames), ("Buffers", 0), ("Cached", count(.filePages)),
      ("SwapCached", count(.swapCached)), ("Active", activeAnonymous + activeFile),
      ("Inactive", inactiveAnonymous + inactiveFile), ("Active(anon)", activeAnonymous),
      ("Inactive(anon)", inactiveAnonymous), ("Active(file)", activeFile),
      ("Inactive(file)", inactiveFile), ("Unevictable", count(.unevictable)), ("Mlocked", 0),
    ]
    if layout.architecture == .i386 {
      let high = managedFrames { $0 == .highMemory }
      let highFree = (0..<zones.count).reduce(0) {
        $0 + (zones[$1].type == .highMemory ? zones[$1].free : 0)
      }
      lines += [
        ("HighTotal", high), ("HighFree", highFree),
        ("LowTotal", managedFrames { $0 != .highMemory }), ("LowFree", freeFrames - highFree),
      ]
    }
    let vmallocBytes = plan.vmalloc.upperBound - plan.vmalloc.lowerBound
    lines += [
      ("SwapTotal", swap.all), ("SwapFree", swap.free), ("Dirty", count(.dirty)),
      ("Writeback", count(.writeBack)), ("AnonPages", count(.anonymousPages)),
      ("Mapped", count(.mappedPages)), ("Shmem", count(.sharedMemory)),
      ("KReclaimable", count(.slabReclaimable)), ("Slab", slab),
      ("SReclaimable", count(.slabReclaimable)), ("SUnreclaim", count(.slabUnreclaimable)),
      ("KernelStack", count(.kernelStack)), ("PageTables", count(.pageTables)),
      ("SecPageTables", 0), ("NFS_Unstable", 0), ("Bounce", 0), ("WritebackTmp", 0),
      ("CommitLimit", commitLimit), ("Committed_AS", committedFrames),
      ("VmallocTotal", vmallocBytes.rawValue >> PageFrameNumber.shift),
      ("VmallocUsed", count(.vmalloc)), ("VmallocChunk", 0), ("Percpu", 0),
      ("HardwareCorrupted", 0),
    ]
    return lines
  }

  private func managedFrames(_ isCounted: (ZoneType) -> Bool) -> Int {
    (0..<zones.count).reduce(0) { $0 + (isCounted(zones[$1].type) ? zones[$1].managed : 0) }
  }
}
