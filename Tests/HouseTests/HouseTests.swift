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
    "Tamalloc": ["Pages", "CTamalloc", "Synchronization"],
    "Laboratory": ["Pages", "Allocators", "Tamalloc", "PhysicalMemory", "Glibc", "Histogram"],
    "MemoryStatistics": ["Pages", "CTamalloc", "Glibc"],
    "PhysicalMemory": ["Pages", "Allocators", "Tamalloc", "CTamalloc"],
    "ExportArguments": ["MemoryStatistics", "ArgumentParser"],
    "TamallocCommand": [
      "Pages", "CTamalloc", "Charts", "Tamalloc", "Laboratory", "PhysicalMemory",
      "MemoryStatistics", "ExportArguments", "ArgumentParser", "FoundationEssentials", "Glibc",
      "Synchronization",
    ],
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

  @Test func `imports go down only`() throws {
    let files = Self.files(below: "Sources", ending: "swift")
    #expect(files.count > 20, "found \(files.count) files")
    let depth = Self.root.appending(path: "Sources").standardized.pathComponents.count
    for file in files {
      let room = file.standardized.pathComponents[depth]
      let allowed = try #require(Self.allowed[room], "no rule for the room \(room)")
      for line in try Self.text(file).split(separator: "\n") {
        let words = line.split(separator: " ")
        guard let position = words.firstIndex(of: "import"), position <= 1,
          ["import", "public", "internal", "package", "@testable"].contains(words[0])
        else { continue }
        let module = String(words[position + 1])
        #expect(allowed.contains(module), "\(file.lastPathComponent) imports \(module)")
      }
    }
  }

  @Test func `every source file opens with its licence`() throws {
    for ending in ["swift", "c", "h"] {
      for file in Self.files(
        below: "Sources", "Tests", "Malloc", "Kernel", "Benchmarks", ending: ending)
      {
        let opening = try Self.text(file).split(separator: "\n").prefix(3).joined()
        #expect(opening.contains("SPDX-License-Identifier:"), "\(file.path())")
      }
    }
  }

  @Test func `no source file is above 400 lines`() throws {
    for file in Self.files(below: "Sources", "Malloc", ending: "swift") {
      let lines = try Self.text(file).split(separator: "\n", omittingEmptySubsequences: false).count
      #expect(lines <= 400, "\(file.lastPathComponent) has \(lines) lines")
    }
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
