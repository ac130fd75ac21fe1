// SPDX-License-Identifier: MIT

// /proc/buddyinfo: free blocks by order.
//
//     Node 0, zone      DMA      0      0      0      0      0      0      0      0      0      1      3
//
// Source: frag_show_print() of mm/vmstat.c, Linux 6.12.

extension Machine {
  /// The text of /proc/buddyinfo.
  public var buddyinfo: String {
    var text = ""
    for zone in populatedZones {
      text += "Node \(zone.node), zone \(column(zone.type, 8)) "
      for order in 0..<Order.count {
        text += column(zone.freeBlocks(Order(unchecked: order)), 6) + " "
      }
      text += "\n"
    }
    return text
  }

  /// How much of a zone's free memory can't serve a request of an order (the unusable free space
  /// index): 0 where all can, 1 where none can.
  ///
  /// Source: M. Gorman and A. Whitcroft, "The What, The Why and the Where To of Anti-Fragmentation",
  /// OLS 2006; extfrag's unusable_index.
  public func unusableFreeSpace(_ order: Order, in zone: Zone) -> Double {
    var free = 0
    var usable = 0
    for other in 0..<Order.count {
      let count = zone.freeBlocks(Order(unchecked: other)) << other
      free += count
      if other >= order.rawValue { usable += count }
    }
    return free == 0 ? 0 : Double(free - usable) / Double(free)
  }
}
