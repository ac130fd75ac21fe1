// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import MemoryStatistics
@testable import TamallocCommand

/// What the live view makes of keys, and what it writes.
@Suite struct TopTests {
  private func state() -> TopState { TopState(order: RowOrder(by: .committed), unit: .iec) }

  @Test func `bytes are keys, whole sequences and UTF-8 among them`() {
    let bytes: [UInt8] = Array("q\u{1B}[A\u{1B}[5~\u{1B}OHü\r\u{7F}\u{1B}[99;9Zx".utf8)
    #expect(
      Key.keys(in: bytes) == [
        .character("q"), .up, .pageUp, .home, .character("ü"), .enter, .backspace, .character("x"),
      ])
    #expect(Key.keys(in: [0x1B]) == [.escape])
    #expect(Key.keys(in: [0x1B, 0x5B]).count <= 2)
  }

  @Test func `letters choose the order, and again turn it around`() {
    var state = state()
    for (letter, field) in TopState.orders {
      _ = state.press(.character(letter), page: 10)
      #expect(state.order.field == field)
      let isReversed = state.order.isReversed
      _ = state.press(.character(letter), page: 10)
      #expect(state.order.isReversed != isReversed)
    }
  }

  @Test func `prompts take text, and escape leaves them`() {
    var state = state()
    for key in Key.keys(in: Array("/ab\u{7F}c\r".utf8)) { _ = state.press(key, page: 10) }
    #expect(state.nameText == "ac")
    #expect(state.name?.matches("xacx") == true)
    _ = state.press(.character("/"), page: 10)
    _ = state.press(.character("q"), page: 10)
    #expect(state.prompt?.text == "acq")
    _ = state.press(.escape, page: 10)
    #expect(state.nameText == "ac" && state.prompt == nil)
    for key in Key.keys(in: Array("u no such user\r".utf8)) { _ = state.press(key, page: 10) }
    #expect(state.message.contains("no user"))
    #expect(state.press(.character("q"), page: 10) == .quit)
  }

  @Test func `only lines that differ are written`() {
    var screen = Screen()
    #expect(screen.update(to: ["a", "b", "c"], rows: 3, columns: 9).contains("\u{1B}[2J"))
    #expect(screen.update(to: ["a", "b", "c"], rows: 3, columns: 9).isEmpty)
    let change = screen.update(to: ["a", "x", "c"], rows: 3, columns: 9)
    #expect(change.contains("\u{1B}[2;1Hx") && !change.contains("\u{1B}[1;1H"))
    #expect(!change.contains("\u{1B}[2J"))
    let shorter = screen.update(to: ["a"], rows: 3, columns: 9)
    #expect(shorter.contains("\u{1B}[2;1H") && shorter.contains("\u{1B}[3;1H"))
  }

  @Test(arguments: [(24, 80), (5, 20), (60, 200), (1, 1)])
  func `the picture fits any screen`(rows: Int, columns: Int) throws {
    var source = try ProcfsSource()
    let snapshot = try source.snapshot()
    var names = UserNames()
    var state = state()
    state.scroll = 1 << 40
    let view = TopView(isColored: false, interval: 1)
    var screen = Screen()
    let lines = view.lines(
      of: snapshot, state: &state, names: &names, rows: rows, columns: columns)
    let text = screen.update(to: lines, rows: rows, columns: columns)
    #expect(!text.contains("\u{1B}[\(rows + 1);1H"))
    #expect(state.scroll <= snapshot.processes.count)
  }
}

/// The live view in a real terminal, where tmux is installed.
@Suite(.serialized, .enabled(if: Tmux.isInstalled, "tmux is not installed"))
struct TopTerminalTests {
  @Test(arguments: ["q", "C-c", "TERM", "HUP", "SEGV", "ILL", "ABRT", "USR1", "PIPE"])
  func `the terminal is put back whatever ends it`(way: String) throws {
    let terminal = try Tmux()
    terminal.type("stty -a >\(terminal.folder)/before")
    terminal.type("\(BuiltCommand.path) top")
    try #require(terminal.waits { $0.contains("each page once") || $0.contains("COMMITTED") })
    #expect(terminal.show("#{alternate_on}") == "1")
    if way == "q" || way == "C-c" {
      terminal.press(way)
    } else {
      terminal.signal(way)
    }
    try #require(terminal.waits { !$0.contains("COMMITTED") })
    usleep(200_000)
    terminal.type("stty -a >\(terminal.folder)/after; echo end")
    try #require(terminal.waits { $0.split(separator: "\n").contains("end") })
    #expect(terminal.show("#{alternate_on}#{cursor_flag}") == "01")
    let before = try String(contentsOfFile: terminal.folder + "/before", encoding: .utf8)
    #expect(try String(contentsOfFile: terminal.folder + "/after", encoding: .utf8) == before)
  }

  @Test func `keys and a resize are followed`() throws {
    let terminal = try Tmux()
    terminal.type("\(BuiltCommand.path) top")
    try #require(terminal.waits { $0.contains("sort committed ▼") })
    for (key, text) in [
      ("M", "sort committed ▲"), ("P", "sort ratio ▼"), ("N", "sort pid ▲"), ("T", "sort growth ▼"),
      ("V", "sort reserved ▼"), ("O", "1 is killed first"), ("Space", "PAUSED"), ("?", "q quits"),
    ] {
      terminal.press(key)
      #expect(terminal.waits { $0.contains(text) }, "\(key): \(text)")
    }
    terminal.press("?")
    terminal.press("/")
    terminal.press("tmux")
    terminal.press("Enter")
    #expect(terminal.waits { $0.contains("name /tmux/") && $0.contains("tmux: server") })
    terminal.resize(columns: 60, rows: 12)
    #expect(terminal.waits { $0.split(separator: "\n").count <= 12 && $0.contains("tmux: server") })
    terminal.press("q")
    #expect(terminal.waits { !$0.contains("COMMITTED") })
  }
}

/// A terminal of tmux with a shell in it, on a server of its own.
final class Tmux {
  static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/tmux")
  private let name = "tamalloc-test-\(getpid())-\(Int.random(in: 0...999_999))"
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + name
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // A plain shell: bash would put the terminal back by itself.
    // Its server keeps the descriptors that it is given, and Foundation's Process would wait for them.
    let start = "tmux -L \(name) -f /dev/null new-session -d -x 110 -y 30 /bin/sh"
    try #require(system("\(start) </dev/null >/dev/null 2>&1") == 0)
  }

  deinit {
    _ = tmux("kill-server")
    try? FileManager.default.removeItem(atPath: folder)
  }

  func type(_ line: String) {
    _ = tmux("send-keys", "-l", line)
    _ = tmux("send-keys", "Enter")
  }

  func press(_ key: String) { _ = tmux("send-keys", key) }
  func show(_ format: String) -> String { tmux("display-message", "-p", format) }

  func resize(columns: Int, rows: Int) {
    _ = tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
  }

  /// Sends a signal to the program that runs in the shell.
  func signal(_ name: String) {
    let shell = show("#{pane_pid}")
    _ = Self.run("/usr/bin/env", ["pkill", "-\(name)", "-P", shell])
  }

  /// Whether the screen comes to look so within ten seconds.
  func waits(for condition: (String) -> Bool) -> Bool {
    for _ in 0..<100 {
      if condition(tmux("capture-pane", "-p")) { return true }
      usleep(100_000)
    }
    return false
  }

  private func tmux(_ arguments: String...) -> String {
    Self.run("/usr/bin/tmux", ["-L", name, "-f", "/dev/null"] + arguments)
  }

  private static func run(_ path: String, _ arguments: [String]) -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return "" }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
