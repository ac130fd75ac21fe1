// SPDX-License-Identifier: MIT

// What is run for each section. A short run has the same shape with smaller sizes and fewer samples, and
// leaves out what needs a long build; a recording counts only for the command that made it, so that
// neither is ever taken for the other.

/// The steps of a report.
struct ReportPlan: Sendable {
  /// Whether minutes shall do instead of half an hour.
  var isQuick: Bool
  /// Where recordings and the files of steps are.
  var folder: String

  private static let command = ".build/release/tamalloc"
  private static let inside = ".build-static/release/tamalloc"

  /// The step of the demonstration in user space, which two sections read.
  static let demonstration = "demo"

  func steps(of section: SectionName) -> [Step] {
    switch section {
    case .machine: [Step(name: "machine", command: ["scripts/describe-machine"], limit: 30)]
    case .design, .problems, .limits: []
    case .memory: isQuick ? [demonstration] : [demonstration, peers]
    case .faults: [demonstration]
    case .kernel: kernel
    case .statistics: statistics
    case .allocators: allocators
    case .model: model
    case .heap: [heap]
    }
  }

  /// What a short run does without.
  func leftOut(of section: SectionName) -> [LeftOutStep] {
    guard isQuick else { return [] }
    func long(_ name: String, _ line: String) -> LeftOutStep {
      LeftOutStep(name: name, command: line, reason: .leftOutOfQuickRun)
    }
    switch section {
    case .memory: return [long("peers", peers.line)]
    case .statistics:
      return [long("statistics-peers", statisticsPeers.line), long("compare", comparison.line)]
    case .model: return [long("model-benchmark", modelBenchmark.line)]
    default: return []
    }
  }

  /// The steps of several sections, each once.
  func steps(of sections: [SectionName]) -> [Step] {
    var names: Set<String> = []
    return sections.flatMap { steps(of: $0) }.filter { names.insert($0.name).inserted }
  }

  private var demonstration: Step {
    Step(
      name: Self.demonstration,
      command: [Self.command, "demo", "--json", "--size", isQuick ? "64MiB" : "1GiB"],
      samples: isQuick ? 3 : 5, expected: isQuick ? 1 : 12)
  }

  private var peers: Step {
    Step(name: "peers", command: ["Benchmarks/peers", "--no-install"], limit: 1800, expected: 240)
  }

  private var kernel: [Step] {
    [
      Step(
        name: "kernel-build", command: ["Kernel/scripts/build", "--quiet"], limit: 3600,
        expected: 20),
      Step(
        name: "kernel-command", command: ["Kernel/scripts/command"], limit: 3600, expected: 20),
      Step(
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

  private var comparison: Step {
    Step(
      name: "compare",
      command: ["Tests/MemoryStatisticsTests/Programs/compare-sources", Self.inside], limit: 400,
      needs: ["kernel-build", "kernel-command"], expected: 40)
  }

  private var statisticsPeers: Step {
    Step(
      name: "statistics-peers", command: ["Benchmarks/statistics/run"], limit: 3600, expected: 200)
  }

  private var statistics: [Step] {
    let holders = Step(
      name: "stat",
      command: [Self.command, "stat", "--json", "--sort", "committed", "--top", "12"], limit: 60)
    let total = Step(
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

  private var allocators: [Step] {
    let makers = traces.map { trace in
      Step(
        name: "trace-\(trace.name)",
        command: [Self.command, "lab", "generate"] + trace.words + [
          "-o", "\(folder)/\(trace.name).trace",
        ], files: ["\(trace.name).trace"])
    }
    let files = traces.map { "\(folder)/\($0.name).trace" }
    let needed = makers.map(\.name)
    return makers + [
      Step(
        // For the dummy, which takes a page for each block.
        name: "contest",
        command: [Self.command, "lab", "compare", "--json", "--max-pages", "65536"] + files,
        samples: isQuick ? 3 : 5, limit: 1200, needs: needed, expected: isQuick ? 1 : 25),
      // Maps of few pages are the ones that can be seen.
      Step(
        name: "trace-maps",
        command: [
          Self.command, "lab", "generate", "2000", "--seed", "2", "-o", "\(folder)/maps.trace",
        ],
        files: ["maps.trace"]),
      Step(
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

  private var modelBenchmark: Step {
    Step(
      name: "model-benchmark",
      command: [
        "Benchmarks/run", "--filter",
        "(boot|frame|orders|slab object|kmalloc).*",
      ], limit: 3600, expected: 240)
  }

  private var model: [Step] {
    let scripts = Self.machines.map { name in
      Step(
        name: "machine-\(name)",
        command: [Self.command, "lab", "machine", "--script", "Examples/Machines/\(name).machine"],
        limit: 120)
    }
    let page = Step(
      name: "machine-page",
      command: [
        Self.command, "lab", "machine", "--script", "Examples/Machines/fragmentation.machine",
        "--report", "\(folder)/machine.html",
      ], limit: 120, files: ["machine.html"])
    return scripts + [page] + (isQuick ? [] : [modelBenchmark])
  }

  private var heap: Step {
    let words = ["Benchmarks/heap/run"]
    return isQuick
      ? Step(
        name: "heap", command: words + ["--kind", "calloc", "--only", "pairs", "--runs", "1"],
        limit: 1800, expected: 60)
      : Step(name: "heap", command: words, limit: 3600, expected: 700)
  }
}
