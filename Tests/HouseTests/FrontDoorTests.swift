// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// What a stranger reads first is true: commands and paths that documents name are there.
@Suite struct FrontDoorTests {
  private func text(_ path: String) throws -> String {
    try HouseTests.text(HouseTests.root.appending(path: path))
  }

  @Test func `documents name no target that make does not have`() throws {
    let makefile = try text("Makefile")
    let targets = Set(makefile.matches(of: /(?m)^([a-z][a-z-]*):/).map { String($0.1) })
    #expect(targets.count > 10)
    // In backquotes, or a line of its own in a block of commands.
    let mention = /(?m)`make ([a-z][a-z-]*)|^(?:\$ )?make ([a-z][a-z-]*)(?:$|\s+#)/
    var count = 0
    for path in try HouseTests.tracked() where !path.hasPrefix("Kernel/patches/") {
      guard let page = try? text(path) else { continue }
      for match in page.matches(of: mention) {
        let target = String(match.1 ?? match.2 ?? "")
        #expect(targets.contains(target), "\(path) names make \(target)")
        count += 1
      }
    }
    #expect(count > 30, "found \(count)")
  }

  @Test func `make help names every target, and none besides`() throws {
    let makefile = try text("Makefile")
    let targets = Set(makefile.matches(of: /(?m)^([a-z][a-z-]*):/).map { String($0.1) })
    let help = try HouseTests.output("make", "-s", "-C", HouseTests.root.path(), "help")
    let named = Set(help.matches(of: /(?m)^  make ([a-z][a-z-]*)/).map { String($0.1) })
    // What the others need is made by them.
    #expect(named == targets.filter { !$0.hasPrefix("setup") && $0 != "help" })
  }

  /// A path below one of the checkout's folders is one of the checkout, of its page's folder, or, on the
  /// kernel's page, of Linux.
  @Test func `documents name no path that is not there`() throws {
    let files = try HouseTests.tracked()
    let folders = Set(files.filter { $0.contains("/") }.map { $0.prefix { $0 != "/" } })
    let path = /(?:^|[^\w\/.~$"{}\-])((?:\w|\.ci)[\w.]*\/[\w.\/+*\-]*)/
    var count = 0
    for page in files where page.hasSuffix(".md") {
      let own = page.split(separator: "/").dropLast().joined(separator: "/")
      for match in try text(page).matches(of: path) {
        let name = match.1.hasSuffix(".") ? match.1.dropLast() : match.1
        guard folders.contains(name.prefix { $0 != "/" }) else { continue }
        let places = ["", own, "\(own)/linux"].map { HouseTests.root.appending(path: $0) }
        #expect(
          places.contains { isThere(String(name), below: $0) }, "\(page) names \(name)")
        count += 1
      }
    }
    #expect(count > 100, "found \(count)")
  }

  /// Whether a path is that of a file or folder; stars stand for anything within one name.
  private func isThere(_ path: String, below folder: URL) -> Bool {
    guard let star = path.firstIndex(of: "*") else {
      return FileManager.default.fileExists(atPath: folder.appending(path: path).path())
    }
    let parent = path[..<star].lastIndex(of: "/").map { path[..<$0] } ?? ""
    let pieces = path[(parent.isEmpty ? path.startIndex : path.index(after: parent.endIndex))...]
      .split(separator: "*", omittingEmptySubsequences: false)
    let names =
      (try? FileManager.default.contentsOfDirectory(
        atPath: folder.appending(path: String(parent)).path())) ?? []
    return names.contains { name in
      name.hasPrefix(pieces.first ?? "") && name.hasSuffix(pieces.last ?? "")
    }
  }

  /// A rule that allows what nobody does hides what somebody will.
  @Test func `each allowed import is made`() throws {
    let rooms = HouseTests.allowed.map { ("Sources/\($0.key)", $0.value) }
    for (room, allowed) in rooms + HouseTests.allowedOutside.map({ ($0.key, $0.value) }) {
      var made: Set<String> = []
      for file in HouseTests.files(below: room, ending: "swift") {
        let lines = try HouseTests.text(file).matches(of: /(?m)^\s*(?:@?\w+ )?import ([\w.]+)/)
        made.formUnion(lines.map { String($0.1) })
      }
      let unmade = allowed.subtracting(made).sorted()
      #expect(unmade.isEmpty, "\(room) may import \(unmade.joined(separator: ", ")), and does not")
    }
  }
}
