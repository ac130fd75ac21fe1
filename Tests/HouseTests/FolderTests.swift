// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// Folders of a module are floors, too: names of types go down only.
@Suite struct FolderTests {
  /// Modules whose folders name each other yet. It only shrinks: whoever mends one takes it off. Of the heap it is
  /// its face and the folders; those among themselves are in HeapFolderTests.
  static let crossing: Set<String> = ["Allocators", "Heap", "MemoryStatistics"]

  /// scripts/arrows is the one that reads the sources; without --check it draws the whole table.
  @Test(arguments: HouseTests.allowed.keys.filter { $0 != "CTamalloc" })
  func `no two folders of a module name each other, and cycles of files are short`(
    module: String
  ) throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = HouseTests.root.appending(path: "scripts/arrows")
    process.arguments = ["--check", module]
    process.standardOutput = output
    try process.run()
    let faults = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if Self.crossing.contains(module) {
      #expect(process.terminationStatus == 1, "\(module) has no cycle: take it off the list")
    } else {
      #expect(process.terminationStatus == 0 && faults.isEmpty, "\(faults)")
    }
  }

  /// Folders of the command that speak to the system.
  static let doors = ["Terminal/", "Files/", "Processes/"]
  /// Folders that import the C library yet.
  static let pending = ["Statistics/"]

  @Test func `only the command's lower folders import the C library`() throws {
    var found: Set<String> = []
    let folder = HouseTests.root.appending(path: "Sources/TamallocCommand").standardized.path()
    for file in HouseTests.files(below: "Sources/TamallocCommand", ending: "swift") {
      let path = String(file.standardized.path().dropFirst(folder.count + 1))
      guard !Self.doors.contains(where: path.hasPrefix),
        try HouseTests.text(file).contains(/(?m)^internal import (?:Glibc|CTamalloc)$/)
      else { continue }
      if let place = Self.pending.first(where: path.hasPrefix) {
        found.insert(place)
      } else {
        Issue.record("\(path) imports the C library")
      }
    }
    #expect(found == Set(Self.pending), "take what has no such import any more off the list")
  }
}
