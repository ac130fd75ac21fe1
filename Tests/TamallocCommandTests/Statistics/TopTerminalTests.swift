// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

/// The live view in a real terminal, where tmux is installed.
@Suite(.serialized, .enabled(if: Tmux.isInstalled, "tmux is not installed"))
struct TopTerminalTests {
  /// ILL and TRAP are what a failed check in Swift dies of.
  @Test(arguments: [
    "q", "Q", "C-c", "TERM", "HUP", "SEGV", "ILL", "TRAP", "ABRT", "BUS", "FPE", "USR1", "PIPE",
  ])
  func `the terminal is put back whatever ends it`(way: String) throws {
    let terminal = try Tmux()
    terminal.type("stty -a >\(terminal.folder)/before")
    terminal.type("\(BuiltCommand.path) top")
    try #require(terminal.waits { $0.contains("each page once") || $0.contains("COMMITTED") })
    #expect(terminal.show("#{alternate_on}#{cursor_flag}") == "10")
    if way == "C-c" || way.count == 1 {
      terminal.press(way)
    } else {
      terminal.signal(way)
    }
    // What is typed is the shell's again once it has the terminal back.
    try #require(terminal.waits { _ in terminal.shellIsAlone })
    #expect(terminal.waits { !$0.contains("COMMITTED") })
    // What is typed does not end as what is printed, and a late prompt may stand before that.
    terminal.type("stty -a >\(terminal.folder)/after; echo 'e'nd")
    try #require(
      terminal.waits { $0.split(separator: "\n").contains { $0.hasSuffix("end") } },
      "the screen: \(terminal.screen)")
    #expect(terminal.show("#{alternate_on}#{cursor_flag}") == "01")
    let before = try String(contentsOfFile: terminal.folder + "/before", encoding: .utf8)
    #expect(try String(contentsOfFile: terminal.folder + "/after", encoding: .utf8) == before)
  }

  @Test func `stopped by a key, it gives the screen back, and takes it again`() throws {
    let terminal = try Tmux()
    terminal.type("\(BuiltCommand.path) top")
    try #require(terminal.waits { $0.contains("COMMITTED") })
    terminal.press("C-z")
    try #require(terminal.waits { $0.contains("Stopped") })
    #expect(terminal.show("#{alternate_on}#{cursor_flag}") == "01")
    terminal.type("fg")
    #expect(terminal.waits { $0.contains("COMMITTED") && $0.contains("sort committed") })
    #expect(terminal.show("#{alternate_on}#{cursor_flag}") == "10")
    terminal.press("q")
    #expect(terminal.waits { !$0.contains("COMMITTED") })
  }

  /// Process 1 and 60 children of it, every second one nobody's.
  private func fixture() throws -> ProcFixture {
    let fixture = try ProcFixture()
    try fixture.add(1, parent: 0, name: "first")
    for pid in 101...160 {
      try fixture.add(
        pid, name: "worker-\(pid)", user: pid % 2 == 0 ? 65534 : 0, size: 10240 + pid,
        resident: 6000 - pid, adjustment: pid - 100)
    }
    return fixture
  }

  @Test func `every key does what the help says`() throws {
    let fixture = try fixture()
    let terminal = try Tmux()
    terminal.type("\(BuiltCommand.path) top --fixture \(fixture.root)")
    try #require(terminal.waits { $0.contains("sort committed ▼") })
    func press(_ key: String, _ condition: @escaping (String) -> Bool) {
      terminal.press(key)
      #expect(terminal.waits(for: condition), "\(key): \(terminal.screen)")
    }
    func shows(_ texts: String...) -> (String) -> Bool {
      { screen in texts.allSatisfy(screen.contains) }
    }
    // The order, and turned around.
    press("M", shows("sort committed ▲"))
    press("P", shows("sort ratio ▼"))
    press("T", shows("sort growth ▼"))
    press("V", shows("sort reserved ▼", "worker-160"))
    press("V", shows("sort reserved ▲", "first"))
    press("O", shows("sort rank ▲", "1 is killed first", "BADNESS", "TABLES", "worker-160"))
    press("N", shows("sort pid ▲", "first", "worker-101"))
    // Scrolling: 23 of the 61 rows have room.
    press("Down") { !$0.contains("first") && $0.contains("worker-101") }
    press("Up", shows("first"))
    press("PPage", shows("first"))
    press("NPage") { !$0.contains("worker-122") && $0.contains("worker-125") }
    press("End") { $0.contains("worker-160") && !$0.contains("worker-137") }
    press("Down", shows("worker-160", "worker-138"))
    press("Home", shows("first", "worker-101"))
    // Units.
    press("e", shows("10.5 MB", "RAM 1.0 GB"))
    press("e", shows("10240 KiB", "RAM 1024000 KiB"))
    press("e", shows("10.0 MiB", "RAM 1000.0 MiB"))
    press("e", shows("RAM 1000 MiB"))
    // The tree.
    press("t", shows("├─ worker-101"))
    press("End", shows("└─ worker-160"))
    press("t") { !$0.contains("└─") }
    // Help, left by both of its keys and by Escape.
    for key in ["?", "h"] {
      press(key, shows("q quits"))
      press(key, shows("sort pid ▲"))
    }
    press("h", shows("q quits"))
    press("Escape", shows("sort pid ▲"))
    // Pause.
    press("Space", shows("PAUSED"))
    press("Space") { !$0.contains("PAUSED") }
    // One user, by name, by number, one who is not there, and all again.
    press("u", shows("user (empty: all):"))
    terminal.type("nobody")
    #expect(terminal.waits { $0.contains("user nobody") && $0.contains("30 processes") })
    #expect(!terminal.screen.contains("worker-101"))
    press("u", shows("user (empty: all):"))
    terminal.type("0")
    #expect(terminal.waits { $0.contains("31 processes") && $0.contains("worker-101") })
    press("u", shows("user (empty: all):"))
    terminal.type("no such user")
    #expect(terminal.waits { $0.contains("there is no user 'no such user'") })
    press("u", shows("user (empty: all):"))
    press("Enter", shows("61 processes"))
    // A name, mended while it is typed; a wrong one; one given up; and all again.
    press("/", shows("name matches (empty: all):"))
    terminal.write("-15")
    #expect(terminal.waits { $0.contains("all): -15█") })
    press("BSpace", shows("all): -1█"))
    press("6", shows("all): -16"))
    press("Enter", shows("name /-16/", "  1 processes", "worker-160"))
    press("/", shows("all): -16"))
    press("BSpace", shows("all): -1█"))
    press("Escape", shows("name /-16/"))
    press("/", shows("all): -16"))
    terminal.type("(")
    #expect(terminal.waits { $0.contains("'-16(' is not a regular expression") })
    press("/", shows("all): -16"))
    for _ in 0..<3 { terminal.press("BSpace") }
    press("Enter", shows("61 processes"))
    press("q") { !$0.contains("COMMITTED") }
  }

  @Test func `every size of the screen is filled and not passed`() throws {
    let terminal = try Tmux()
    terminal.type("\(BuiltCommand.path) top --name '.'")
    try #require(terminal.waits { $0.contains("COMMITTED") })
    for (columns, rows) in [(60, 12), (200, 50), (40, 8), (30, 3), (110, 30)] {
      terminal.resize(columns: columns, rows: rows)
      // tmux itself wraps what is too long: each line of ours has to be where it was written.
      let title = rows > 3 ? "PID" : "tamalloc top"
      #expect(
        terminal.waits { screen in
          let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
          return lines.count <= rows && lines.first?.hasPrefix("tamalloc top") == true
            && screen.contains(title) && lines.allSatisfy { $0.count <= columns }
            && (rows < 6 || lines.count > 5 && lines[5].contains("PID"))
        }, "\(columns) × \(rows): \(terminal.screen)")
    }
    terminal.press("q")
    #expect(terminal.waits { !$0.contains("COMMITTED") })
  }

  @Test(.enabled(if: CompiledProgram.subject != nil, "there is no C compiler"))
  func `5,000 processes are all there, and keys are heard`() throws {
    let crowd = try Crowd(5000)
    let terminal = try Tmux()
    terminal.type("\(BuiltCommand.path) top --name \(crowd.name)")
    // The crowd and its parent.
    try #require(terminal.waits { $0.contains("5001 processes") }, "\(terminal.screen)")
    terminal.press("N")
    try #require(terminal.waits { $0.contains("sort pid ▲") })
    let first = terminal.screen
    terminal.press("End")
    #expect(terminal.waits { $0 != first && $0.contains("sort pid ▲") })
    terminal.press("t")
    #expect(terminal.waits { $0.contains("└─ \(crowd.name)") }, "\(terminal.screen)")
    terminal.press("O")
    #expect(terminal.waits { $0.contains("1 is killed first") })
    terminal.press("q")
    #expect(terminal.waits { !$0.contains("processes") })
    let listed = try BuiltCommand.run("stat", "--name", crowd.name, "--csv", "--columns", "pid")
    #expect(listed.output.split(separator: "\n").count == 5002)
  }
}
