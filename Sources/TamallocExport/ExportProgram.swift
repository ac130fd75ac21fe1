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
      let program = try parse()
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

    let scanner: MetricsScanner
    do throws(StatisticsError) {
      scanner = try MetricsScanner(options: options)
    } catch {
      Self.complain("tamalloc: \(error)")
      Glibc.exit(2)
    }
    let server = MetricsServer(
      site: MetricsSite(scanner: scanner, telemetryPath: options.telemetryPath))
    let listener: any Channel
    do {
      listener = try server.start(
        host: options.listenAddress.host, port: options.listenAddress.port)
    } catch {
      Self.complain("tamalloc: \(options.listenAddress) can't be listened at: \(error)")
      Glibc.exit(1)
    }
    var address = options.listenAddress
    address.port = listener.localAddress?.port ?? address.port
    Self.complain("Serving http://\(address)\(options.telemetryPath)")
    var signal: Int32 = 0
    unsafe _ = sigwait(&signals, &signal)
    try server.stop(listener, within: 5)
  }

  private static func complain(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    unsafe _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
