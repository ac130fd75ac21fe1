// SPDX-License-Identifier: MIT

// What Linux says of each node in /sys/devices/system/node/nodeN: `meminfo` and `numastat`.
//
//     Node 0 MemTotal:       65536000 kB
//     numa_hit 75316763
//
// Source: node_read_meminfo() and node_read_numastat() of drivers/base/node.c, Linux 6.12.

internal import Pages

extension Machine {
  /// The text of /sys/devices/system/node/nodeN/meminfo.
  public func nodeMeminfo(of node: NodeNumber) throws(MachineError) -> String {
    guard node.rawValue >= 0, node.rawValue < nodeCount else { throw .noSuchNode(node) }
    let zones = zonesOf(node)
    let managed = zones.reduce(0) { $0 + $1.managed }
    let free = zones.reduce(0) { $0 + $1.free }
    func count(_ counter: NodeCounter) -> Int { pages.count(counter, of: node.rawValue) }
    func list(_ list: ReclaimList) -> Int {
      store.count(list, of: node.rawValue)
    }
    let (activeAnonymous, inactiveAnonymous) = (list(.activeAnonymous), list(.inactiveAnonymous))
    let (activeFile, inactiveFile) = (list(.activeFile), list(.inactiveFile))
    let slab = count(.slabReclaimable) + count(.slabUnreclaimable)
    var lines = [
      ("MemTotal", managed), ("MemFree", free), ("MemUsed", managed - free),
      ("SwapCached", count(.swapCached)), ("Active", activeAnonymous + activeFile),
      ("Inactive", inactiveAnonymous + inactiveFile), ("Active(anon)", activeAnonymous),
      ("Inactive(anon)", inactiveAnonymous), ("Active(file)", activeFile),
      ("Inactive(file)", inactiveFile), ("Unevictable", count(.unevictable)), ("Mlocked", 0),
    ]
    if layout.architecture == .i386 {
      let high = zones.filter { $0.type == .highMemory }
      let (highTotal, highFree) = (
        high.reduce(0) { $0 + $1.managed }, high.reduce(0) { $0 + $1.free }
      )
      lines += [
        ("HighTotal", highTotal), ("HighFree", highFree), ("LowTotal", managed - highTotal),
        ("LowFree", free - highFree),
      ]
    }
    lines += [
      ("Dirty", count(.dirty)), ("Writeback", count(.writeBack)),
      ("FilePages", count(.filePages)), ("Mapped", count(.mappedPages)),
      ("AnonPages", count(.anonymousPages)), ("Shmem", count(.sharedMemory)),
      ("KernelStack", count(.kernelStack)), ("PageTables", count(.pageTables)),
      ("SecPageTables", 0), ("NFS_Unstable", 0), ("Bounce", 0), ("WritebackTmp", 0),
      ("KReclaimable", count(.slabReclaimable)), ("Slab", slab),
      ("SReclaimable", count(.slabReclaimable)), ("SUnreclaim", count(.slabUnreclaimable)),
    ]
    var text = ""
    for (name, frames) in lines {
      text += "Node \(node) " + leftColumn(name + ":", 16)
      text += column(frames << (PageFrameNumber.shift - 10), 8) + " kB\n"
    }
    return text
  }

  /// The text of /sys/devices/system/node/nodeN/numastat.
  public func numastat(of node: NodeNumber) throws(MachineError) -> String {
    guard node.rawValue >= 0, node.rawValue < nodeCount else { throw .noSuchNode(node) }
    let zones = zonesOf(node)
    func sum(_ figure: (Zone) -> Int) -> Int { zones.reduce(0) { $0 + figure($1) } }
    return """
      numa_hit \(sum(\.hits))
      numa_miss \(sum(\.misses))
      numa_foreign \(sum(\.foreign))
      interleave_hit 0
      local_node \(sum(\.locals))
      other_node \(sum(\.others))

      """
  }

  private func zonesOf(_ node: NodeNumber) -> [Zone] {
    populatedZones.filter { $0.node == node }
  }
}
