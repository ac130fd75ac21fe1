// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// Rooms within a module, which no import keeps apart: the heap's folders use each other in one direction only.
///
/// An arrow is a type or a function that is declared in one folder alone, and named in another one. What stands in
/// the heap's own folder, its face, uses all of them; and each may name `Heap`, of which all are parts.
@Suite struct HeapFolderTests {
  /// From the top down: each folder, and what it may use of those below.
  static let arrows: [(folder: String, uses: Set<String>)] = [
    ("Hardened", ["Large", "Threads", "Slots", "Sharing", "Spans", "Messages"]),
    ("Upkeep", ["Large", "Threads", "Slots", "Sharing", "Spans", "Messages"]),
    ("Large", ["Slots", "Sharing", "Spans", "Messages"]),
    ("Threads", ["Slots", "Sharing", "Spans", "Messages"]),
    ("Slots", ["Sharing", "Spans"]),
    ("Sharing", ["Spans"]),
    ("Spans", ["Messages"]),
    ("Messages", []),
  ]

  /// A file's code: without comments, and without what stands in quotes.
  private func code(_ file: URL) throws -> String {
    try HouseTests.text(file)
      .replacing(/"(?:\\.|[^"\\\n])*"/, with: "\"\"")
      .replacing(/\/\/[^\n]*/, with: "")
  }

  @Test func `the heap's folders use each other downwards only`() throws {
    let root = HouseTests.root.appending(path: "Sources/Heap").standardized.pathComponents.count
    var files: [(folder: String, code: String)] = []
    for file in HouseTests.files(below: "Sources/Heap", ending: "swift") {
      let path = file.standardized.pathComponents
      guard path.count > root + 1 else { continue }
      files.append((path[root], try code(file)))
    }
    let folders = Set(files.map(\.folder))
    #expect(folders == Set(Self.arrows.map(\.folder)))

    let declaration =
      /(?m)^(?<before>[ @\w()]*?)\b(?:func|struct|enum|class|protocol|typealias)\s+(?<name>\w+)/
    var places: [Substring: Set<String>] = [:]
    var isPublic: Set<Substring> = []
    for (folder, code) in files {
      for match in code.matches(of: declaration.wordBoundaryKind(.simple)) {
        places[match.name, default: []].insert(folder)
        if !match.before.contains("private") { isPublic.insert(match.name) }
      }
    }
    let owners = places.filter { isPublic.contains($0.key) && $0.value.count == 1 }
      .compactMapValues(\.first)
    #expect(owners.count > 100)

    // A function is called, a type is named. (By default a point between letters bounds no word.)
    let use = /\b(?:([a-z]\w*)(?=\()|([A-Z]\w*))/.wordBoundaryKind(.simple)
    var found: [String: [String: Set<Substring>]] = [:]
    for (folder, code) in files {
      for match in code.matches(of: use) {
        guard let name = match.1 ?? match.2, let owner = owners[name], owner != folder
        else { continue }
        found[folder, default: [:]][owner, default: []].insert(name)
      }
    }
    var above: Set<String> = []
    for (folder, allowed) in Self.arrows {
      above.insert(folder)
      #expect(allowed.isDisjoint(with: above), "\(folder) may use what is above it")
      for (used, names) in found[folder, default: [:]] where !allowed.contains(used) {
        Issue.record("\(folder) uses \(used): \(names.sorted().joined(separator: ", "))")
      }
      let unused = allowed.subtracting(found[folder, default: [:]].keys)
      #expect(unused.isEmpty, "\(folder) may use \(unused.sorted()), and does not")
    }
  }

  /// Whether Swift takes the heap's sources with some more code; returns what it says of it, by lines.
  private func check(_ code: String) throws -> (isRight: Bool, lines: Set<Int>) {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "probe.swift")
    try code.write(to: file, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      [
        "swiftc", "-typecheck", "-swift-version", "6", "-module-name", "Heap",
        "-package-name", HouseTests.root.lastPathComponent.lowercased(),
        "-enable-experimental-feature", "Lifetimes",
        "-enable-upcoming-feature", "MemberImportVisibility",
        "-I", HouseTests.root.appending(path: ".build/debug/Modules").path(),
        "-I", HouseTests.root.appending(path: "Sources/CTamalloc/include").path(), file.path(),
      ] + HouseTests.files(below: "Sources/Heap", ending: "swift").map { $0.path() }
    let pipe = Pipe()
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let lines = text.matches(of: /probe\.swift:(\d+):\d+: error:/).compactMap { Int($0.1) }
    #expect(lines.isEmpty == (process.terminationStatus == 0), "\(text.suffix(2000))")
    return (process.terminationStatus == 0, Set(lines))
  }

  @Test func `what the lock guards is out of reach without it`() throws {
    let right = try check(
      """
      func probe(_ heap: UnsafeMutablePointer<Heap>, _ block: UInt) -> Int {
        heap.pointee.hardened.lock.withLock { held in
          heap.pointee.hardened.release(block, function: "probe", held)
        }
        return heap.guarded.withLock { shared, _ in shared.slots.dirtySlots }
      }
      """)
    #expect(right.isRight)
    let wrong = try check(
      """
      func probe(_ heap: UnsafeMutablePointer<Heap>, _ block: UInt) {
        _ = heap.guarded.pointee.value.slots.dirtySlots
        _ = heap.pointee.lockedState
        heap.guarded.pointee.lock.lock()
        heap.pointee.hardened.lock.lock()
        heap.pointee.hardened.lock.unlock()
        heap.pointee.hardened.release(block, function: "probe")
        heap.pointee.hardened.release(block, function: "probe", Held())
        _ = heap.pointee.slots
      }
      """)
    #expect(wrong.lines == Set(2...9))
  }
}
