// SPDX-License-Identifier: MIT

// Why the dynamic linker would not put a library in front of a program's malloc. It says nothing itself: the
// program would run as if nobody had asked. So its file is looked at beforehand.
//
//     #! script              the interpreter is what counts, once more
//     no PT_INTERP           linked statically: there is no dynamic linker
//     PT_INTERP …musl…       linked to musl, whose functions are not those that the library calls
//     another ELF class      its dynamic linker takes no library of ours
//     set-user-ID, -group    run with another's rights: the linker ignores LD_PRELOAD
//
// ELF: https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html; LD_PRELOAD: ld.so(8).

internal import CTamalloc
internal import Glibc

/// What keeps a library from standing in front of a program's malloc.
enum PreloadObstacle: Equatable {
  case linkedStatically
  case linkedToMusl
  case otherWordSize
  case otherRights

  /// Looks for one in a command; nil where there is none, or where the file doesn't tell.
  ///
  /// - Parameter command: a path, or a name that is searched for in PATH.
  init?(of command: String) {
    guard let path = Self.path(of: command), let found = Self.find(in: path, depth: 0) else {
      return nil
    }
    self = found
  }

  /// Says of a command why; a clause behind its name and a colon.
  var reason: String {
    switch self {
    case .linkedStatically: "it is linked statically, and keeps the malloc that is in it"
    case .linkedToMusl: "it is linked to musl, and the library needs glibc"
    case .otherWordSize: "it is no 64-bit program, as the library is"
    case .otherRights:
      "it runs with another user's or group's rights, and the dynamic linker preloads nothing then"
    }
  }

  private static func path(of command: String) -> String? {
    if command.contains("/") { return command }
    // SAFETY: getenv's string is copied at once.
    let folders = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/bin:/usr/bin"
    return folders.split(separator: ":", omittingEmptySubsequences: false)
      .map { ($0.isEmpty ? "." : String($0)) + "/" + command }
      .first { unsafe access($0, X_OK) == 0 }
  }

  private static func find(in path: String, depth: Int) -> PreloadObstacle? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return nil
    }
    let head = bytes(of: descriptor, at: 0, count: 4096)
    if head.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]), depth < 4 {
      // The script's own rights count for nothing.
      let line = head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
      let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      guard let interpreter = words.first else { return nil }
      return find(in: String(decoding: interpreter, as: UTF8.self), depth: depth + 1)
    }
    guard head.count >= 64, head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return nil }
    let changesUser = status.st_mode & S_ISUID != 0 && status.st_uid != geteuid()
    let changesGroup = status.st_mode & S_ISGID != 0 && status.st_gid != getegid()
    if changesUser || changesGroup { return .otherRights }
    guard head[4] == 2 else { return .otherWordSize }
    // The dynamic linker, called by its name, needs none.
    let name = path.split(separator: "/").last ?? ""
    if name.hasPrefix("ld-linux") || name.hasPrefix("ld.so") { return nil }
    return interpreterObstacle(descriptor, head)
  }

  /// Looks at the program headers of a 64-bit, little-endian file.
  private static func interpreterObstacle(_ descriptor: Int32, _ head: [UInt8]) -> PreloadObstacle?
  {
    let size = number(head, 54, 2)
    let count = number(head, 56, 2)
    guard head[5] == 1, size >= 56, count <= 1024 else { return nil }
    let headers = bytes(of: descriptor, at: number(head, 32, 8), count: size * count)
    guard headers.count == size * count else { return nil }
    for start in stride(from: 0, to: headers.count, by: size) where number(headers, start, 4) == 3 {
      let offset = number(headers, start + 8, 8)
      let length = min(number(headers, start + 32, 8), 4096)
      let name = bytes(of: descriptor, at: offset, count: length)
      return String(decoding: name, as: UTF8.self).contains("ld-musl") ? .linkedToMusl : nil
    }
    return .linkedStatically
  }

  private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int {
    let value = bytes[start..<start + count].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    return Int(clamping: value)
  }

  /// What stands in a file at a place: fewer bytes at its end, none where it can't be read.
  private static func bytes(of descriptor: Int32, at offset: Int, count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      // SAFETY: the call writes `count` bytes at most, which the buffer has.
      filled = unsafe max(pread(descriptor, buffer.baseAddress, count, off_t(offset)), 0)
    }
  }
}
