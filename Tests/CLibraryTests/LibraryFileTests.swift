// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// What the library's files show to a linker.
@Suite(.serialized) struct LibraryFileTests {
  let library: InstalledLibrary

  init() throws {
    library = try InstalledLibrary.shared.get()
  }

  /// The functions that the header declares.
  var declared: [String] {
    get throws {
      let header = try String(contentsOfFile: library.header, encoding: .utf8)
      return header.matches(of: /(?m)^(?:void|int|long|size_t) \*?(\w+)\(/).map { String($0.1) }
        .sorted()
    }
  }

  @Test func `the header declares thirteen functions`() throws {
    #expect(try declared.count == 13)
  }

  /// What malloc.h and stdlib.h of the C library declare, and this library defines instead of it.
  static let malloc = [
    "aligned_alloc", "calloc", "free", "mallinfo", "mallinfo2", "malloc", "malloc_info",
    "malloc_stats", "malloc_trim", "malloc_usable_size", "memalign", "posix_memalign", "pvalloc",
    "realloc", "reallocarray", "valloc",
  ]

  /// What it stands in front of besides: forks, changes of what a process may do, and malloc's other names.
  static let fronts = [
    "__libc_calloc", "__libc_free", "__libc_malloc", "__libc_memalign", "__libc_realloc",
    "__register_atfork",
    "capset", "daemon", "dlopen", "fork", "forkpty", "initgroups",
    "prctl", "setegid", "seteuid", "setfsgid", "setfsuid", "setgid",
    "setgroups", "setns", "setregid", "setresgid", "setresuid", "setreuid",
    "setuid", "unshare",
  ]

  /// C++'s operators, as the compiler writes their names: plain, sized, aligned, and with nothrow.
  static let operators =
    ["_Znwm", "_Znam"].flatMap { name in
      ["", "RKSt9nothrow_t", "St11align_val_t", "St11align_val_tRKSt9nothrow_t"].map { name + $0 }
    }
    + ["_ZdlPv", "_ZdaPv"].flatMap { name in
      ["", "m", "St11align_val_t", "mSt11align_val_t"].map { name + $0 }
    }

  @Test func `the shared library exports the C names alone`() throws {
    #expect(
      try names(["-D", library.sharedObject])
        == (declared + Self.malloc + Self.fronts + Self.operators).sorted())
  }

  @Test func `the static library defines the C names alone`() throws {
    #expect(try names(["-g", library.archive]) == (declared + Self.malloc).sorted())
  }

  /// The names that a file defines for others.
  private func names(_ arguments: [String]) throws -> [String] {
    try Outcome.text(of: ["nm", "--defined-only"] + arguments)
      .split(separator: "\n").map { $0.split(separator: " ") }
      .filter { $0.count == 3 }.map { String($0[2]) }.sorted()
  }

  /// A function that is renamed must not leave its place in memory unnoticed.
  @Test func `a pattern of the layout that places nothing is refused`() throws {
    let malloc = InstalledLibrary.root + "/Malloc"
    let layout = try String(contentsOfFile: malloc + "/layout.ld", encoding: .utf8)
    let map = InstalledLibrary.root + "/build/objects/shared.map"
    #expect(try Outcome.of([malloc + "/check-layout", malloc + "/layout.ld", map]).status == 0)
    let mutants = [
      (
        "*(.text.*visitParked* ", "*(.text.*visitParked* .text.*noSuchFunction* ",
        "*noSuchFunction*"
      ),
      (".text.*E5watch*", ".text.*visitParked*", "*visitParked*"),
      (".text.aligned_alloc", ".text.alignedXalloc", "alignedXalloc"),
    ]
    for (old, new, dead) in mutants {
      #expect(layout.contains(old))
      let mutant = library.prefix + "/mutant.ld"
      try layout.replacingOccurrences(of: old, with: new)
        .write(toFile: mutant, atomically: true, encoding: .utf8)
      let outcome = try Outcome.of([malloc + "/check-layout", mutant, map])
      #expect(outcome.status == 1)
      #expect(outcome.text == "check-layout: .text.\(dead) places no function\n")
    }
  }

  @Test func `the shared library needs the C library alone, and has its name`() throws {
    let text = try Outcome.text(of: ["readelf", "-dW", library.sharedObject])
    let needed = text.matches(of: /\(NEEDED\).*\[(.*)\]/).map { String($0.1) }
    #expect(needed == ["libc.so.6"])
    #expect(text.contains("soname: [libtamalloc.so.0]"))
  }

  /// Functions of the C library that call malloc, which would come back to this library, under its lock.
  private static let allocating: Set<Substring> = [
    "asprintf", "dlopen", "fdopen", "fopen", "getcwd", "getline", "opendir", "popen",
    "posix_spawn", "printf", "pthread_create", "puts", "qsort", "realpath", "setenv", "setlocale",
    "strdup", "strndup", "vfprintf",
  ]

  @Test(arguments: ["-D", "-g"])
  func `nothing is called that takes memory from a heap`(option: String) throws {
    let file = option == "-D" ? library.sharedObject : library.archive
    // "U name" or, with a version, "U name@GLIBC_2.2.5".
    let names = try Outcome.text(of: ["nm", option, "--undefined-only", file]).split(
      separator: "\n"
    )
    .compactMap { $0.split(whereSeparator: { $0 == " " || $0 == "@" }).dropFirst().first }
    #expect(names.contains("pthread_key_create"), "\(names)")
    #expect(Self.allocating.isDisjoint(with: names), "\(names)")
  }
}
