// SPDX-License-Identifier: MIT

import Foundation
import Instruments
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

  /// What a shell starts counts, also when its parent is gone.
  @Test func `a command is followed with its descendants`() throws {
    let copy = "dd if=/dev/zero of=/dev/null bs=64M count=40 2>/dev/null"
    let script = "(\(copy) & sleep 0.6) & wait; true"
    let orphan = "(sh -c 'exec \(copy)' &) ; sleep 0.6"
    for command in [script, orphan] {
      let outcome = try BuiltCommand.run(["watch", "--json", "--", "sh", "-c", command])
      let rows = try outcome.complaint.split(separator: "\n").map { line in
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      }
      let peak = rows.compactMap { $0["committedBytes"] as? Int }.max() ?? 0
      #expect(peak > 60 << 20, "\(outcome.complaint)")
      #expect(rows.contains { $0["processes"] as? Int ?? 0 > 1 })
    }
    // Started by a shell: Linux counts the largest memory of a process from before it executed its program, too,
    // and this one's is large.
    let started = "\"$0\" watch -- sh -c '\(copy); true'; true"
    let chart = try BuiltCommand.run(["-c", started, BuiltCommand.path], by: "/bin/sh").complaint
    #expect(chart.contains("largest single process by the kernel's count"))
  }

  /// The command's limit on open files is that of who started `watch`.
  @Test func `watching does not change what the command may do`() throws {
    let script = "ulimit -Sn 321; exec \"$0\" watch -- sh -c 'ulimit -Sn'"
    let outcome = try BuiltCommand.run(["-c", script, BuiltCommand.path], by: "/bin/sh")
    #expect(outcome.output == "321\n")
  }

  /// The pid is given to another process as soon as the first one has ended.
  @Test(
    .enabled(
      if: access("/proc/sys/kernel/ns_last_pid", W_OK) == 0, "only root may choose the next pid"))
  func `watch ends with its process, whoever gets the number`() throws {
    let script = """
      sleep 60 & p=$!
      "$0" watch --json --interval 1 $p > "$1" & w=$!
      until [ -s "$1" ]; do sleep 0.05; done
      kill -KILL $p; wait $p
      for try in 1 2 3 4 5 6 7 8 9 10; do
        echo $((p - 1)) > /proc/sys/kernel/ns_last_pid
        sleep 5 & s=$!
        [ $s = $p ] && break
        kill -KILL $s
      done
      [ $s = $p ] || exit 9
      wait $w; echo $?
      wc -l < "$1"
      kill -KILL $s
      """
    let file = NSTemporaryDirectory() + "tamalloc-reuse-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: file) }
    let outcome = try BuiltCommand.run(
      ["-c", script, BuiltCommand.path, file], by: "/bin/sh")
    #expect(outcome.output == "0\n1\n", "\(outcome)")
  }

  @Test(.enabled(if: CompiledProgram.subject != nil, "there is no C compiler"))
  func `watch goes on when the first thread ends`() throws {
    let script = """
      mkfifo "$2.in"; "$1" exited-leader < "$2.in" > "$2.out" & p=$!
      exec 3> "$2.in"; echo go >&3
      until grep -q done "$2.out"; do sleep 0.05; done
      "$0" watch --json --for 0.5 --interval 0.1 $p
      exec 3>&-
      """
    let place = NSTemporaryDirectory() + "tamalloc-leader-\(getpid())"
    defer {
      for end in [".in", ".out"] { try? FileManager.default.removeItem(atPath: place + end) }
    }
    let subject = try #require(CompiledProgram.subject)
    let outcome = try BuiltCommand.run(
      ["-c", script, BuiltCommand.path, subject, place], by: "/bin/sh")
    #expect(outcome.output.split(separator: "\n").count >= 4, "\(outcome)")
  }

  /// A pipe that is full, whose reader comes late, and which does not wait.
  @Test func `output that does not wait is written all the same`() throws {
    let fixture = try ProcFixture()
    for pid in 1...300 { try fixture.add(pid) }
    let script = """
      import os, subprocess, sys, time
      reader, writer = os.pipe()
      os.set_blocking(writer, False)
      words = [sys.argv[1], "stat", "--json", "--fixture", sys.argv[2]]
      command = subprocess.Popen(words, stdout=writer)
      os.close(writer)
      time.sleep(1)
      text = open(reader, "rb").read()
      print(command.wait(), text.count(b"\\n"))
      """
    let outcome = try BuiltCommand.run(
      ["python3", "-c", script, BuiltCommand.path, fixture.root], by: "/usr/bin/env")
    #expect(outcome.output == "0 300\n", "\(outcome.complaint)")
  }

  @Test func `a terminal that only goes on gets no escape sequences`() throws {
    let terminal = try Tmux()
    terminal.type(
      "TERM=dumb script -qc '\(BuiltCommand.path) watch --for 0.3 --interval 0.1 $$' /tmp/dumb-\(getpid())"
        + " > /dev/null; echo; echo escapes $(grep -c $(printf '\\033') /tmp/dumb-\(getpid()))"
        + " lines $(grep -c committed /tmp/dumb-\(getpid())); rm /tmp/dumb-\(getpid())")
    #expect(terminal.waits { $0.contains("escapes 0 lines 2") }, "\(terminal.screen)")
    terminal.type("clear; TERM=dumb \(BuiltCommand.path) top; echo status $?")
    #expect(terminal.waits { $0.contains("TERM is dumb") && $0.contains("status 2") })
  }

  @Test(arguments: [8, 12, 24]) func `the chart fits a terminal of few rows`(rows: Int) throws {
    let terminal = try Tmux()
    terminal.resize(columns: 80, rows: rows)
    terminal.type("clear; \(BuiltCommand.path) watch --for 1.5 --interval 0.1 $$; echo over")
    try #require(terminal.waits { $0.contains("\nover") })
    // What was drawn was drawn over: one picture is left, and nothing of it has scrolled away.
    let titles = terminal.history.components(separatedBy: "committed").count - 1
    #expect(titles <= 2, "\(terminal.history)")
  }
}
