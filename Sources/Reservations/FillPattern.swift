// SPDX-License-Identifier: MIT

public import Pages

/// What the bytes of a memory read as until somebody writes them.
///
/// A pattern repeats from the first byte of the memory on. Its length need not divide the page: the
/// tile that it is mapped from is then as long as the pattern and the page need to meet again, at
/// most 4,095 pages.
public enum FillPattern: Sendable, Hashable {
  /// Every byte is 0.
  case zero
  /// Every byte is this one.
  case byte(UInt8)
  /// These bytes, 1 to 4,096 of them, over and over.
  case pattern([UInt8])

  /// The most bytes that a pattern may have.
  public static let maximumLength: ByteCount = 4096

  /// The bytes of `element` as it lies in an array, over and over.
  ///
  /// The bytes between the end of an element and the next one's beginning, where a type's stride is
  /// above its size, are 0.
  public static func repeating<Element: BitwiseCopyable>(_ element: Element) -> FillPattern {
    var bytes = [UInt8](repeating: 0, count: MemoryLayout<Element>.stride)
    unsafe withUnsafeBytes(of: element) { source in
      for index in source.indices { unsafe bytes[index] = source[index] }
    }
    return FillPattern.pattern(bytes).simplified
  }

  /// The simplest pattern that says the same: equal bytes become one, and zeros become `zero`.
  package var simplified: FillPattern {
    switch self {
    case .zero: return .zero
    case .byte(let byte): return byte == 0 ? .zero : self
    case .pattern(let bytes):
      guard let first = bytes.first else { return self }
      for byte in bytes where byte != first { return self }
      return first == 0 ? .zero : .byte(first)
    }
  }

  /// The byte, where the pattern has but one; of a simplified pattern.
  var singleByte: UInt8? {
    switch self {
    case .zero: 0
    case .byte(let byte): byte
    case .pattern: nil
    }
  }

  /// How many bytes it takes to repeat.
  public var length: ByteCount {
    switch self {
    case .zero, .byte: 1
    case .pattern(let bytes): ByteCount(bytes.count)
    }
  }

  /// The byte at a position of the memory.
  ///
  /// - Precondition: `position` is not negative, and a pattern is not empty.
  public func byte(at position: Int) -> UInt8 {
    switch self {
    case .zero: 0
    case .byte(let byte): byte
    case .pattern(let bytes): bytes[position % bytes.count]
    }
  }
}
