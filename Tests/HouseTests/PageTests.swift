// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// Pages in two languages and in several places say the same.
@Suite struct PageTests {
  private func text(_ path: String) throws -> String {
    try HouseTests.text(HouseTests.root.appending(path: path))
  }

  /// The fenced blocks of a page: language and content.
  private func blocks(_ page: String) -> [(language: String, code: String)] {
    var blocks: [(String, String)] = []
    var open: (language: String, lines: [Substring])?
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("```") else {
        open?.lines.append(line)
        continue
      }
      if let block = open {
        blocks.append((block.language, block.lines.joined(separator: "\n")))
        open = nil
      } else {
        open = (String(line.dropFirst(3)), [])
      }
    }
    return blocks
  }

  @Test func `the Spanish README has the English one's commands, code and figures`() throws {
    let english = try text("README.md")
    let spanish = try text("README.es.md")
    #expect(blocks(spanish).map(\.code) == blocks(english).map(\.code))
    for mark in ["## ", "- ", "| "] {
      let counts = [english, spanish].map { page in
        page.split(separator: "\n").filter { $0.hasPrefix(mark) }.count
      }
      #expect(counts[0] == counts[1], "lines that begin with '\(mark)'")
    }
    // Behind the first column, which has names, and the second, which has words, are figures.
    func figures(_ page: String) -> [[Substring]] {
      page.split(separator: "\n").filter { $0.hasPrefix("| ") }
        .map { $0.split(separator: "|").dropFirst(2).map { $0.filter(\.isNumber)[...] } }
    }
    #expect(figures(english) == figures(spanish))
  }

  @Test(arguments: [
    ("HugeSparseArray.md", "swift", "Examples/SparseArray/main.swift"),
    ("LazyMemoryInC.md", "c", "Tests/CLibraryTests/Programs/example.c"),
  ])
  func `a tutorial's code is a program that is compiled`(
    page: String, language: String, program: String
  ) throws {
    let pieces = blocks(try text("Documentation/Tamalloc.docc/\(page)"))
      .filter { $0.language == language }.map(\.code)
    #expect(!pieces.isEmpty)
    func lines(_ text: String) -> [Substring] {
      text.split(separator: "\n").filter { !$0.contains("SPDX") }
    }
    #expect(lines(pieces.joined(separator: "\n")) == lines(try text(program)))
  }

  /// What a tutorial shows as run by `sh` is run by scripts/test-docs.
  @Test func `each tutorial has commands`() throws {
    let pages = HouseTests.files(below: "Documentation/Tamalloc.docc", ending: "md")
    #expect(pages.count == 8)
    for page in pages where page.lastPathComponent != "Tamalloc.md" {
      #expect(blocks(try HouseTests.text(page)).contains { $0.language == "sh" }, "\(page.path())")
    }
  }

  @Test func `links between pages lead somewhere`() throws {
    let link = /\]\(([^)#:\s]+)(#[^)]*)?\)/
    for path in try HouseTests.tracked() where path.hasSuffix(".md") {
      let folder = HouseTests.root.appending(path: path).deletingLastPathComponent()
      for match in try text(path).matches(of: link) {
        let target = folder.appending(path: String(match.1)).standardized.path()
        #expect(FileManager.default.fileExists(atPath: target), "\(path) links to \(match.1)")
      }
    }
  }

  @Test func `the version stands in one place`() throws {
    let header = try text("Sources/CTamalloc/include/tamalloc.h")
    let version = try #require(header.firstMatch(of: /#define TAMALLOC_VERSION "([0-9.]+)"/)).1
    let parts = header.matches(of: /#define TAMALLOC_VERSION_(?:MAJOR|MINOR|PATCH) ([0-9]+)/)
    #expect(parts.map(\.1).joined(separator: ".") == version)
    #expect(try text("CHANGELOG.md").contains("\n## \(version)\n"))
    for path in try HouseTests.tracked()
    where path.hasSuffix(".swift") && path.hasPrefix("Sources/") {
      #expect(!(try text(path)).contains("\"\(version)"), "\(path) has the version again")
    }
  }
}
