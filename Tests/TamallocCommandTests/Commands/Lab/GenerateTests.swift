// SPDX-License-Identifier: MIT

import Foundation
import Laboratory
import Testing

@Suite struct GenerateTests {
  @Test func `the command writes what the recipe makes`() throws {
    let outcome = try BuiltCommand.run(
      "lab", "generate", "300", "--distribution", "linear", "--min", "8", "--max", "4000",
      "--lifetime", "early", "--seed", "9", "-o", "-")
    let trace = Trace(
      TraceRecipe(
        count: 300, distribution: .linear, sizes: 8...4000, lifetime: .early, seed: 9))
    #expect(outcome.status == 0 && outcome.complaint.isEmpty)
    #expect(outcome.output == trace.text)
  }

  @Test func `a file and its picture appear whole`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "generate-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "a.trace").path
    let plot = folder.appending(path: "a.svg").path
    let outcome = try BuiltCommand.run(
      "lab", "generate", "200", "--pattern", "lazy-hoard", "-o", file, "--plot", plot)
    #expect(outcome.status == 0, "\(outcome.complaint)")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text == HostilePattern.lazyHoard.trace(count: 200).text)
    let picture = try String(contentsOfFile: plot, encoding: .utf8)
    #expect(picture.contains("share of requests") && picture.contains("Live bytes"))
    #expect(try XMLDocumentCheck.isWellFormed(picture))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
  }

  @Test func `patterns are listed with what they are for`() throws {
    let outcome = try BuiltCommand.run("lab", "generate", "--pattern", "list")
    #expect(outcome.status == 0)
    for pattern in HostilePattern.allCases {
      #expect(outcome.output.contains(pattern.rawValue) && outcome.output.contains(pattern.claim))
    }
  }

  @Test(arguments: [
    [], ["5"], ["-5", "-o", "-"], ["99999999999", "-o", "-"], ["5", "-o", "-", "--min", "0"],
    ["5", "-o", "-", "--min", "9", "--max", "8"], ["5", "-o", "-", "--distribution", "normal"],
    ["5", "-o", "-", "--lifetime", "long"], ["5", "-o", "-", "--pattern", "nothing"],
    ["5", "-o", "-", "--pattern", "pinned", "--min", "8"], ["5", "-o", "-", "--page-size", "4096"],
    ["5", "-o", "-", "--pattern", "pinned", "--page-size", "5000"],
  ])
  func `arguments that make no sense are refused`(arguments: [String]) throws {
    let outcome = try BuiltCommand.run(["lab", "generate"] + arguments)
    #expect(outcome.status == 2 && outcome.output.isEmpty, "\(arguments): \(outcome.complaint)")
  }
}

/// Whether a text has every element closed, in order.
enum XMLDocumentCheck {
  static func isWellFormed(_ text: String) throws -> Bool {
    var open: [Substring] = []
    for match in text.matches(of: /<(\/?)([a-z]+)[^>]*?(\/?)>/) {
      if !match.3.isEmpty { continue }
      if match.1.isEmpty {
        open.append(match.2)
      } else if open.popLast() != match.2 {
        return false
      }
    }
    return open.isEmpty
  }
}
