// SPDX-License-Identifier: MIT

/// Reads files below one folder into one buffer, again and again.
struct ProcReader: ~Copyable {
  let folder: Descriptor
  /// Grows where a file does not fit.
  private var buffer = [UInt8](repeating: 0, count: 8192)
  private var path: [CChar] = []
  private var length = 0
  /// The file system of the folder.
  private let device: UInt64

  /// The most that is kept of a file: nothing in /proc/PID is longer but by malice.
  private static let most = 1 << 21

  init(folder: consuming Descriptor) {
    device = Kernel.device(of: folder)
    self.folder = folder
    path.reserveCapacity(64)
  }

  /// What was read last.
  var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { buffer.span.extracting(0..<length) }
  }

  /// Reads a file of the folder itself; returns false, and leaves nothing to read, where another file is
  /// mounted over it: lxcfs has some of its own for containers.
  mutating func readOwn(_ name: StaticString) throws(KernelFailure) -> Bool {
    path.removeAll(keepingCapacity: true)
    append(name)
    path.append(0)
    length = 0
    let file = try Kernel.open(path, in: folder)
    guard Kernel.device(of: file) == device else { return false }
    try read(file)
    return true
  }

  /// Reads a file of a process.
  ///
  /// - Parameter isWhole: whether one read returns all of the file, as the kernel's own one-record
  ///   files do: that saves the read that says that nothing follows.
  mutating func read(
    _ name: StaticString, of pid: ProcessIdentifier, isWhole: Bool = true
  ) throws(KernelFailure) {
    setPath(name, of: pid)
    try readPath(isWhole: isWhole)
  }

  /// Reads a file of a thread.
  mutating func read(
    _ name: StaticString, of pid: ProcessIdentifier, thread: ProcessIdentifier, isWhole: Bool = true
  ) throws(KernelFailure) {
    setPath("task/", of: pid)
    path.removeLast()
    append(thread)
    append(name)
    path.append(0)
    try readPath(isWhole: isWhole)
  }

  /// The text of a file of the folder itself, or nil.
  mutating func text(_ name: StaticString) -> String? {
    path.removeAll(keepingCapacity: true)
    append(name)
    path.append(0)
    return try? text()
  }

  /// The number that a file of the folder itself begins with, or nil.
  mutating func number(_ name: StaticString) -> Int? {
    guard text(name) != nil else { return nil }
    return bytes.decimal(from: 0, to: length)
  }

  /// The number that a file elsewhere begins with, or nil.
  mutating func number(at folder: [UInt8], _ name: StaticString) -> Int? {
    path = folder.map { CChar(bitPattern: $0) } + [CChar(UInt8(ascii: "/"))]
    append(name)
    path.append(0)
    guard (try? text()) != nil else { return nil }
    return bytes.decimal(from: 0, to: length)
  }

  private mutating func text() throws(KernelFailure) -> String {
    length = 0
    try readPath(isWhole: false)
    return bytes.text(from: 0, to: length)
  }

  /// Opens the folder of a process's threads.
  mutating func openThreads(of pid: ProcessIdentifier) throws(KernelFailure) -> Descriptor {
    try open("task", of: pid)
  }

  /// Reads an open file from its beginning.
  mutating func read(_ file: borrowing Descriptor, isWhole: Bool = true) throws(KernelFailure) {
    length = 0
    while true {
      let count = try Kernel.read(file, at: length, into: &buffer)
      length += count
      if count == 0 || (isWhole && length < buffer.count) || length >= Self.most { return }
      if length == buffer.count { buffer += [UInt8](repeating: 0, count: buffer.count) }
    }
  }

  /// Opens a file of a process, to be read again and again.
  mutating func open(
    _ name: StaticString, of pid: ProcessIdentifier
  ) throws(KernelFailure) -> Descriptor {
    setPath(name, of: pid)
    return try Kernel.open(path, in: folder)
  }

  /// Who owns a process's folder, which may be known where its files are not to be read.
  mutating func owner(of pid: ProcessIdentifier) -> UInt32? {
    setPath("", of: pid)
    return Kernel.owner(of: path, in: folder)
  }

  private mutating func readPath(isWhole: Bool) throws(KernelFailure) {
    let file = try Kernel.open(path, in: folder)
    try read(file, isWhole: isWhole)
  }

  private mutating func setPath(_ name: StaticString, of pid: ProcessIdentifier) {
    path.removeAll(keepingCapacity: true)
    append(pid)
    append(name)
    path.append(0)
  }

  /// Appends a number and a slash.
  private mutating func append(_ pid: ProcessIdentifier) {
    let start = path.count
    var rest = pid.rawValue.magnitude
    repeat {
      path.append(CChar(UInt8(ascii: "0") + UInt8(rest % 10)))
      rest /= 10
    } while rest > 0
    path[start...].reverse()
    path.append(CChar(UInt8(ascii: "/")))
  }

  private mutating func append(_ name: StaticString) {
    for index in 0..<name.utf8CodeUnitCount {
      // SAFETY: a static string has as many bytes.
      path.append(CChar(bitPattern: unsafe name.utf8Start[index]))
    }
  }
}
