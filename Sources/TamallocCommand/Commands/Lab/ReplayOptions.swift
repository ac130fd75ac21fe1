// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import Laboratory
internal import Pages

/// How traces are replayed, for every command that does.
struct ReplayOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The allocators: all, or names with commas between them. (default: all)",
      discussion: "Names: \(AllocatorList.listed).", valueName: "names"),
    completion: AllocatorList.completion, transform: AllocatorList.parse)
  var allocator = AllocatorList.all

  @Flag(help: "Check nothing, as in the course's competition.")
  var competition = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Bytes in a page. (default: 8192)", valueName: "bytes"),
    transform: SizeArgument.parseOrZero)
  var pageSize = PagePool.usualPageSize.bytes

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many pages there are.", valueName: "count"))
  var maxPages = PagePool.usualLimit

  @Option(
    help: ArgumentHelp(
      "Where the pages come from. (default: pool)",
      discussion: """
        pool keeps what was touched; mapped gives each page back to the system; model takes blocks of \
        a modelled machine's buddy system (lab machine).
        """,
      valueName: PageSourceName.allCases.map(\.rawValue).joined(separator: "|")),
    completion: .list(PageSourceName.allCases.map(\.rawValue)), transform: Self.parseSource)
  var pages = PageSourceName.pool

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Multiply every size by a number, as 0.25 or 1/16, and round up.", valueName: "factor"),
    transform: ScaleFactor.parse)
  var scale = 1.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Leave out smaller requests, before they are scaled.", valueName: "bytes"),
    transform: SizeArgument.parse)
  var atLeast = ByteCount(0)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Leave out larger requests, before they are scaled.", valueName: "bytes"),
    transform: SizeArgument.parse)
  var atMost = ByteCount(Int(Int32.max))

  static func parseSource(_ text: String) throws -> PageSourceName {
    guard let source = PageSourceName(rawValue: text) else {
      let names = PageSourceName.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("there are no pages '\(text)': there are \(names)")
    }
    return source
  }

  /// The largest page that every allocator can divide.
  static let largestPage = ByteCount.kibibytes(64)

  func validate() throws {
    guard PageSize(pageSize) != nil, pageSize >= 4096, pageSize <= Self.largestPage else {
      throw ValidationError(
        "--page-size \(pageSize.rawValue): a page has 4096, 8192, 16384, 32768 or 65536 bytes")
    }
    guard maxPages >= 1, maxPages <= 1 << 30 else {
      throw ValidationError("--max-pages \(maxPages): there are 1 to \(1 << 30) pages")
    }
    guard atLeast <= atMost else {
      throw ValidationError("--at-least is above --at-most: nothing would be left")
    }
  }

  /// What the options ask for.
  func plan() -> ReplayPlan {
    ReplayPlan(
      allocators: allocator.names, source: pages,
      pageSize: PageSize(pageSize) ?? PagePool.usualPageSize, limit: maxPages,
      checksBlocks: !competition,
      selection: TraceSelection(
        sizes: min(atLeast.rawValue, Int(Int32.max))...min(atMost.rawValue, Int(Int32.max)),
        scale: scale))
  }
}

/// Reads what sizes are multiplied by: `0.25`, `2` or `1/16`.
enum ScaleFactor {
  static func parse(_ text: String) throws -> Double {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map {
      Double(String($0).trimmingSpaces)
    }
    guard parts.count <= 2, let numerator = parts[0],
      let denominator = parts.count > 1 ? parts[1] : 1
    else { throw ValidationError("'\(text)' is not a factor: write it like 0.25 or 1/16") }
    let factor = numerator / denominator
    guard factor >= 1e-9, factor <= 1e6 else {
      throw ValidationError("the factor '\(text)' is not within 0.000000001 and 1000000")
    }
    return factor
  }
}
