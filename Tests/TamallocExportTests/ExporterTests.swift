// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

/// The built exporter, asked over the network as Prometheus, browsers and bad clients ask.
@Suite(.serialized) struct ExporterTests {
  @Test func `the page is there in both formats, a landing page, and nothing else`() throws {
    let exporter = try Exporter()
    let text = try exporter.get("/metrics", accept: "text/plain")
    #expect(text.status == 200)
    #expect(text.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"))
    let open = try exporter.get("/metrics", accept: "application/openmetrics-text;version=1.0.0")
    #expect(open.head.contains("content-type: application/openmetrics-text; version=1.0.0"))
    #expect(open.body.hasSuffix("# EOF\n"))
    #expect(try exporter.get("/metrics?x=y").status == 200)
    let landing = try exporter.get("/")
    #expect(landing.status == 200 && landing.body.contains("href=\"/metrics\""))
    #expect(try exporter.get("/metrics/").status == 404)
    #expect(try exporter.get("/etc/passwd").status == 404)
    let post = try exporter.request("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0")
    #expect(post.status == 405)
    let head = try exporter.request("HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close")
    #expect(head.status == 200 && head.body.isEmpty)
    #expect(exporter.stop() == 0)
  }

  @Test func `the figures are those of the running machine`() throws {
    let exporter = try Exporter()
    let body = try exporter.get("/metrics").body
    let ram = try #require(
      body.split(separator: "\n").first { $0.hasPrefix("tamalloc_ram_bytes ") })
    let pages = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    #expect(Int(ram.split(separator: " ")[1]) == pages)
    #expect(exporter.stop() == 0)
  }

  @Test func `slow and broken clients harm nobody`() throws {
    let exporter = try Exporter()
    var slow: [Connection] = []
    for index in 0..<100 {
      let connection = try Connection(port: exporter.port)
      connection.send(index % 2 == 0 ? "GET /metrics HTTP/1.1\r\nHost:" : "G")
      slow.append(connection)
    }
    let broken = try Connection(port: exporter.port)
    broken.send("\u{0}\u{1}\u{2} nonsense\r\n\r\n")
    #expect(broken.rest().hasPrefix("HTTP/1.1 400"))
    let huge = try Connection(port: exporter.port)
    huge.send("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 200_000) + "\r\n\r\n")
    _ = huge.rest()
    for _ in 0..<20 { #expect(try exporter.get("/metrics").status == 200) }
    // Half of the slow ones leave without a word.
    slow.removeFirst(50)
    #expect(try exporter.get("/metrics").status == 200)
    #expect(exporter.stop() == 0)
  }

  @Test func `many at once are answered, and more than 128 are turned away`() throws {
    let exporter = try Exporter()
    var connections: [Connection] = []
    for _ in 0..<120 { connections.append(try Connection(port: exporter.port)) }
    for connection in connections {
      connection.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    }
    for connection in connections { #expect(connection.rest().hasPrefix("HTTP/1.1 200")) }
    connections = []
    for _ in 0..<200 { connections.append(try Connection(port: exporter.port)) }
    connections = []
    usleep(300_000)
    #expect(try exporter.get("/metrics").status == 200)
    #expect(exporter.stop() == 0)
  }

  @Test func `it ends by SIGTERM with open connections, within its limit`() throws {
    let exporter = try Exporter()
    let idle = try Connection(port: exporter.port)
    idle.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    let start = Date()
    #expect(exporter.stop() == 0)
    #expect(Date().timeIntervalSince(start) < 6)
  }

  @Test(arguments: [
    ["--web.listen-address", "nonsense"], ["--web.telemetry-path", "metrics"], ["--top", "-1"],
    ["--group-by", "colour"], ["--fixture", "/nowhere"], ["--source", "tea"],
    ["surplus"],
  ])
  func `bad arguments are 2`(arguments: [String]) throws {
    #expect(try Exporter.run(arguments) == 2)
  }
}
