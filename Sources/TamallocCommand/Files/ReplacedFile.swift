// SPDX-License-Identifier: MIT

// A file is written beside its target and renamed once all of it is on the disk, so that a full disk or a
// signal leaves the old file, or none, and never half of one. A target that is not a regular file, such as
// /dev/stdout or a named pipe, is written directly.

internal import CTamalloc
internal import Glibc

/// A file that is replaced as a whole.
struct ReplacedFile {
  /// As the person gave it.
  let path: String
  /// Where the links lead.
  let target: String
  let isSpecial: Bool

  /// Checks that the file can be written, before the work that goes into it is done.
  init(path: String, option: String) throws(Failure) {
    self.path = path
    guard !path.isEmpty else { throw Failure("\(option) needs the name of a file", status: .usage) }
    target = Self.resolved(path)
    var status = stat()
    let exists = unsafe stat(target, &status) == 0
    isSpecial = exists && status.st_mode & S_IFMT != S_IFREG
    if exists && status.st_mode & S_IFMT == S_IFDIR { throw Self.failure(path, EISDIR) }
    if exists, unsafe access(target, W_OK) != 0 { throw Self.failure(path, ctamalloc_errno()) }
    // With the dot the system reports ENOTDIR for what is not a folder.
    if !isSpecial, unsafe access(Self.folder(of: target) + "/.", W_OK | X_OK) != 0 {
      throw Self.failure(path, ctamalloc_errno())
    }
  }

  /// Writes the file.
  func write(_ content: String) throws(Failure) {
    if isSpecial {
      let descriptor = unsafe open(target, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw Self.failure(path, ctamalloc_errno()) }
      defer { close(descriptor) }
      return try StandardOutput.write(content, to: descriptor, name: path)
    }
    try Self.withoutSignals { () throws(Failure) in try replace(content) }
  }

  private func replace(_ content: String) throws(Failure) {
    let temporary = temporaryName
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(path, ctamalloc_errno()) }
    do throws(Failure) {
      try StandardOutput.write(content, to: descriptor, name: path)
      // Some file systems say only here that the disk is full.
      guard fsync(descriptor) == 0 || ctamalloc_errno() == EINVAL else {
        throw Self.failure(path, ctamalloc_errno())
      }
      guard unsafe rename(temporary, target) == 0 else {
        throw Self.failure(path, ctamalloc_errno())
      }
      close(descriptor)
    } catch {
      close(descriptor)
      unsafe unlink(temporary)
      throw error
    }
  }

  /// The name of the file until it is complete.
  var temporaryName: String { "\(target).\(getpid()).part" }

  /// Runs `body` with signals blocked, so that Ctrl-C leaves nothing behind.
  static func withoutSignals(_ body: () throws(Failure) -> Void) throws(Failure) {
    var signals = sigset_t()
    var previous = sigset_t()
    unsafe sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { unsafe sigaddset(&signals, signal) }
    unsafe sigprocmask(SIG_BLOCK, &signals, &previous)
    defer { unsafe sigprocmask(SIG_SETMASK, &previous, nil) }
    try body()
  }

  static func failure(_ path: String, _ number: Int32) -> Failure {
    Failure("\(path) can't be written: \(errorText(number))", status: .output)
  }

  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The path without symbolic links, or as it is where the file does not exist yet.
  private static func resolved(_ path: String) -> String {
    // SAFETY: realpath returns nil or a string of its own, which is freed once.
    guard let real = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }
}
