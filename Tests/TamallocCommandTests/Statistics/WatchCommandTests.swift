// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// `tamalloc watch`, on processes and on commands.
@Suite(.serialized) struct WatchCommandTests {
  @Test func `a command's status is kept by watch`() throws {
    for (script, status) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143)] {
      let outcome = try BuiltCommand.run(["watch", "--", "sh", "-c", script])
      #expect(outcome.status == Int32(status))
      #expect(outcome.output.isEmpty)
    }
    #expect(try BuiltCommand.run(["watch", "--", "/no/such/program"]).status == 2)
    #expect(try BuiltCommand.run(["watch"]).status == 2)
    #expect(try BuiltCommand.run(["watch", "999999999"]).status == 1)
  }

  @Test func `watch draws what it follows`() throws {
    let file = NSTemporaryDirectory() + "tamalloc-watch-\(getpid()).svg"
    defer { try? FileManager.default.removeItem(atPath: file) }
    let outcome = try BuiltCommand.run([
      "watch", "--for", "0.3", "--interval", "0.1", "--plot", file, "\(getpid())",
    ])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("committed"))
    #expect(try String(contentsOfFile: file, encoding: .utf8).hasPrefix("<?xml"))
    let json = try BuiltCommand.run([
      "watch", "--for", "0.3", "--interval", "0.1", "--json", "\(getpid())",
    ]).output
    #expect(json.split(separator: "\n").count >= 3)
  }
}
