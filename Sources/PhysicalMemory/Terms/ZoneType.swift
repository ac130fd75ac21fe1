// SPDX-License-Identifier: MIT

// Terms:
// - A *zone* is the frames of one node that serve one purpose. Frames of a lower zone can do whatever
//   those of a higher one can, never the other way round: old devices reach only the first 16 MiB, and
//   a 32-bit kernel has addresses of its own for only the first 896 MiB.
// - A *node* is processors and the RAM near them.

/// The types of zones, lowest first.
public enum ZoneType: Int, Sendable, Hashable, CaseIterable, Comparable {
  /// Below 16 MiB, for devices with 24 address lines.
  case dma
  /// Below 4 GiB, for devices with 32; 64-bit machines only.
  case dma32
  /// Permanently mapped by the kernel.
  case normal
  /// Mapped only through windows; 32-bit machines only.
  case highMemory

  /// The number of types.
  static let count = 4

  public static func < (left: ZoneType, right: ZoneType) -> Bool { left.rawValue < right.rawValue }
}

extension ZoneType: CustomStringConvertible {
  /// The name as /proc spells it.
  public var description: String {
    switch self {
    case .dma: "DMA"
    case .dma32: "DMA32"
    case .normal: "Normal"
    case .highMemory: "HighMem"
    }
  }
}

/// The number of a node, from 0.
public struct NodeNumber: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  /// The node of that number, from 0.
  public init(_ number: Int) {
    rawValue = number
  }
}

extension NodeNumber: ExpressibleByIntegerLiteral, Comparable, CustomStringConvertible {
  public init(integerLiteral value: Int) {
    rawValue = value
  }

  public static func < (left: NodeNumber, right: NodeNumber) -> Bool {
    left.rawValue < right.rawValue
  }

  public var description: String { "\(rawValue)" }
}

/// The number of a processor, from 0.
public struct ProcessorNumber: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  /// The processor of that number, from 0.
  public init(_ number: Int) {
    rawValue = number
  }
}

extension ProcessorNumber: ExpressibleByIntegerLiteral, CustomStringConvertible {
  public init(integerLiteral value: Int) {
    rawValue = value
  }

  public var description: String { "\(rawValue)" }
}
