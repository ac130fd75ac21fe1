// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

/// A real Prometheus, which `make test` takes from Debian's package: it scrapes the exporter, and is
/// asked for what it has learnt.
@Suite(
  .serialized, .enabled(if: Prometheus.path != nil, "prometheus is not in the PATH: see make test"))
struct PrometheusTests {
  @Test func `it scrapes the page, and answers with the same figures`() throws {
    let fixture = try ProcFixture()
    try fixture.add(1, parent: 0, name: "first")
    for pid in 10..<16 {
      try fixture.add(pid, name: "worker", resident: 5000 + pid, adjustment: pid)
    }
    try fixture.add(20, name: "quote\" back\\\\slash new\\nline", resident: 9000)
    let exporter = try Exporter("--fixture", fixture.root)
    // How long the look took is another figure each time.
    let isTime = { (name: String) in name == "tamalloc_scan_seconds" }
    var page: [String: Double] = [:]
    for line in try exporter.get("/metrics").body.split(separator: "\n")
    where !line.hasPrefix("#") {
      let blank = try #require(line.lastIndex(of: " "))
      page[String(line[..<blank])] = Double(line[line.index(after: blank)...])
    }
    page = page.filter { !isTime($0.key) }
    #expect(page["tamalloc_group_committed_bytes{group=\"worker\"}"] == Double(30_075 << 10))
    #expect(page["tamalloc_ram_bytes"] == Double(1_024_000 << 10))

    let prometheus = try Prometheus(scraping: exporter.port)
    let known = try prometheus.samples { $0.contains { $0.key == "tamalloc_ram_bytes" } }
      .filter { !isTime($0.key) }
    #expect(known == page)
    #expect(exporter.stop() == 0)
  }

  @Test func `it learns the running machine's memory`() throws {
    let exporter = try Exporter()
    let prometheus = try Prometheus(scraping: exporter.port)
    let known = try prometheus.samples { $0.contains { $0.key == "tamalloc_ram_bytes" } }
    let ram = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    #expect(known["tamalloc_ram_bytes"] == Double(ram))
    #expect(exporter.stop() == 0)
  }
}

/// A running Prometheus on a free port of loopback, with a folder of its own.
final class Prometheus {
  private let process = Process()
  private let folder: String
  private let port: UInt16

  static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { "\($0)/prometheus" }.first { FileManager.default.isExecutableFile(atPath: $0) }

  init(scraping target: UInt16) throws {
    port = try Connection.freePort()
    folder = NSTemporaryDirectory() + "tamalloc-prometheus-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let configuration = """
      global: {scrape_interval: 1s}
      scrape_configs:
        - job_name: tamalloc
          static_configs: [{targets: ['127.0.0.1:\(target)']}]

      """
    try configuration.write(toFile: folder + "/p.yml", atomically: false, encoding: .utf8)
    process.executableURL = URL(filePath: try #require(Self.path))
    process.arguments = [
      "--config.file=\(folder)/p.yml", "--storage.tsdb.path=\(folder)/data",
      "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
    ]
    try process.run()
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// What it has learnt by now, as the page writes it: `name` or `name{group="…"}`, and the value. Asks
  /// until the answer is enough, for a minute at most: a scrape that never comes has to end somehow.
  func samples(until isEnough: ([String: Double]) -> Bool) throws -> [String: Double] {
    var samples: [String: Double] = [:]
    for _ in 0..<120 where !isEnough(samples) {
      usleep(500_000)
      if let answer = try? ask() { samples = answer }
    }
    return samples
  }

  private func ask() throws -> [String: Double] {
    let connection = try Connection(port: port)
    // An answer of HTTP/1.0 is not in chunks.
    connection.send(
      "GET /api/v1/query?query=%7B__name__%3D~%22tamalloc_.%2B%22%7D HTTP/1.0\r\n\r\n")
    let text = connection.rest()
    let body = text.components(separatedBy: "\r\n\r\n").dropFirst().joined()
    let answer = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
    let data = answer?["data"] as? [String: Any]
    var samples: [String: Double] = [:]
    for result in data?["result"] as? [[String: Any]] ?? [] {
      guard let labels = result["metric"] as? [String: String], let name = labels["__name__"],
        let value = (result["value"] as? [Any])?.last as? String
      else { continue }
      let group = labels["group"].map { group in
        let escaped = group.replacingOccurrences(of: "\\", with: "\\\\")
          .replacingOccurrences(of: "\"", with: "\\\"").replacingOccurrences(of: "\n", with: "\\n")
        return "{group=\"\(escaped)\"}"
      }
      samples[name + (group ?? "")] = Double(value)
    }
    return samples
  }
}
