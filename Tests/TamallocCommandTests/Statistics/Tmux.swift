// SPDX-License-Identifier: MIT

import Foundation
import Testing

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

  /// Types text as it is.
  func write(_ text: String) { _ = tmux("send-keys", "-l", "--", text) }

  func type(_ line: String) {
    write(line)
    press("Enter")
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

  /// Whether the shell has no child any more, not even a dead one. tmux's name of the running command
  /// is the shell's already while a program dies.
  var shellIsAlone: Bool {
    Self.run("/usr/bin/env", ["pgrep", "-P", show("#{pane_pid}")]).isEmpty
  }

  /// What is on the screen.
  var screen: String { tmux("capture-pane", "-p") }

  /// The same with what has scrolled away above it.
  var history: String { tmux("capture-pane", "-p", "-S", "-") }

  /// Whether the screen comes to look so. It is given up after half a minute, which is far more than any
  /// machine needs: what never comes has to end the test somehow.
  func waits(for condition: (String) -> Bool) -> Bool {
    for _ in 0..<300 {
      if condition(screen) { return true }
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
