// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// What the compiler knows of the libraries' symbols.
@Suite struct SymbolTests {
  private struct Graph: Decodable {
    struct Symbol: Decodable {
      struct Comment: Decodable {}
      let pathComponents: [String]
      let docComment: Comment?
    }
    let symbols: [Symbol]
  }

  static let libraries = [
    "Pages", "Allocators", "Charts", "Reservations", "Tamalloc", "MemoryStatistics", "Laboratory",
    "ExportArguments", "PhysicalMemory", "MachineScript", "PageRecordings",
  ]

  /// The public symbols of a module without a comment of their own, by the compiler's symbol graph.
  private func bare(_ module: String) throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let build = HouseTests.root.appending(path: ".build")
    var words = [
      "swift", "symbolgraph-extract", "-module-name", module, "-target",
      "x86_64-unknown-linux-gnu", "-I", build.appending(path: "debug/Modules").path(), "-I",
      HouseTests.root.appending(path: "Sources/CTamalloc/include").path(),
      "-minimum-access-level", "public", "-skip-synthesized-members", "-output-dir",
      folder.path(),
    ]
    // C modules that the modules of others need.
    for path in ["swift-numerics/Sources/_NumericsShims", "swift-atomics/Sources/_AtomicsShims"] {
      words += ["-I", build.appending(path: "checkouts/\(path)/include").path()]
    }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "no symbols of \(module)")
    let file = folder.appending(path: "\(module).symbols.json")
    let graph = try JSONDecoder().decode(Graph.self, from: Data(contentsOf: file))
    try #require(!graph.symbols.isEmpty)
    return graph.symbols.filter { $0.docComment == nil }
      .map { $0.pathComponents.joined(separator: ".") }
  }

  @Test(arguments: libraries)
  func `no public symbol is without a comment`(module: String) throws {
    let bare = try bare(module)
    #expect(bare.isEmpty, "\(module): \(bare.joined(separator: ", "))")
  }

  /// A name that stands once in all sources and tests is declared and never used.
  @Test func `no declaration is used nowhere`() throws {
    // Called by others: the C library, protocols of other packages, the runtime.
    let called: Set<String> = [
      "Program", "ExportProgram", "ReportCommand", "body", "makeIterator", "InboundIn",
      "OutboundOut",
      "channelActive", "channelInactive", "channelRead", "userInboundEventTriggered",
      "errorCaught",
    ]
    let word = /[A-Za-z_][A-Za-z0-9_]*/
    let declaration = /\b(?:func|struct|enum|class|protocol|typealias|let|var)\s+([A-Za-z_]\w*)/
    var counts: [Substring: Int] = [:]
    var declared: [(name: Substring, path: String)] = []
    for path in try HouseTests.tracked()
    where path.hasSuffix(".swift") || path.hasSuffix(".h") || path.hasSuffix(".c") {
      // What is named here is not used by that.
      if path.hasPrefix("Tests/HouseTests/") { continue }
      let text = try HouseTests.text(HouseTests.root.appending(path: path))
      let isOurs = path.hasSuffix(".swift") && path.hasPrefix("Sources/")
      for line in text.split(separator: "\n") {
        // What stands behind two slashes is no code; a link in a text may lose its end.
        let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
        for match in code.matches(of: word) { counts[match.output, default: 0] += 1 }
        // Of what is public, a user of the library may make use.
        guard isOurs, !code.contains("public "), let match = code.firstMatch(of: declaration) else {
          continue
        }
        declared.append((match.1, path))
      }
    }
    #expect(declared.count > 1000)
    for (name, path) in declared where counts[name] == 1 && !called.contains(String(name)) {
      Issue.record("\(path): \(name) is used nowhere")
    }
  }
}
