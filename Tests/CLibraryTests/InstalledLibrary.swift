// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// How a program is joined with the library.
enum Linkage: String, CaseIterable, CustomTestStringConvertible {
  case shared
  case archive
  /// Everything in one file, the C library too.
  case wholly

  var testDescription: String { rawValue }
}

/// The C library as `Malloc/install` leaves it in a folder of its own.
struct InstalledLibrary {
  let prefix: String

  /// Built and installed once for all tests.
  static let shared = Result { try InstalledLibrary() }

  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
  static let programs = root + "/Tests/CLibraryTests/Programs"

  private init() throws {
    // A blank in the path: the scripts must cope with one.
    prefix =
      FileManager.default.temporaryDirectory.path
      + "/tamalloc library \(ProcessInfo.processInfo.processIdentifier)"
    try Outcome.text(of: [Self.root + "/Malloc/install", prefix])
    let prefix = prefix
    Self.atExit = { try? FileManager.default.removeItem(atPath: prefix) }
    atexit { InstalledLibrary.atExit() }
  }

  nonisolated(unsafe) private static var atExit: () -> Void = {}

  var archive: String { prefix + "/lib/libtamalloc.a" }
  var sharedObject: String { prefix + "/lib/libtamalloc.so" }
  var header: String { prefix + "/include/tamalloc.h" }

  /// What a program finds the shared library with.
  var environment: [String: String] { ["LD_LIBRARY_PATH": prefix + "/lib"] }

  /// What pkg-config says, which quotes as a shell does.
  func flags(_ kind: String) throws -> [String] {
    let text = try Outcome.text(
      of: ["pkg-config", kind, "tamalloc"],
      environment: ["PKG_CONFIG_PATH": prefix + "/lib/pkgconfig"])
    // A backslash keeps the blank behind it.
    return text.replacingOccurrences(of: "\\ ", with: "\u{0}")
      .split(whereSeparator: \.isWhitespace)
      .map { $0.replacingOccurrences(of: "\u{0}", with: " ") }
  }

  /// Compiles a program, strictly; returns where it is.
  func compile(
    _ source: String, _ linkage: Linkage, compiler: [String] = ["clang", "-std=c99"]
  ) throws -> String {
    let program = "\(prefix)/\(source).\(linkage)"
    let library =
      switch linkage {
      case .shared: try flags("--libs")
      case .archive: [archive]
      case .wholly: ["-static", archive]
      }
    try Outcome.text(
      of: compiler + [
        "-O1", "-fno-builtin", "-pedantic", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
      ]
        + flags("--cflags") + ["\(Self.programs)/\(source)", "-pthread", "-o", program] + library)
    return program
  }
}
