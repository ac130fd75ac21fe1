// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import Charts
internal import Laboratory
internal import Pages

/// Makes a trace: random by a recipe, or a pattern that is the worst case of some allocator.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Make a trace: random ones as the course does, or the worst for an allocator.",
    discussion: """
      All requests are laid out in order, then each FREE is put at a uniform place behind its request; \
      with --lifetime early, with 90 % chance within the first tenth of what remains. The same seed \
      makes the same trace on every machine.

      --pattern NAME makes a hostile trace by rule, for --page-size:

      \(Self.patterns)
      """)

  private static let mostRequests = 1 << 26

  /// A line for each pattern.
  private static var patterns: String {
    let width = HostilePattern.allCases.map(\.rawValue.count).max() ?? 0
    return HostilePattern.allCases.map { pattern in
      let space = String(repeating: " ", count: width - pattern.rawValue.count)
      return "\(pattern.rawValue)\(space)  \(pattern.claim)"
    }.joined(separator: "\n")
  }

  @Argument(help: "How many requests; approximate for a pattern.")
  var count: Int?

  @Option(
    help: ArgumentHelp("How sizes are spread. (default: log)", valueName: "log|linear"),
    completion: .list(["log", "linear"]))
  var distribution: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The least size. (default: 8)", valueName: "bytes"),
    transform: SizeArgument.parse)
  var min: ByteCount?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The largest size. (default: 8000)", valueName: "bytes"),
    transform: SizeArgument.parse)
  var max: ByteCount?

  @Option(
    help: ArgumentHelp("How long blocks live. (default: uniform)", valueName: "uniform|early"),
    completion: .list(["uniform", "early"]))
  var lifetime: String?

  @Option(help: ArgumentHelp("Where chance begins.", valueName: "number"))
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp("Make a hostile trace; 'list' names them.", valueName: "name"),
    completion: .list(HostilePattern.allCases.map(\.rawValue) + ["list"]))
  var pattern: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The page that a pattern is made for. (default: 8192)", valueName: "bytes"),
    transform: SizeArgument.parseOrZero)
  var pageSize: ByteCount?

  @Option(
    help: ArgumentHelp("Draw the sizes and the live bytes as SVG.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var plot: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where to; - is standard output.", valueName: "file"), completion: .file())
  var output: String?

  func validate() throws {
    if pattern == "list" { return }
    guard let count else { throw ValidationError("how many requests? COUNT is missing") }
    guard count >= 0, count <= Self.mostRequests else {
      throw ValidationError("COUNT \(count): a trace has 0 to \(Self.mostRequests) requests")
    }
    if let pattern {
      guard HostilePattern(rawValue: pattern) != nil else {
        throw ValidationError("there is no pattern '\(pattern)': --pattern list names them")
      }
      if distribution != nil || min != nil || max != nil || lifetime != nil {
        throw ValidationError(
          "--pattern has its own sizes and lifetimes: no --distribution, --min, --max or --lifetime"
        )
      }
      let page = pageSize?.rawValue ?? 8192
      guard page >= 4096, page <= 1 << 20, page.nonzeroBitCount == 1 else {
        throw ValidationError("--page-size \(page): a page is a power of two from 4096 to 1048576")
      }
    } else {
      if pageSize != nil { throw ValidationError("--page-size is for patterns") }
      _ = try recipe(count)
    }
    guard output != nil else { throw ValidationError("where to? -o FILE is missing") }
  }

  func run() throws {
    if pattern == "list" { return try StandardOutput.write(Self.patterns + "\n") }
    let picture = try plot.map { path throws(Failure) in
      try ReplacedFile(path: path, option: "--plot")
    }
    // validate() has checked both.
    let path = output ?? "-"
    let count = count ?? 0
    if path == "-" {
      let trace = try made(count)
      try write(trace) { piece throws(Failure) in
        try StandardOutput.write(piece, to: 1, name: "standard output")
      }
      try picture?.write(SVGChart().document(of: TracePlot(trace: trace, title: title).grids))
      return
    }
    let file = try StreamedFile(try ReplacedFile(path: path, option: "-o"))
    let trace = try made(count)
    try write(trace) { piece throws(Failure) in try file.append(piece) }
    try file.finish()
    try picture?.write(SVGChart().document(of: TracePlot(trace: trace, title: title).grids))
  }

  private func made(_ count: Int) throws -> Trace {
    let progress = ProgressLine(isShown: Terminal.isError && count >= 1 << 18)
    if let pattern = pattern.flatMap(HostilePattern.init(rawValue:)) {
      progress.show("laying out \(pattern.rawValue)")
      return pattern.trace(count: count, pageSize: pageSize?.rawValue ?? 8192, seed: seed)
    }
    return Trace(try recipe(count)) { done in
      progress.show("\(done * 100 / Swift.max(1, count)) % of \(count) requests laid out")
    }
  }

  private func write(
    _ trace: Trace, _ append: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let progress = ProgressLine(isShown: Terminal.isError && trace.events.count >= 1 << 20)
    var text = TraceText()
    text.add(count: trace.events.count)
    for (number, event) in trace.events.enumerated() {
      text.add(event)
      if text.bytes.count >= 1 << 20 {
        progress.show("\(number * 100 / trace.events.count) % of \(trace.events.count) written")
        try append(text.bytes)
        text.removeAll()
      }
    }
    try append(text.bytes)
  }

  private func recipe(_ count: Int) throws -> TraceRecipe {
    let least = min?.rawValue ?? 8
    let largest = max?.rawValue ?? 8000
    guard least <= largest else {
      throw ValidationError("--min \(least) is above --max \(largest)")
    }
    guard largest <= Int(Int32.max) else {
      throw ValidationError("--max \(largest) is above \(Int32.max)")
    }
    let distributions: [String: TraceRecipe.Distribution] = ["log": .log, "linear": .linear]
    let lifetimes: [String: TraceRecipe.Lifetime] = ["uniform": .uniform, "early": .early]
    guard let distribution = distributions[distribution ?? "log"] else {
      throw ValidationError("--distribution \(distribution ?? ""): it is log or linear")
    }
    guard let lifetime = lifetimes[lifetime ?? "uniform"] else {
      throw ValidationError("--lifetime \(lifetime ?? ""): it is uniform or early")
    }
    return TraceRecipe(
      count: count, distribution: distribution, sizes: least...largest, lifetime: lifetime,
      seed: seed)
  }

  /// What the trace was made from, in words that make it again.
  private var title: String {
    if let pattern { return "\(count ?? 0) --pattern \(pattern)" }
    return "\(count ?? 0) \(distribution ?? "log") \(min?.rawValue ?? 8) \(max?.rawValue ?? 8000) "
      + "\(lifetime ?? "uniform"), seed \(seed)"
  }
}
