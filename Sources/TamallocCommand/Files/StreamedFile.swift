// SPDX-License-Identifier: MIT

// A file that is written piece by piece and appears once it is complete. Until then it has no name, so that
// nothing is left behind however the process ends; on file systems without unnamed files its pieces are
// copied at the end. A target that is not a regular file is written directly.

internal import CTamalloc
internal import Glibc

/// A file that appears once it is complete.
struct StreamedFile: ~Copyable {
  private let file: ReplacedFile
  private let descriptor: Int32
  /// Whether the file can be given a name.
  private let isLinkable: Bool

  /// O_TMPFILE, a macro that Swift can't import.
  private static let unnamed: Int32 = 0o20_000_000 | O_DIRECTORY

  init(_ file: ReplacedFile) throws(Failure) {
    self.file = file
    var descriptor: Int32
    var isLinkable = false
    if file.isSpecial {
      descriptor = unsafe open(file.target, O_WRONLY | O_CLOEXEC)
    } else {
      let folder = ReplacedFile.folder(of: file.target)
      descriptor = unsafe open(folder, Self.unnamed | O_RDWR | O_CLOEXEC, 0o666)
      isLinkable = descriptor >= 0
      if descriptor < 0 {
        descriptor = unsafe open(file.temporaryName, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 { unsafe unlink(file.temporaryName) }
      }
    }
    guard descriptor >= 0 else { throw ReplacedFile.failure(file.path, ctamalloc_errno()) }
    self.descriptor = descriptor
    self.isLinkable = isLinkable
  }

  deinit { close(descriptor) }

  func append(_ bytes: [UInt8]) throws(Failure) {
    try StandardOutput.write(bytes, to: descriptor, name: file.path)
  }

  /// Moves the file to its target.
  func finish() throws(Failure) {
    if file.isSpecial { return }
    try ReplacedFile.withoutSignals { () throws(Failure) in
      let temporary = file.temporaryName
      do throws(Failure) {
        if isLinkable { try link(to: temporary) } else { try copy(to: temporary) }
        try check(unsafe rename(temporary, file.target))
      } catch {
        unsafe unlink(temporary)
        throw error
      }
    }
  }

  private func link(to name: String) throws(Failure) {
    // Some file systems say only here that the disk is full.
    try check(fsync(descriptor))
    let own = "/proc/self/fd/\(descriptor)"
    try check(unsafe linkat(AT_FDCWD, own, AT_FDCWD, name, AT_SYMLINK_FOLLOW))
  }

  private func copy(to name: String) throws(Failure) {
    let target = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    try check(target)
    defer { close(target) }
    try check(lseek(descriptor, 0, SEEK_SET) < 0 ? -1 : 0)
    while true {
      // SAFETY: the array is as long as is said.
      let piece = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
        count = max(0, unsafe read(descriptor, buffer.baseAddress, buffer.count))
      }
      if piece.isEmpty { break }
      try StandardOutput.write(piece, to: target, name: file.path)
    }
    try check(fsync(target))
  }

  private func check(_ result: Int32) throws(Failure) {
    if result < 0 { throw ReplacedFile.failure(file.path, ctamalloc_errno()) }
  }
}
