// SPDX-License-Identifier: MIT

internal import ArgumentParser

/// The ways to get memory of a known content that the demonstration compares.
enum Contender: String, CaseIterable, Codable, Sendable, ExpressibleByArgument {
  case mallocAndMemset = "malloc+memset"
  case calloc = "calloc"
  case mmap = "mmap"
  case tamalloc = "tamalloc"
  case tamallocFill = "tamalloc-fill"

  /// Whether every page is written before the first use, as far as the textbook goes.
  var commitsAtOnce: Bool { self == .mallocAndMemset }

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
