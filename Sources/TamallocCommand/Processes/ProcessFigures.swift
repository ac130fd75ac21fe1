// SPDX-License-Identifier: MIT

// What the kernel says of this process. Reading must not change the figures: the buffer is allocated and
// touched before the first reading, and numbers are parsed in place.

internal import CTamalloc
internal import Glibc

/// The process's memory at one moment, in bytes.
struct ProcessFigures: Sendable, Hashable {
  /// VmSize.
  var virtualBytes = 0
  /// Resident bytes, exact: Rss of smaps_rollup if the kernel has it, else VmRSS of status.
  var residentBytes = 0
  /// Resident bytes of files in memory, RssShmem.
  var sharedBytes = 0
  /// The proportional share, Pss of smaps_rollup; 0 if the kernel has none.
  var proportionalBytes = 0
}

/// A clock and a counter of page faults, read before and after what is measured.
struct FaultClock {
  private var faults = 0
  private var nanoseconds = 0

  static func now() -> FaultClock {
    var usage = rusage()
    var time = timespec()
    unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return FaultClock(
      faults: usage.ru_minflt, nanoseconds: time.tv_sec * 1_000_000_000 + time.tv_nsec)
  }

  /// Minor faults and seconds since `start`.
  ///
  /// Here the clock is read before the counter, and above after it: the time is that of the work.
  static func elapsed(since start: FaultClock) -> (minorFaults: Int, seconds: Double) {
    var usage = rusage()
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    let nanoseconds = time.tv_sec * 1_000_000_000 + time.tv_nsec - start.nanoseconds
    return (usage.ru_minflt - start.faults, Double(nanoseconds) / 1e9)
  }
}

extension FaultClock {
  /// Waits, for a person who watches.
  static func wait(seconds: UInt32) {
    if seconds > 0 { sleep(seconds) }
  }
}

/// Reads the files of /proc/self into one buffer.
@safe
struct ProcessReader: ~Copyable {
  private let buffer: UnsafeMutableRawBufferPointer

  init() {
    unsafe buffer = .allocate(byteCount: 8192, alignment: 64)
    unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { unsafe buffer.deallocate() }

  /// - Throws: ``Failure`` where /proc can't be read.
  func figures() throws(Failure) -> ProcessFigures {
    var figures = ProcessFigures()
    guard let status = read("/proc/self/status"), let size = number(after: "VmSize:", in: status)
    else { throw Failure("/proc/self/status can't be read: is /proc mounted?") }
    figures.virtualBytes = size * 1024
    figures.residentBytes = (number(after: "VmRSS:", in: status) ?? 0) * 1024
    figures.sharedBytes = (number(after: "RssShmem:", in: status) ?? 0) * 1024
    if let rollup = read("/proc/self/smaps_rollup"), let rss = number(after: "Rss:", in: rollup) {
      figures.residentBytes = rss * 1024
      figures.proportionalBytes = (number(after: "Pss:", in: rollup) ?? 0) * 1024
    }
    return figures
  }

  /// The bytes read, or nil where the file is not there.
  private func read(_ path: StaticString) -> Int? {
    // SAFETY: a static string of more than one character is a C string; the buffer is ours.
    let descriptor = path.withUTF8Buffer { name in
      unsafe ctamalloc_open_read(
        UnsafeRawPointer(name.baseAddress!).assumingMemoryBound(to: CChar.self))
    }
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var length = 0
    while unsafe length < buffer.count {
      let count = unsafe Glibc.read(
        descriptor, buffer.baseAddress! + length, buffer.count - length)
      if count < 0 && ctamalloc_errno() == EINTR { continue }
      if count <= 0 { break }
      length += count
    }
    return length > 0 ? length : nil
  }

  /// The number behind a label at the beginning of a line.
  private func number(after label: StaticString, in length: Int) -> Int? {
    let size = label.utf8CodeUnitCount
    var line = 0
    while line + size < length {
      // SAFETY: both sides have `size` bytes: the label by definition, the buffer by the guard.
      if unsafe memcmp(buffer.baseAddress! + line, label.utf8Start, size) == 0 {
        return digits(from: line + size, to: length)
      }
      while line < length, unsafe buffer[line] != UInt8(ascii: "\n") { line += 1 }
      line += 1
    }
    return nil
  }

  private func digits(from start: Int, to end: Int) -> Int? {
    var value: Int?
    for index in start..<end {
      let byte = unsafe buffer[index]
      if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
        value = (value ?? 0) &* 10 &+ Int(byte - UInt8(ascii: "0"))
      } else if value != nil {
        break
      }
    }
    return value
  }
}
