// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// Programs that know nothing of the library, with it in LD_PRELOAD.
@Suite(.serialized) struct PreloadTests {
  let library: InstalledLibrary

  init() throws {
    library = try InstalledLibrary.shared.get()
  }

  /// The loader splits what stands there at blanks: the library needs a path without one.
  private func preload(_ settings: [String: String] = [:]) throws -> [String: String] {
    let link =
      FileManager.default.temporaryDirectory.path
      + "/libtamalloc-\(ProcessInfo.processInfo.processIdentifier).so"
    try? FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: library.sharedObject)
    return settings.merging(["LD_PRELOAD": link]) { old, _ in old }
  }

  private func compileStress() throws -> String {
    let program = library.prefix + "/stress"
    try Outcome.text(
      of: [
        "clang", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program,
        InstalledLibrary.root + "/Tests/HeapTests/Programs/stress.c",
      ])
    return program
  }

  /// The settings under which the heap has to be right.
  static let settings: [[String: String]] = [
    [:],
    ["TAMALLOC_HARDENED": "1"],
    ["TAMALLOC_PURGE_DELAY": "1"],
    ["TAMALLOC_PURGE_THREAD": "0", "TAMALLOC_PURGE_DELAY": "0"],
    ["TAMALLOC_HUGE_PAGES": "1"],
    ["TAMALLOC_CACHE": "0"],
    ["TAMALLOC_STATS": "1"],
  ]

  @Test(arguments: settings)
  func `blocks are zero and their owner's alone`(settings: [String: String]) throws {
    let program = try compileStress()
    let runs =
      settings.isEmpty
      ? ["1 1 30000", "2 2 60000", "3 8 60000", "4 4 20000 fork"] : ["5 3 30000", "6 4 10000 fork"]
    for arguments in runs {
      let outcome = try Outcome.of(
        [program] + arguments.split(separator: " ").map(String.init),
        environment: preload(settings))
      #expect(outcome.status == 0, "stress \(arguments): \(outcome.text)")
    }
  }

  @Test func `the stress finds a heap whose blocks are not zero`() throws {
    let outcome = try Outcome.of([try compileStress(), "1", "1", "10000"])
    #expect(outcome.status != 0)
    #expect(outcome.text.contains("a new block is not zero"), "\(outcome.text)")
  }

  /// Commands whose output must be the same with the library and without.
  static let commands: [String] = [
    // To the end: a reader that leaves early makes a race of what sort says to that.
    "ls -l /usr/bin | sort | tail -100",
    "seq 100000 | sort -R --random-source=/dev/zero | sort -n | md5sum",
    "bash -c 'for i in $(seq 500); do x=$(echo $i); done; echo $x'",
    "find /usr/share/perl -name '*.pm' | xargs grep -l malloc | sort",
    "perl -e 'my %h; $h{$_ % 1000} .= $_ for 1..200000; print length(join \"\", values %h)'",
    """
    python3 -c 'import threading, json
    def work(): json.loads(json.dumps([{"a": [i] * 10} for i in range(2000)]))
    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]; [t.join() for t in threads]
    print(len(json.dumps({str(i): list(range(i % 50)) for i in range(5000)})))'
    """,
    """
    python3 -c 'import multiprocessing as m
    with m.get_context("fork").Pool(4) as pool: print(sum(pool.map(abs, range(-5000, 0))))'
    """,
    "git -C \"$ROOT\" log --stat -5 | md5sum",
    "sh -c 'echo \"int main(void) { return 0; }\" | cc -O2 -S -x c - -o -'",
    "sh -c 'echo \"int main(void) { return 0; }\" | clang -O2 -S -x c - -o -'",
  ]

  @Test(arguments: commands)
  func `a program's output is the same`(command: String) throws {
    let environment = ["ROOT": InstalledLibrary.root, "LC_ALL": "C"]
    let plain = try Outcome.of(["sh", "-c", command], environment: environment)
    let ours = try Outcome.of(
      ["sh", "-c", command], environment: preload(environment))
    #expect(ours.status == plain.status)
    #expect(ours.text == plain.text)
  }

  @Test func `an address space limit leads to errors, not to crashes`() throws {
    let script = """
      import sys
      blocks = []
      try:
        while True: blocks.append(bytearray(1 << 20))
      except MemoryError:
        del blocks
        print("caught", len(bytearray(10 << 20)))
      """
    for limit in [100, 200, 400] {
      let outcome = try Outcome.of(
        ["sh", "-c", "ulimit -v \(limit * 1024); exec python3 -c '\(script)'"],
        environment: preload())
      #expect(outcome.text == "caught 10485760\n", "\(limit) MiB: \(outcome.text)")
    }
  }

  @Test func `statistics are printed where they are asked for`() throws {
    let outcome = try Outcome.of(
      ["python3", "-c", "x = bytearray(30 << 20)"], environment: preload(["TAMALLOC_STATS": "1"]))
    #expect(outcome.status == 0)
    #expect(outcome.text.contains(#/tamalloc, process \d+:\n  reserved .*, committed .*, live /#))
    #expect(outcome.text.contains(#/larger +\d+ +\d\d\.\d MiB/#), "\(outcome.text)")
    let rows = outcome.text.split(separator: "\n").count
    #expect(rows > 20, "\(outcome.text)")
  }
}
