// SPDX-License-Identifier: MIT

// The order in which a request tries zones: the suitable zones of the nearest node, the highest first,
// then those of the next nearest. Nodes at equal distance are tried in numerical order, starting at the
// requesting node, so that they do not all fall back to node 0.
//
//     node 1, highest normal:   1/Normal  1/DMA32  0/Normal  0/DMA32  0/DMA
//
// A list ends in 0xffff; a machine keeps one for each node and highest type.
//
// Source: build_zonelists() of mm/page_alloc.c, Linux 6.12.

extension PageAllocator {
  /// Where the list of a node and a highest zone begins in the table.
  @inline(__always)
  func zoneList(_ node: Int, _ highest: ZoneType) -> Int {
    (node &* ZoneType.count &+ highest.rawValue) &* zoneListStride
  }

  static var zoneListEnd: UInt16 { .max }

  mutating func layOutZoneLists() {
    for node in 0..<nodeCount {
      let order = (0..<nodeCount).sorted {
        let (first, second) = (layout.distance(node, $0), layout.distance(node, $1))
        let (firstTurn, secondTurn) = (
          ($0 - node + nodeCount) % nodeCount, ($1 - node + nodeCount) % nodeCount
        )
        // A node is its own nearest, whatever the table says.
        if firstTurn == 0 || secondTurn == 0 { return firstTurn == 0 && secondTurn != 0 }
        return first != second ? first < second : firstTurn < secondTurn
      }
      for highest in ZoneType.allCases {
        var entry = zoneList(node, highest)
        for other in order {
          for type in stride(from: highest.rawValue, through: 0, by: -1) {
            let zone = other * ZoneType.count + type
            guard zones[zone].managed > 0 else { continue }
            zoneLists[entry] = UInt16(zone)
            entry += 1
          }
        }
        zoneLists[entry] = Self.zoneListEnd
      }
    }
  }

  /// The zones that a request of a node tries, in their order.
  func zoneList(
    of node: NodeNumber, highest: ZoneType
  ) throws(MachineError) -> [ZoneNumber] {
    guard node.rawValue >= 0, node.rawValue < nodeCount else { throw .noSuchNode(node) }
    var list: [ZoneNumber] = []
    var entry = zoneList(node.rawValue, highest)
    while zoneLists[entry] != Self.zoneListEnd {
      list.append(ZoneNumber(rawValue: Int(zoneLists[entry])))
      entry += 1
    }
    return list
  }
}
