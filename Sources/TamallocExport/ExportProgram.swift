// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import ExportArguments
internal import Glibc
internal import MemoryStatistics
internal import NIOCore

/// The exporter: statistics for Prometheus over HTTP.
@main
struct ExportProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tamalloc-export",
    abstract: "Serve memory statistics to Prometheus.",
    discussion: "Usually started as: tamalloc export.")

  @OptionGroup var options: ExportOptions

  static func main() {
    do {
      let program = try parse(ProgramArguments.all)
      try program.serve()
    } catch {
      // 2 for bad arguments, as all of tamalloc's commands have it.
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if code.isSuccess {
        print(message)
        Glibc.exit(0)
      }
      if !message.isEmpty { complain(message) }
      Glibc.exit(code == .validationFailure ? 2 : 1)
    }
  }

  private func serve() throws {
    // The signals wait until they are asked for, in every thread.
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM] { unsafe sigaddset(&signals, signal) }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    _ = signal(SIGPIPE, SIG_IGN)

    let connections = Self.mostConnections
    let scanner: MetricsScanner
    do throws(StatisticsError) {
      scanner = try MetricsScanner(
        options: options, spared: connections + Self.otherFiles)
    } catch {
      Self.complain("tamalloc: \(error)")
      Glibc.exit(2)
    }
    let server = MetricsServer(
      site: MetricsSite(scanner: scanner, telemetryPath: options.telemetryPath),
      mostConnections: connections)
    var listeners: [any Channel] = []
    for address in options.listenAddresses {
      do {
        listeners += try listen(at: address, server)
      } catch {
        Self.complain("tamalloc: \(error)")
        Glibc.exit(1)
      }
    }
    for listener in listeners {
      guard let place = listener.localAddress, let host = place.ipAddress, let port = place.port
      else { continue }
      let number = host.contains(":") ? "[\(host)]" : host
      Self.complain("Serving http://\(number):\(port)\(options.telemetryPath)")
    }
    var signal: Int32 = 0
    unsafe _ = sigwait(&signals, &signal)
    try server.stop(listeners, within: 5)
  }

  private func listen(
    at address: ListenAddress, _ server: MetricsServer
  ) throws -> [any Channel] {
    let places: ListenPlaces
    do {
      places = try ListenPlaces(address)
    } catch {
      throw ListenPlaces.Failure(description: "\(address) can't be listened at: \(error)")
    }
    do {
      return try places.listen(by: server.listen)
    } catch {
      throw ListenPlaces.Failure(description: places.sentence(for: error))
    }
  }

  /// What this program and its libraries may open beside connections and processes' files.
  private static let otherFiles = 64

  /// Who listens on loopback has few clients; they come before files of processes that could stay open.
  private static var mostConnections: Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return 16
    }
    return min(max(Int(clamping: limit.rlim_max) - otherFiles, 8), 128)
  }

  private static func complain(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    unsafe _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
