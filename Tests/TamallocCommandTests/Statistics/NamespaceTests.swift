// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

enum Namespaces {
  /// Some containers don't allow to make any.
  static let areAllowed =
    (try? BuiltCommand.run(
      ["--mount", "--pid", "--fork", "--mount-proc", "true"], by: "/usr/bin/unshare"))?.status == 0
}

/// The command where the machine looks different: in namespaces, behind other files, without /proc.
@Suite(.serialized, .enabled(if: Namespaces.areAllowed, "no namespace may be made here"))
struct NamespaceTests {
  /// Runs a script in namespaces of its own; its first argument is the command.
  private func inside(
    _ options: [String], _ script: String, _ arguments: String...
  ) throws -> BuiltCommand.Outcome {
    try BuiltCommand.run(
      options + ["sh", "-c", script, "sh", BuiltCommand.path] + arguments, by: "/usr/bin/unshare")
  }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func `in a PID namespace nothing is said of the whole machine`() throws {
    let script = "sleep 9 & \"$1\" stat; \"$1\" stat --total --json"
    let outcome = try inside(["--pid", "--fork", "--mount-proc"], script)
    #expect(outcome.status == 0, "\(outcome.complaint)")
    #expect(!outcome.output.contains("each page once"))
    #expect(outcome.output.contains("RANK is an order among the processes that are visible here"))
    let total = try object(String(try #require(outcome.output.split(separator: "\n").last)))
    #expect(total["committedOnceBytes"] is NSNull && total["overcount"] is NSNull)
    #expect(total["allProcessesVisible"] as? Bool == false)
    // PSS knows it for those that are visible.
    let shares = try inside(
      ["--pid", "--fork", "--mount-proc"], "\"$1\" stat --total --json --pss"
    ).output
    let some = try object(shares)
    let once = try #require(some["committedOnceBytes"] as? Int)
    #expect(once <= (try #require(some["committedBytes"] as? Int)))
  }

  @Test func `without /proc the arguments are known, and it is said that there is none`() throws {
    let script = "mount -t tmpfs none /proc && \"$1\" --version && \"$1\" stat"
    let outcome = try inside(["--mount"], script)
    #expect(outcome.status == 2)
    #expect(outcome.output.count < 20 && outcome.output.hasSuffix("\n"), "\(outcome.output)")
    #expect(outcome.complaint.contains("there is no /proc here"), "\(outcome.complaint)")
    let usage = try inside(["--mount"], "mount -t tmpfs none /proc && \"$1\" stat --top 0")
    #expect(usage.status == 2 && usage.complaint.contains("--top 0"))
    // The exporter is found and has its options.
    let export = try inside(
      ["--mount"], "mount -t tmpfs none /proc && \"$1\" export --web.telemetry-path x")
    #expect(export.status == 2 && export.complaint.contains("telemetry-path"))
  }

  /// The score of the first process of this namespace but init, as the command and as the kernel say.
  private static let scores = """
    sleep 60 & p=$!
    "$1" stat --json --columns score,rank,pid $p; cat /proc/$p/oom_score
    "$1" stat --total; kill $p
    """

  @Test func `another file in the place of meminfo changes no score`() throws {
    let file = NSTemporaryDirectory() + "tamalloc-meminfo-\(getpid())"
    let real = try String(contentsOfFile: "/proc/meminfo", encoding: .utf8)
    let changed = real.split(separator: "\n").map { line in
      line.hasPrefix("MemTotal:") ? "MemTotal: 524288 kB" : String(line)
    }
    try (changed.joined(separator: "\n") + "\n").write(
      toFile: file, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let outcome = try inside(["--mount"], "mount --bind \"$2\" /proc/meminfo; \(Self.scores)", file)
    try check(outcome, says: "/proc/meminfo is not the kernel's own")
  }

  @Test func `where /proc has processes alone, the reason is said and scores are right`() throws {
    let outcome = try inside(
      ["--mount"], "mount -t proc -o subset=pid proc /proc; \(Self.scores)")
    try check(outcome, says: "/proc/meminfo is not there")
    #expect(!outcome.output.contains("as root"))
  }

  private func check(_ outcome: BuiltCommand.Outcome, says sentence: String) throws {
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count > 3, "\(outcome)")
    let row = try object(String(lines[0]))
    let shown = try #require(Int(lines[1]))
    #expect(abs(try #require(row["oomScore"] as? Int) - shown) <= 1)
    #expect(outcome.output.contains(sentence), "\(outcome.output)")
    let pages = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    let megabytes = String(format: "%.1f MB", Double(pages) / 1e6)
    #expect(outcome.output.contains("RAM        \(megabytes)"), "\(outcome.output)")
  }

  /// Debian's lxcfs as scripts/unpack has it, where it runs.
  static let lxcfs: String? = {
    let folder = NSHomeDirectory() + "/.cache/tamalloc/packages/lxcfs"
    let script = "LD_LIBRARY_PATH=$0/usr/lib/x86_64-linux-gnu/lxcfs $0/usr/bin/lxcfs -v"
    guard access("/dev/fuse", W_OK) == 0 else { return nil }
    return (try? BuiltCommand.run(["-c", script, folder], by: "/bin/sh"))?.status == 0
      ? folder : nil
  }()

  @Test(.enabled(if: lxcfs != nil, "scripts/unpack lxcfs has not run, or there is no FUSE"))
  // The server must not stand behind its own files: it has the mounts of the tests, and only the command
  // has others.
  func `behind the real lxcfs scores are the kernel's`() throws {
    let folder = try #require(Self.lxcfs)
    let place = NSTemporaryDirectory() + "tamalloc-lxcfs-\(getpid())"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let server = Process()
    server.executableURL = URL(filePath: folder + "/usr/bin/lxcfs")
    server.arguments = ["-f", "-p", place + ".pid", place]
    server.environment = ["LD_LIBRARY_PATH": folder + "/usr/lib/x86_64-linux-gnu/lxcfs"]
    (server.standardOutput, server.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try server.run()
    defer {
      // It would wait for one more request before it ended.
      _ = try? BuiltCommand.run(["-l", place], by: "/usr/bin/umount")
      kill(server.processIdentifier, SIGKILL)
      server.waitUntilExit()
      for path in [place, place + ".pid"] { try? FileManager.default.removeItem(atPath: path) }
    }
    for _ in 0..<500 where access(place + "/proc/loadavg", R_OK) != 0 { usleep(20_000) }
    let binds = ["meminfo", "loadavg"].map { "mount --bind \"$2/proc/\($0)\" /proc/\($0)" }
    let outcome = try inside(
      ["--mount"], binds.joined(separator: " && ") + "\n" + Self.scores, place)
    try check(outcome, says: "/proc/meminfo is not the kernel's own")
  }

  /// The last word of this loadavg stands still, as that of another PID namespace would.
  @Test func `behind another loadavg a live source finds who starts at the next look`() throws {
    let copy = NSTemporaryDirectory() + "tamalloc-loadavg-\(getpid())"
    try String(contentsOfFile: "/proc/loadavg", encoding: .utf8).write(
      toFile: copy, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: copy) }
    // Nine looks: all processes would be listed at the sixteenth.
    let script = """
      mount --bind "$2" /proc/loadavg
      "$1" watch --json --interval 0.2 -- sh -c 'sleep 0.9; sleep 0.9 & sleep 0.9' 2>&1
      """
    let outcome = try inside(["--mount"], script, copy)
    let counts = try outcome.output.split(separator: "\n").map {
      try object(String($0))["processes"] as? Int ?? 0
    }
    #expect(counts.max() == 3, "\(counts)")
  }
}
