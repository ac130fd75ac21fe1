// SPDX-License-Identifier: MIT

public import PhysicalMemory

/// A given distance from one node to another.
public struct NodeDistance: Sendable, Hashable {
  /// The node from which it is that far.
  public var from: NodeNumber
  /// The node that is that far away.
  public var to: NodeNumber
  /// 10 is a node from itself, 20 one that takes twice as long to reach (the ACPI's SLIT).
  public var distance: Int

  /// Reads `FROM:TO:DISTANCE`, as `0:1:40`.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      .map { ScriptWords.number(String($0)) }
    guard parts.count == 3, let first = parts[0], let second = parts[1], let third = parts[2] else {
      return nil
    }
    from = NodeNumber(first)
    to = NodeNumber(second)
    distance = third
  }

  /// The distances of all nodes from each other.
  ///
  /// If only one direction is given, the other is equal, as with QEMU's `-numa dist`. The default is 10
  /// within a node and 20 between two.
  ///
  /// - Precondition: there are nodes.
  static func table(
    _ said: [NodeDistance], nodes: Int
  ) throws(MachineError) -> [[Int]] {
    var table = (0..<nodes).map { from in (0..<nodes).map { $0 == from ? 10 : 20 } }
    for one in said {
      for node in [one.from, one.to] where node.rawValue < 0 || node.rawValue >= nodes {
        throw .noSuchNode(node)
      }
    }
    for one in said { table[one.to.rawValue][one.from.rawValue] = one.distance }
    for one in said { table[one.from.rawValue][one.to.rawValue] = one.distance }
    return table
  }
}
