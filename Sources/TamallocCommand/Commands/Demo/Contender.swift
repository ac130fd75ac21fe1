// SPDX-License-Identifier: MIT

internal import ArgumentParser

/// The ways to get memory of a known content that the demonstration compares: first any fill, then zeros, so
/// that a chart of two columns has in each row a way of the C library's and one of ours.
enum Contender: String, CaseIterable, Codable, Sendable, ExpressibleByArgument {
  case mallocAndMemset = "malloc+memset"
  case tamallocFill = "tamalloc-fill"
  case calloc = "calloc"
  case tamalloc = "tamalloc"
  case mmap = "mmap"

  /// Whether every page is written before the first use, as far as the textbook goes.
  var commitsAtOnce: Bool { self == .mallocAndMemset }

  /// Whether it holds the fill that was asked for; the others hold zeros.
  var isFilled: Bool { self == .mallocAndMemset || self == .tamallocFill }

  /// Gets memory of `size` bytes that read as `fill`.
  func memory(size: Int, fill: UInt8) throws(Refusal) -> ContenderMemory {
    switch self {
    case .mallocAndMemset: try .mallocAndMemset(size: size, fill: fill)
    case .calloc: try .calloc(size: size)
    case .mmap: try .mmap(size: size)
    case .tamalloc, .tamallocFill: try ContenderMemory(lazy: size, fill: fill)
    }
  }

  /// Whether it is this library's memory, so that a refusal is a failure of ours.
  var isOurs: Bool { self == .tamalloc || self == .tamallocFill }
}
