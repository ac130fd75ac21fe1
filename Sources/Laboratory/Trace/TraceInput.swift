// SPDX-License-Identifier: MIT

internal import Glibc

/// Where the bytes of a trace come from.
public protocol TraceInput: ~Copyable {
  /// Fills the beginning of `buffer`; returns how many bytes it has, 0 at the end, and below 0 the
  /// negated error number.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int
}

/// An open file, which may be a pipe. Whoever opened it closes it.
public struct FileInput: TraceInput {
  private let descriptor: Int32

  /// The bytes of an open file, which stays open.
  public init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  public mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    while true {
      let count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { return -Int(errno) }
    }
  }
}

/// Bytes that are in memory already.
public struct BytesInput: TraceInput {
  private let bytes: [UInt8]
  private var position = 0

  /// Bytes that are there.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  public mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - position)
    unsafe buffer.copyBytes(from: bytes[position..<position + count])
    position += count
    return count
  }
}
