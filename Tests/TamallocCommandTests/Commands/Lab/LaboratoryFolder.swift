// SPDX-License-Identifier: MIT

import Foundation
import Laboratory
import Testing

/// A folder with traces in it, which goes away with the test.
final class LaboratoryFolder {
  let url = FileManager.default.temporaryDirectory.appending(path: "lab-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// A path in the folder.
  func path(_ name: String) -> String { url.appending(path: name).path }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
  }

  func write(_ text: String, to name: String = "a.trace") throws -> String {
    try text.write(toFile: path(name), atomically: false, encoding: .utf8)
    return path(name)
  }

  /// A generated trace of so many requests.
  func trace(
    _ count: Int, sizes: ClosedRange<Int> = 8...8000, name: String = "a.trace"
  ) throws -> String {
    let recipe = TraceRecipe(
      count: count, distribution: .log, sizes: sizes, lifetime: .early, seed: 7)
    return try write(Trace(recipe).text, to: name)
  }

  /// A Python program of the tests, run to its end.
  static func python(_ program: String, _ arguments: String...) throws -> BuiltCommand.Outcome {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Programs/\(program)")
    return try BuiltCommand.run(["python3", file.path] + arguments, by: "/usr/bin/env")
  }
}
