// SPDX-License-Identifier: MIT

// The exporter is a program of its own, tamalloc-export, as what it is made of (an event loop and an
// HTTP parser) takes longer to build than all else, and the other commands start without it. `tamalloc
// export` checks the same options, so that its help, completions and manual page are complete, and
// becomes that program.

public import ArgumentParser
public import MemoryStatistics

/// Where to listen.
public struct ListenAddress: Sendable, Hashable, ExpressibleByArgument, CustomStringConvertible {
  /// A name or a number; nothing for every address of the machine.
  public var host: String
  /// 0 for any that is free.
  public var port: Int

  /// Reads `127.0.0.1:9753`, `[::1]:9753`, `localhost:0` or `:9753`, which is every address of both
  /// families.
  public init?(argument: String) {
    guard let colon = argument.lastIndex(of: ":"),
      let port = UInt16(argument[argument.index(after: colon)...])
    else { return nil }
    var host = String(argument[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      return nil
    }
    self.host = host
    self.port = Int(port)
  }

  public var description: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

extension Grouping: ExpressibleByArgument {}

/// The exporter's options.
public struct ExportOptions: ParsableArguments {
  /// Where to listen.
  @Option(
    name: .customLong("web.listen-address"), parsing: .singleValue,
    help: ArgumentHelp(
      "Where to listen, once for each place; port 0 takes a free one.", valueName: "host:port"))
  public var listenAddresses = [ListenAddress(argument: "127.0.0.1:9753")!]

  /// The path of the metrics.
  @Option(
    name: .customLong("web.telemetry-path"),
    help: ArgumentHelp("The path of the metrics.", valueName: "path"))
  public var telemetryPath = "/metrics"

  /// What processes are put together by.
  @Option(help: ArgumentHelp("What processes are put together by.", valueName: "key"))
  public var groupBy: Grouping = .name

  /// The most groups that are told apart.
  @Option(
    help: ArgumentHelp(
      "The most groups, those with most committed memory; all others are one.",
      valueName: "count"))
  public var top = 20

  /// Where the figures come from.
  @OptionGroup public var source: SourceOptions

  public init() {}

  public func validate() throws {
    guard telemetryPath.hasPrefix("/"), telemetryPath.count > 1,
      !telemetryPath.contains(where: { $0 == "?" || $0 == "#" || $0.isWhitespace })
    else { throw ValidationError("--web.telemetry-path needs a path such as /metrics") }
    guard (0...1000).contains(top) else { throw ValidationError("--top takes 0 to 1000 groups") }
  }
}
