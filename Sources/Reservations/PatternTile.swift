// SPDX-License-Identifier: MIT

// A file in memory (memfd_create) that holds whole periods of a fill pattern and is sealed against
// every change, by anybody. Mapped privately, its pages are shared by all who only read them and
// copied for who writes: that is what makes a fill as lazy as zero is. The file goes when its last
// mapping and its descriptor are gone.

internal import Pages
internal import System

package struct PatternTile: BitwiseCopyable {
  /// The file's descriptor, closed on exec.
  let descriptor: Int32
  /// The file's length: whole pages and whole periods.
  let length: ByteCount

  /// Bytes handed to one write: enough to make the call's own cost small, few enough for a handful of
  /// page faults.
  private static let chunk: ByteCount = .kibibytes(32)

  /// Makes a tile of a simplified pattern other than zero.
  ///
  /// - Precondition: `length` is a multiple of the page and of the pattern's length.
  /// - Complexity: 1 µs a page.
  init(fill: FillPattern, length: ByteCount) throws(AllocationError) {
    try self.init(period: fill.length.rawValue, length: length) { fill.byte(at: $0) }
  }

  /// The same of a pattern that `byte` tells, of `period` bytes.
  init(period: Int, length: ByteCount, byte: (Int) -> UInt8) throws(AllocationError) {
    let repeats = max(1, Self.chunk.rawValue / period)
    let size = min(ByteCount(repeats * period), length)
    do throws(SystemCallFailure) {
      let scratch = try Syscalls.mapAnonymous(size: size, traits: MappingTraits())
      defer { Syscalls.unmapOwn(scratch, size: size) }
      // SAFETY: `size` bytes were mapped at `scratch` a moment ago, and nobody else knows of them.
      let bytes = unsafe UnsafeMutableRawBufferPointer(
        start: scratch.pointer, count: size.rawValue)
      var written = min(period, bytes.count)
      for index in 0..<written { unsafe bytes[index] = byte(index) }
      while written < bytes.count {
        let part = min(written, bytes.count - written)
        unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[written...])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<part]))
        written += part
      }
      try self.init(repeating: scratch, size: size, length: length)
    } catch {
      throw Self.explain(error, length: length)
    }
  }

  /// Makes a longer tile of the same pattern.
  ///
  /// - Precondition: `length` is a multiple of the pattern's period and above this tile's length.
  func lengthened(to length: ByteCount) throws(AllocationError) -> PatternTile {
    do throws(SystemCallFailure) {
      let source = try Syscalls.mapForReading(descriptor, size: self.length)
      defer { Syscalls.unmapOwn(source, size: self.length) }
      return try PatternTile(repeating: source, size: self.length, length: length)
    } catch {
      throw Self.explain(error, length: length)
    }
  }

  /// Writes `size` bytes over and over, the last time only as many as fit.
  private init(
    repeating source: VirtualAddress, size: ByteCount, length: ByteCount
  ) throws(SystemCallFailure) {
    let descriptor = try Syscalls.memoryFile()
    do throws(SystemCallFailure) {
      var written: ByteCount = 0
      while written < length {
        let part = min(size, length - written)
        try Syscalls.write(descriptor, from: source, size: part)
        written += part
      }
      try Syscalls.seal(descriptor)
    } catch {
      Syscalls.close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.length = length
  }

  /// Closes the descriptor; what is mapped stays.
  func close() {
    Syscalls.close(descriptor)
  }

  private static func explain(_ failure: SystemCallFailure, length: ByteCount) -> AllocationError {
    if failure.isDescriptorLimit { return .descriptorLimit }
    if failure.isNoSpace { return .outOfMemory(length) }
    return .systemCall(failure.call, errorNumber: failure.number)
  }
}
