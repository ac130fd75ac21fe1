// SPDX-License-Identifier: MIT

// The rules of the house, read off the sources themselves: which room may import which, what opens a
// file, how long it may be, and that what the README shows is what the tests compile.

import Foundation
import Testing

@Suite struct HouseTests {
  /// What each room may import, beyond the standard library.
  static let allowed: [String: Set<String>] = [
    "Pages": [],
    "Allocators": ["Pages"],
    "CTamalloc": [],
    "Charts": [],
    "System": ["Pages", "CTamalloc", "Synchronization"],
    "Reservations": ["Pages", "System"],
    "Heap": ["Pages", "System", "Reservations", "Synchronization"],
    "Tamalloc": ["Pages", "System", "Reservations"],
    "Laboratory": ["Pages", "Allocators", "Tamalloc", "PhysicalMemory", "Glibc", "Histogram"],
    "MemoryStatistics": ["Pages", "CTamalloc", "Glibc", "Synchronization"],
    "PhysicalMemory": ["Pages", "Tamalloc", "Synchronization"],
    "MachineScript": ["Pages", "PhysicalMemory"],
    "PageRecordings": ["Pages", "PhysicalMemory"],
    "ExportArguments": ["MemoryStatistics", "CTamalloc", "ArgumentParser"],
    "TamallocCommand": [
      "Pages", "CTamalloc", "Reservations", "Charts", "Tamalloc", "Laboratory", "PhysicalMemory",
      "MachineScript", "PageRecordings", "MemoryStatistics", "ExportArguments", "ArgumentParser",
      "FoundationEssentials", "Glibc", "CTamalloc.Library",
    ],
    "TamallocReport": ["Charts", "ArgumentParser", "FoundationEssentials", "Glibc"],
    "TamallocExport": [
      "MemoryStatistics", "ExportArguments", "ArgumentParser", "Glibc", "Synchronization",
      "NIOCore", "NIOHTTP1", "NIOPosix",
    ],
  ]

  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The checkout's files below some folders, without what builds have left there and without links.
  static func files(below folders: String..., ending: String) -> [URL] {
    folders.flatMap { folder -> [URL] in
      let enumerator = FileManager.default.enumerator(
        at: root.appending(path: folder),
        includingPropertiesForKeys: [.isSymbolicLinkKey, .isRegularFileKey])
      return (enumerator?.allObjects as? [URL] ?? []).filter { file in
        let values = try? file.resourceValues(forKeys: [.isSymbolicLinkKey, .isRegularFileKey])
        return file.pathExtension == ending && !file.path().contains("/.build")
          && values?.isRegularFile == true && values?.isSymbolicLink != true
      }
    }
  }

  static func text(_ file: URL) throws -> String {
    try String(contentsOf: file, encoding: .utf8)
  }

  /// The same for the rooms outside of Sources, which hold links to those inside as well.
  static let allowedOutside: [String: Set<String>] = [
    "Malloc/Sources/TamallocLibrary": [
      "CTamalloc", "CTamalloc.Library", "Pages", "Reservations", "Heap",
    ],
    "Malloc/Sources/TamallocRecorder": ["CRecorder", "Synchronization"],
    "Kernel/linux": [],
    "Examples": ["Tamalloc"],
  ]

  @Test func `imports go down only`() throws {
    let files = Self.files(below: "Sources", ending: "swift")
    #expect(files.count > 20, "found \(files.count) files")
    let depth = Self.root.appending(path: "Sources").standardized.pathComponents.count
    var rooms: Set<String> = []
    for file in files {
      let room = file.standardized.pathComponents[depth]
      rooms.insert(room)
      try expectImports(of: file, in: #require(Self.allowed[room], "no rule for the room \(room)"))
    }
    // A rule for a room that is gone would hide one for a room that is new.
    #expect(rooms.union(["CTamalloc"]) == Set(Self.allowed.keys))
    for (room, allowed) in Self.allowedOutside {
      let files = Self.files(below: room, ending: "swift")
      #expect(!files.isEmpty, "nothing in \(room)")
      for file in files { try expectImports(of: file, in: allowed) }
    }
  }

  private func expectImports(of file: URL, in allowed: Set<String>) throws {
    for line in try Self.text(file).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let position = words.firstIndex(of: "import"), position <= 1,
        words.count > position + 1,
        ["import", "public", "internal", "package", "@testable", "@_exported"].contains(words[0])
      else { continue }
      let module = String(words[position + 1])
      #expect(allowed.contains(module), "\(file.path()) imports \(module)")
    }
  }

  @Test func `every source file opens with its licence`() throws {
    for ending in ["swift", "c", "h"] {
      for file in Self.files(
        below: "Sources", "Tests", "Malloc", "Kernel", "Benchmarks", "Examples", ending: ending)
      {
        let opening = try Self.text(file).split(separator: "\n").prefix(3).joined()
        #expect(opening.contains("SPDX-License-Identifier:"), "\(file.path())")
      }
    }
  }

  @Test func `no file is above 400 lines without a reason at its top`() throws {
    let files = try Self.tracked().filter { path in
      // Patches and what was recorded are not written by hand.
      !path.hasPrefix("Kernel/patches/") && path != "Package.resolved"
        && (!path.contains("/Recordings/") || path.hasSuffix(".swift"))
    }
    #expect(files.count > 300, "found \(files.count) files")
    for path in files {
      guard let text = try? Self.text(Self.root.appending(path: path)) else { continue }
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      guard lines.count > 401 else { continue }
      let opening = lines.prefix(12).joined(separator: " ")
      #expect(opening.contains("Above 400 lines"), "\(path) has \(lines.count) lines")
    }
  }

  /// The files that git knows of, or is about to, without links.
  static func tracked() throws -> [String] {
    let output = try output(
      "git", "-c", "safe.directory=*", "-C", root.path(), "ls-files", "-co", "--exclude-standard")
    return output.split(separator: "\n").map(String.init).filter { path in
      let values = try? root.appending(path: path).resourceValues(forKeys: [.isRegularFileKey])
      return values?.isRegularFile == true
    }
  }

  static func output(_ words: String...) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(words.joined(separator: " ")) failed")
    return String(decoding: data, as: UTF8.self)
  }

  @Test(arguments: [
    ("swift", "Examples/SparseArray/main.swift"), ("c", "Tests/CLibraryTests/Programs/example.c"),
  ])
  func `the README shows what is compiled`(language: String, path: String) throws {
    let readme = try Self.text(Self.root.appending(path: "README.md"))
    let source = try Self.text(Self.root.appending(path: path))
    let code = source.split(separator: "\n", omittingEmptySubsequences: false)
      .drop { $0.contains("SPDX") || $0.isEmpty }.joined(separator: "\n")
    #expect(readme.contains("```\(language)\n\(code)```"), "README.md and \(path) differ")
  }

  @Test func `the Swift example does what its comments say`() throws {
    let program = Bundle.main.bundleURL.appending(path: "sparse-array")
    let built = [program, Self.root.appending(path: ".build/debug/sparse-array")]
      .first { FileManager.default.isExecutableFile(atPath: $0.path()) }
    let process = Process()
    let example: URL = try #require(built, "build the product sparse-array first")
    process.executableURL = example
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(
      text == """
        3.5 MemoryUsage(reserved: 74.51 GiB, committed: 4 KiB, swapped: 0 B)
        255 MemoryUsage(reserved: 1 GiB, committed: 0 B, swapped: 0 B)

        """)
  }
}
