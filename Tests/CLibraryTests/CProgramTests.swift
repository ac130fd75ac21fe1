// SPDX-License-Identifier: MIT

import Testing

/// C programs, each compiled against the installed library and run; they say themselves what is wrong.
@Suite(.serialized) struct CProgramTests {
  let library: InstalledLibrary

  init() throws {
    library = try InstalledLibrary.shared.get()
  }

  static let programs = [
    "alignment.c", "arguments.c", "atfork.c", "cancel.c", "churn.c", "contents.c", "discard.c",
    "errors.c", "filtered.c", "fork.c", "givers.c", "idle.c", "interface.c", "many.c", "misuse.c",
    "pattern.c", "ranges.c", "regrown.c", "reset.c", "resize.c",
    "speed.c", "startup.c", "threads.c", "usage.c",
  ]

  @Test(arguments: programs, [Linkage.shared, .archive])
  func `the program succeeds`(source: String, linkage: Linkage) throws {
    let program = try library.compile(source, linkage)
    let outcome = try Outcome.of([program], environment: library.environment)
    #expect(outcome.status == 0, "\(outcome.text)")
  }

  @Test func `forks are safe where the library was opened by dlopen`() throws {
    let program = library.prefix + "/opened"
    try Outcome.text(
      of: [
        "clang", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program,
        InstalledLibrary.programs + "/opened.c",
      ])
    let outcome = try Outcome.of([program, library.sharedObject])
    #expect(outcome.status == 0, "\(outcome.text)")
  }

  @Test(arguments: ["hardened.c", "hardened-legal.c"], [Linkage.shared, .archive])
  func `the hardened mode finds misuse, and nothing else`(source: String, linkage: Linkage) throws {
    let program = try library.compile(source, linkage)
    let outcome = try Outcome.of(
      [program], environment: library.environment.merging(["TAMALLOC_HARDENED": "1"]) { $1 })
    #expect(outcome.status == 0, "\(outcome.text)")
  }

  @Test(arguments: Linkage.allCases)
  func `the README's example prints what the README says`(linkage: Linkage) throws {
    let program = try library.compile("example.c", linkage)
    let text = try Outcome.text(of: [program], environment: library.environment)
    #expect(text == "1 0 1\n68719476736 bytes reserved, 8192 committed\n255\n")
  }

  @Test func `the header is C++ too`() throws {
    let program = try library.compile("header.cpp", .shared, compiler: ["clang++", "-std=c++11"])
    let outcome = try Outcome.of([program], environment: library.environment)
    #expect(outcome.status == 0, "\(outcome.text)")
  }

  @Test(arguments: ["clang++", "g++"], ["c++17", "c++20", "c++23"])
  func `the C++ header's containers hold what the standard's hold`(
    compiler: String, standard: String
  ) throws {
    let program = try library.compile(
      "containers.cpp", .shared, compiler: [compiler, "-std=\(standard)"])
    let outcome = try Outcome.of([program], environment: library.environment)
    #expect(outcome.status == 0, "\(outcome.text)")
  }

  @Test(arguments: ["operators.cpp", "own-operators.cpp"], ["", "1"])
  func `operators of C++ are the heap's, or the program's own`(source: String, hardened: String)
    throws
  {
    let program = try library.compile(
      source, .shared,
      compiler: ["g++", "-std=c++17", "-fsized-deallocation", "-Wno-sized-deallocation"])
    let outcome = try Outcome.of(
      [program], environment: library.environment.merging(["TAMALLOC_HARDENED": hardened]) { $1 })
    #expect(outcome.status == 0, "\(outcome.text)")
  }

  @Test(arguments: ["c99", "c11", "c23"])
  func `the header stands alone in every dialect`(dialect: String) throws {
    try Outcome.text(
      of: [
        "clang", "-std=\(dialect)", "-pedantic", "-Wall", "-Wextra", "-Wstrict-prototypes",
        "-Wdocumentation", "-Werror", "-fsyntax-only", "-x", "c", library.header,
      ])
  }
}
