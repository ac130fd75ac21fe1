// SPDX-License-Identifier: MIT

// What is run for each section. A short run has the same shape with smaller sizes and fewer samples, and
// leaves out steps that need a long build. A recording counts only for the command that made it, so that
// neither run uses the other's.

/// The steps of a report.
struct ReportPlan: Sendable {
  /// Whether it may take minutes only, instead of half an hour.
  var isQuick: Bool
  /// Where recordings and the files of steps are.
  var folder: String

  private static let command = ".build/release/tamalloc"
  private static let inside = ".build-static/release/tamalloc"

  /// The step of the demonstration in user space, which two sections read.
  static let demonstration = "demo"

  func steps(of section: SectionName) -> [ReportStep] {
    switch section {
    case .machine:
      [ReportStep(name: "machine", command: ["scripts/describe-machine", "--json"], limit: 30)]
    case .design, .problems, .conclusions, .limits: []
    case .result: [demonstration]
    case .chronology: [history]
    case .memory: isQuick ? [demonstration] : [demonstration, peers]
    case .faults: [demonstration]
    case .kernel: kernel
    case .statistics: statistics
    case .allocators: allocators
    case .model: model
    case .heap: [heap]
    }
  }

  /// The steps that a short run leaves out.
  func leftOut(of section: SectionName) -> [ReportStep] {
    guard isQuick else { return [] }
    switch section {
    case .memory: return [peers]
    case .statistics: return [statisticsPeers, comparison]
    case .model: return [modelBenchmark]
    default: return []
    }
  }

  /// The steps of several sections, each once.
  func steps(of sections: [SectionName]) -> [ReportStep] {
    var names: Set<String> = []
    return sections.flatMap { steps(of: $0) }.filter { names.insert($0.name).inserted }
  }

  private var demonstration: ReportStep {
    ReportStep(
      name: Self.demonstration,
      command: [Self.command, "demo", "--json", "--size", isQuick ? "64MiB" : "1GiB"],
      samples: isQuick ? 3 : 5, expected: isQuick ? 1 : 12)
  }

  private var peers: ReportStep {
    ReportStep(
      name: "peers", command: ["Benchmarks/peers", "--no-install", "--json"], limit: 1800,
      expected: 240)
  }

  /// Commits, an object each.
  private var history: ReportStep {
    ReportStep(
      name: "history",
      command: [
        "git", "log", "--reverse", "--no-merges", #"--format={"commit": "%h", "time": "%aI"}"#,
      ], limit: 60)
  }

  private var kernel: [ReportStep] {
    [
      ReportStep(
        name: "kernel-build", command: ["Kernel/scripts/build", "--quiet"], limit: 3600,
        expected: 20),
      ReportStep(
        name: "kernel-command", command: ["Kernel/scripts/command"], limit: 3600, expected: 20),
      ReportStep(
        name: "kernel-demo",
        command: [
          "Kernel/scripts/boot", "--timeout", "400", "--add", Self.inside, "--command",
          // Its console is a terminal: progress would stand between the lines of JSON.
          "uname -sr; tamalloc demo --json --size \(isQuick ? "16MiB" : "256MiB") 2>/tmp/errors"
            + " || cat /tmp/errors",
        ],
        samples: isQuick ? 1 : 3, limit: 500, needs: ["kernel-build", "kernel-command"],
        expected: isQuick ? 8 : 30),
    ]
  }

  private var comparison: ReportStep {
    ReportStep(
      name: "compare",
      command: ["Tests/MemoryStatisticsTests/Programs/compare-sources", "--json", Self.inside],
      limit: 400,
      needs: ["kernel-build", "kernel-command"], expected: 40)
  }

  private var statisticsPeers: ReportStep {
    ReportStep(
      name: "statistics-peers", command: ["Benchmarks/statistics/run", "--json"], limit: 3600,
      expected: 200)
  }

  private var statistics: [ReportStep] {
    let holders = ReportStep(
      name: "stat",
      command: [Self.command, "stat", "--json", "--sort", "committed", "--top", "12"], limit: 60)
    let total = ReportStep(
      name: "stat-total", command: [Self.command, "stat", "--json", "--total"], limit: 60)
    if isQuick { return [holders, total] }
    return [holders, total] + kernel.filter { $0.name != "kernel-demo" }
      + [comparison, statisticsPeers]
  }

  /// What the traces are made of: a name and the words behind `lab generate`.
  var traces: [(name: String, words: [String])] {
    let count = isQuick ? "2000" : "100000"
    return [
      ("log", [count, "--seed", "1"]),
      ("early", [count, "--lifetime", "early", "--seed", "1"]),
      ("linear", [count, "--distribution", "linear", "--max", "2000", "--seed", "1"]),
    ]
  }

  private var allocators: [ReportStep] {
    let makers = traces.map { trace in
      ReportStep(
        name: "trace-\(trace.name)",
        command: [Self.command, "lab", "generate"] + trace.words + [
          "-o", "\(folder)/\(trace.name).trace",
        ], files: ["\(trace.name).trace"])
    }
    let files = traces.map { "\(folder)/\($0.name).trace" }
    let needed = makers.map(\.name)
    return makers + [
      ReportStep(
        // For the dummy, which takes a page for each block.
        name: "contest",
        command: [Self.command, "lab", "compare", "--json", "--max-pages", "65536"] + files,
        samples: isQuick ? 3 : 5, limit: 1200, needs: needed, expected: isQuick ? 1 : 25),
      // Maps of few pages are the ones that can be seen.
      ReportStep(
        name: "trace-maps",
        command: [
          Self.command, "lab", "generate", "2000", "--seed", "2", "-o", "\(folder)/maps.trace",
        ],
        files: ["maps.trace"]),
      ReportStep(
        name: "maps",
        command: [
          Self.command, "lab", "compare", "\(folder)/maps.trace", "--report", "\(folder)/maps.html",
        ], files: ["maps.html"], needs: ["trace-maps"]),
    ]
  }

  /// The model's scripts that are run and shown.
  static let machines = [
    "fragmentation", "per-cpu-caches", "watermarks", "copy-on-write", "lazy-zeroing",
    "out-of-memory", "memory-pool",
  ]

  private var modelBenchmark: ReportStep {
    ReportStep(
      name: "model-benchmark",
      command: [
        "Benchmarks/run", "--json", "--filter", "(boot|frame|orders|slab object|kmalloc).*",
      ], limit: 3600, expected: 240)
  }

  private var model: [ReportStep] {
    let scripts = Self.machines.map { name in
      ReportStep(
        name: "machine-\(name)",
        command: [
          Self.command, "lab", "machine", "--json", "--script",
          "Examples/Machines/\(name).machine",
        ],
        limit: 120)
    }
    let page = ReportStep(
      name: "machine-page",
      command: [
        Self.command, "lab", "machine", "--script", "Examples/Machines/fragmentation.machine",
        "--report", "\(folder)/machine.html",
      ], limit: 120, files: ["machine.html"])
    return scripts + [page] + (isQuick ? [] : [modelBenchmark])
  }

  private var heap: ReportStep {
    let words = ["Benchmarks/heap/run", "--json"]
    return isQuick
      ? ReportStep(
        name: "heap", command: words + ["--kind", "calloc", "--only", "pairs", "--runs", "1"],
        limit: 1800, expected: 60)
      : ReportStep(name: "heap", command: words, limit: 3600, expected: 700)
  }
}
