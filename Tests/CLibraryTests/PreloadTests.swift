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
  private func preload(
    _ settings: [String: String] = [:], object: String? = nil
  ) throws -> [String: String] {
    let link =
      FileManager.default.temporaryDirectory.path
      + "/libtamalloc-\(ProcessInfo.processInfo.processIdentifier)\(object == nil ? "" : "-checked").so"
    try? FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: object ?? library.sharedObject)
    return settings.merging(["LD_PRELOAD": link]) { old, _ in old }
  }

  private func compileStress() throws -> String {
    let program = library.prefix + "/stress"
    try Outcome.text(
      of: [
        "clang", "-O2", "-rdynamic", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program,
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
      ? [
        "1 1 30000", "2 2 60000", "3 8 60000", "4 4 20000 fork", "5 4 60000 untold churn",
        "11 4 400000 churn rare",
        "12 2 30000 failing", "13 2 30000 limit", "14 2 30000 failing limit churn",
      ] : ["5 3 30000", "6 4 10000 fork", "15 2 20000 failing", "16 2 20000 limit"]
    for arguments in runs {
      let outcome = try Outcome.of(
        [program] + arguments.split(separator: " ").map(String.init),
        environment: preload(settings))
      #expect(outcome.status == 0, "stress \(arguments): \(outcome.text)")
    }
  }

  @Test func `the heap's invariants hold while threads come, go, fork and run out of memory`()
    throws
  {
    let build = library.prefix + "/invariants"
    try Outcome.text(
      of: ["env", "BUILD=" + build, InstalledLibrary.root + "/Malloc/build", "--checked"])
    let program = try compileStress()
    let object = build + "/checked/lib/libtamalloc.so"
    #expect(try Outcome.text(of: ["nm", "-D", object]).contains(" T tamalloc_check\n"))
    for arguments in [
      "31 2 60000", "32 4 20000 fork", "33 4 60000 untold churn", "34 2 20000 failing limit",
    ] {
      for settings in [[:], ["TAMALLOC_HARDENED": "1"], ["TAMALLOC_PURGE_DELAY": "1"]] {
        let outcome = try Outcome.of(
          [program] + arguments.split(separator: " ").map(String.init),
          environment: preload(settings, object: object))
        #expect(outcome.status == 0, "stress \(arguments): \(outcome.text)")
      }
    }
  }

  @Test func `the stress finds a heap whose blocks are not zero`() throws {
    let outcome = try Outcome.of([try compileStress(), "1", "1", "10000"])
    #expect(outcome.status != 0)
    #expect(outcome.text.contains("a new block is not zero"), "\(outcome.text)")
  }

  @Test func `no access of the heap is one that memcheck objects to`() throws {
    // Valgrind's own malloc stays out. It can't follow the thread that gives memory back.
    let outcome = try Outcome.of(
      [
        "valgrind", "--quiet", "--error-exitcode=9", "--soname-synonyms=somalloc=nouserintercepts",
        try compileStress(), "7", "2", "3000", "churn",
      ], environment: preload(["TAMALLOC_PURGE_THREAD": "0", "TAMALLOC_PURGE_DELAY": "1"]))
    #expect(outcome.status == 0, "\(outcome.text)")
  }

  /// Hides /proc; a container's settings may not let a process have one of its own.
  private static let cover = "mount -t tmpfs none /proc"
  private static let canCover =
    (try? Outcome.of(["unshare", "-rm", "sh", "-c", cover]).status) == 0

  @Test(.enabled(if: canCover, "no mount over /proc may be made here"))
  func `the heap does without the page tables`() throws {
    let outcome = try Outcome.of(
      ["unshare", "-rm", "sh", "-c", "\(Self.cover); exec \"$0\" 8 3 30000", try compileStress()],
      environment: preload())
    #expect(outcome.status == 0, "\(outcome.text)")
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
    """
    set -e; work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cp -R "$ROOT/Sources" "$work"; cd "$work"
    export GIT_AUTHOR_DATE=@1000000000 GIT_COMMITTER_DATE=@1000000000
    git init -q -b main; git add .; git -c user.name=a -c user.email=b commit -q -m all
    git clone -q --no-local . copy; cd copy; git gc -q; git fsck --full --no-progress; git log
    """,
    """
    sqlite3 :memory: 'create table t(a, b); with recursive c(x) as (select 1 union all select x + 1
    from c where x < 50000) insert into t select x, hex(x) from c; create index i on t(b);
    select count(*), sum(a), max(b) from t where b > "5";'
    """,
    "gcc -O2 -S -o - -I\"$ROOT/Sources/CTamalloc/include\" \"$ROOT/Sources/CTamalloc/heap.c\"",
    "clang -O2 -S -o - -I\"$ROOT/Sources/CTamalloc/include\" \"$ROOT/Sources/CTamalloc/heap.c\"",
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

  /// What meetings.c is told to do, what it is compiled with, and the shell's words before it.
  struct Meeting: CustomTestStringConvertible {
    let name: String
    var flag = "-O1"
    var limit = "true"
    var testDescription: String { name }
  }

  static let meetings = [
    Meeting(name: "streams"), Meeting(name: "descriptors"), Meeting(name: "tails"),
    Meeting(name: "interposed", flag: "-DSTANDS_BEFORE_MMAP"),
    Meeting(name: "no-thread", flag: "-DLARGE_AREA"),
    Meeting(name: "file-limit", limit: "ulimit -f 1000"),
    Meeting(name: "shared-memory"),
    Meeting(name: "untold-child", limit: "export TAMALLOC_PURGE_DELAY=100"),
    Meeting(name: "locked"), Meeting(name: "small-stack"),
    Meeting(name: "small-stack", limit: "export TAMALLOC_STATS=1"),
    Meeting(name: "mappings", limit: "export TAMALLOC_HARDENED=1"),
    Meeting(name: "alignments"), Meeting(name: "other-names"), Meeting(name: "deep"),
  ]

  private func compileMeeting(_ flag: String = "-O1") throws -> String {
    let sources = InstalledLibrary.programs
    let program = library.prefix + "/meeting" + flag
    // Otherwise a compiler leaves out blocks that nobody looks at.
    try Outcome.text(
      of: [
        "clang", "-O1", "-fno-builtin", flag, "-Wall", "-Wextra", "-Werror", "-pthread", "-o",
        program,
        sources + "/meetings.c", "-ldl",
      ])
    try Outcome.text(
      of: ["clang", "-shared", "-fPIC", "-o", program + "-deep.so", sources + "/deep.c"])
    return program
  }

  @Test(arguments: meetings)
  func `malloc gets along with what else a program does`(meeting: Meeting) throws {
    let program = try compileMeeting(meeting.flag)
    let outcome = try Outcome.of(
      [
        "sh", "-c", "\(meeting.limit); exec \"$@\"", "-", program, meeting.name,
        program + "-deep.so",
      ],
      environment: preload())
    #expect(outcome.text == "passed\n" && outcome.status == 0, "\(outcome.text)")
  }

  /// Blocks whose owner sleeps, or is no more: returned.c tells what is looked at.
  @Test(arguments: ["tick", "trim", "packed", "child", "reuse", "race"])
  func `memory goes back though its owner does not look`(name: String) throws {
    let program = library.prefix + "/returned-" + name
    try Outcome.text(
      of: [
        "clang", "-O1", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program,
        InstalledLibrary.programs + "/returned.c",
      ])
    let outcome = try Outcome.of(
      [program, name], environment: preload(["TAMALLOC_PURGE_DELAY": "50"]))
    #expect(outcome.text == "passed\n" && outcome.status == 0, "\(outcome.text)")
  }

  /// Dirty memory of one kind of blocks makes room for another kind.
  @Test func `changing kinds of blocks take little more than one kind`() throws {
    let program = library.prefix + "/kinds"
    try Outcome.text(
      of: [
        "clang", "-O1", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-o", program,
        InstalledLibrary.programs + "/kinds.c",
      ])
    func peak(_ environment: [String: String]) throws -> Int {
      let text = try Outcome.of([program], environment: environment).text
      return try #require(Int(text.split(separator: "\n").first ?? ""), "\(text)")
    }
    let usual = try peak([:])
    #expect(usual > 60 << 10)
    // Where the machine is busy, a tick may have memory in hand for long just when it is due: the best of three.
    let peaks = try (0..<3).map { _ in try peak(preload()) }
    #expect(peaks.contains { $0 < usual * 3 / 2 }, "\(peaks) KiB, beside glibc's \(usual)")
  }

  /// Only root has rights to give up.
  @Test(.enabled(if: geteuid() == 0, "needs root"), arguments: ["rights", "privileges"])
  func `no thread of the heap keeps rights that a program has given up`(name: String) throws {
    let outcome = try Outcome.of([try compileMeeting(), name], environment: preload())
    #expect(outcome.text == "passed\n" && outcome.status == 0, "\(outcome.text)")
  }

  @Test func `opened, used and closed the library stays`() throws {
    let outcome = try Outcome.of([try compileMeeting(), "closed", library.sharedObject])
    #expect(outcome.text == "passed\n" && outcome.status == 0, "\(outcome.text)")
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
