// SPDX-License-Identifier: MIT

import Testing

/// Swift programs, with a runtime of their own, in one process with the library's.
@Suite(.serialized) struct SwiftHostTests {
  let library: InstalledLibrary

  init() throws {
    library = try InstalledLibrary.shared.get()
  }

  private func compile(_ name: String, _ arguments: [String]) throws -> String {
    let program = "\(library.prefix)/\(name)"
    try Outcome.text(
      of: ["swiftc", "-O", "-swift-version", "6", "\(InstalledLibrary.programs)/host.swift"]
        + ["-module-cache-path", "\(library.prefix)/modules", "-o", program] + arguments)
    return program
  }

  @Test func `links with the static library`() throws {
    let program = try compile(
      "host-archive",
      ["-DUSES_TAMALLOC", "-import-objc-header", library.header, library.archive])
    #expect(try Outcome.text(of: [program]) == "well\n")
  }

  @Test func `links with everything static`() throws {
    let program = try compile(
      "host-wholly",
      [
        "-static-stdlib", "-DUSES_TAMALLOC", "-import-objc-header", library.header,
        library.archive,
      ])
    #expect(try Outcome.text(of: [program]) == "well\n")
  }

  @Test func `links with the shared library`() throws {
    let program = try compile(
      "host-shared",
      ["-DUSES_TAMALLOC", "-import-objc-header", library.header]
        + ["-L\(library.prefix)/lib", "-ltamalloc"])
    #expect(try Outcome.text(of: [program], environment: library.environment) == "well\n")
  }

  @Test func `runs with the shared library loaded before all others`() throws {
    let program = try compile("host-alone", [])
    // ld.so splits LD_PRELOAD at blanks, so it is given a bare name and where to look for it.
    let environment = ["LD_PRELOAD": "libtamalloc.so"].merging(library.environment) { $1 }
    #expect(try Outcome.text(of: [program], environment: environment) == "well\n")
  }
}
