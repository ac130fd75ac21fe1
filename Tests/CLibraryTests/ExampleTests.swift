// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// The programs in Examples/C, built by the line that each has at its top, and run.
@Suite(.serialized) struct ExampleTests {
  let library: InstalledLibrary

  init() throws {
    library = try InstalledLibrary.shared.get()
  }

  /// What the programs for the system calls end with: 77 where the kernel has none.
  static let expected: Int32 = {
    let release = try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
    return release?.contains("-tamalloc") == true ? 0 : 77
  }()

  /// Builds a program as its first comment says; returns where it is.
  private func build(_ name: String) throws -> String {
    let source = try String(
      contentsOfFile: "\(InstalledLibrary.root)/Examples/C/\(name).c", encoding: .utf8)
    let line = try #require(source.firstMatch(of: /\n \*   (cc .* -o (\w+).*)\n/))
    #expect(line.2 == name)
    #expect(line.1.contains("-Wall -Wextra -Werror"))
    let program = "\(library.prefix)/\(name)"
    let flags = try (library.flags("--cflags") + library.flags("--libs"))
      .map { "'\($0)'" }.joined(separator: " ")
    let command = line.1.replacing("-o \(name)", with: "-o '\(program)'")
      .replacing("$(pkg-config --cflags --libs tamalloc)", with: flags)
    try Outcome.text(of: ["sh", "-c", "cd '\(InstalledLibrary.root)' && \(command)"])
    return program
  }

  @Test(arguments: [
    ("allocate", 554), ("process_statistics", 555), ("total_statistics", 556),
    ("allocate_extended", 557),
  ])
  func `a system call's example proves itself, or says that there is none`(
    name: String, number: Int
  ) throws {
    let outcome = try Outcome.of([try build(name)])
    #expect(outcome.status == Self.expected, "\(outcome.text)")
    if Self.expected == 77 {
      #expect(outcome.text.hasPrefix("this kernel does not have "))
      #expect(outcome.text.hasSuffix("(\(number))\n"))
    }
  }

  @Test func `the library's example proves itself on any kernel`() throws {
    let outcome = try Outcome.of([try build("library")], environment: library.environment)
    #expect(outcome.status == 0, "\(outcome.text)")
    #expect(outcome.text.matches(of: /1073741824 bytes reserved, 409600 committed/).count == 2)
  }

  @Test func `each example is built here`() throws {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: "\(InstalledLibrary.root)/Examples/C")
    #expect(
      names.sorted() == [
        "allocate.c", "allocate_extended.c", "library.c", "measured.h", "process_statistics.c",
        "total_statistics.c",
      ])
  }
}
