// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

/// Where the exporter listens and what it answers, beside Prometheus's own node_exporter.
@Suite(.serialized) struct ListeningTests {
  /// The status that curl gets, which speaks both families.
  private func status(_ url: String, _ options: String...) throws -> String {
    let curl = Process()
    let output = Pipe()
    curl.executableURL = URL(filePath: "/usr/bin/env")
    curl.arguments =
      ["curl", "-s", "-g", "-o", "/dev/null", "-w", "%{http_code}"] + options + [url]
    curl.standardOutput = output
    try curl.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    curl.waitUntilExit()
    return String(decoding: text, as: UTF8.self)
  }

  @Test func `every place that is named is listened at`() throws {
    let exporter = try Exporter([], listening: ["127.0.0.1:0", "127.0.0.1:0"], places: 2)
    #expect(exporter.places[0] != exporter.places[1])
    for place in exporter.places { #expect(try status("http://\(place)/metrics") == "200") }
    #expect(exporter.stop() == 0)
  }

  static let hasIPv6 = FileManager.default.fileExists(atPath: "/proc/net/if_inet6")

  @Test(.enabled(if: hasIPv6, "there is no IPv6 here"))
  func `localhost and no host at all are addresses of both families`() throws {
    let local = try Exporter([], listening: ["localhost:0"], places: 2)
    #expect(Set(local.places) == ["127.0.0.1:\(local.port)", "[::1]:\(local.port)"])
    let every = try Exporter([], listening: [":0"], places: 1)
    for port in [local.port, every.port] {
      for host in ["127.0.0.1", "[::1]"] {
        #expect(try status("http://\(host):\(port)/metrics") == "200", "\(host)")
      }
    }
    #expect(local.stop() == 0)
    #expect(every.stop() == 0)
  }

  @Test func `what can't be listened at is said in a plain sentence`() throws {
    let exporter = try Exporter()
    let place = "127.0.0.1:\(exporter.port)"
    let taken = try Exporter.complaint(["--web.listen-address", place])
    #expect(taken.status == 1)
    #expect(taken.text == "tamalloc: \(place) can't be listened at: Address already in use\n")
    let foreign = try Exporter.complaint(["--web.listen-address", "192.0.2.1:0"])
    #expect(
      foreign.text
        == "tamalloc: 192.0.2.1:0 can't be listened at: Cannot assign requested address\n")
    let unknown = try Exporter.complaint(["--web.listen-address", "no-such-host.invalid:0"])
    #expect(unknown.status == 1)
    #expect(unknown.text.hasPrefix("tamalloc: no-such-host.invalid:0 can't be listened at: "))
    #expect(exporter.stop() == 0)
  }

  @Test func `a client that takes it for its proxy is answered`() throws {
    let exporter = try Exporter()
    let place = "http://127.0.0.1:\(exporter.port)"
    #expect(try status("\(place)/metrics", "--proxy", place) == "200")
    #expect(exporter.stop() == 0)
  }

  /// node_exporter, which `make test` takes from Debian's package.
  static let peer = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { "\($0)/prometheus-node-exporter" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(.enabled(if: peer != nil, "prometheus-node-exporter is not in the PATH: see make test"))
  func `targets are answered as node_exporter answers them`() throws {
    let exporter = try Exporter()
    let port = try Connection.freePort()
    let peer = Process()
    peer.executableURL = URL(filePath: try #require(Self.peer))
    peer.arguments = ["--collector.disable-defaults", "--web.listen-address=127.0.0.1:\(port)"]
    peer.standardError = FileHandle.nullDevice
    try peer.run()
    defer {
      peer.terminate()
      peer.waitUntilExit()
    }
    for _ in 0..<500 where (try? Connection(port: port)) == nil { usleep(20_000) }
    for target in [
      "/metrics", "/metrics?x=y", "/metrics?", "http://127.0.0.1/metrics", "HTTP://x:1/metrics?y",
      "/%6Detrics", "/m%65trics?%6", "/metrics%2", "/%zz", "/", "/?x",
    ] {
      let request = "GET \(target) HTTP/1.1\r\nHost: x"
      let ours = try exporter.request(request).status
      let theirs = try Exporter.request(request, port: port).status
      #expect(ours == theirs, "\(target)")
    }
    #expect(exporter.stop() == 0)
  }

  /// As many processes and clients as files may be open; clients send half a request and wait.
  @Test(.enabled(if: CompiledProgram.subject != nil, "there is no C compiler"))
  func `with few descriptors a scrape is answered at once`() throws {
    let crowd = Process()
    let input = Pipe()
    let output = Pipe()
    crowd.executableURL = URL(filePath: try #require(CompiledProgram.subject))
    crowd.arguments = ["crowd", "200", "few"]
    (crowd.standardInput, crowd.standardOutput) = (input, output)
    try crowd.run()
    try input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
    var text = ""
    while !text.contains("done") {
      text += String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    }
    defer {
      try? input.fileHandleForWriting.close()
      crowd.waitUntilExit()
    }
    let exporter = try Exporter([], listening: ["127.0.0.1:0"], places: 1, descriptors: 200)
    #expect(try exporter.get("/metrics").status == 200)
    var halves: [Connection] = []
    for _ in 0..<70 {
      let half = try Connection(port: exporter.port)
      half.send("GET /metrics HTTP/1.1\r\nHost:")
      halves.append(half)
    }
    let whole = try exporter.get("/metrics")
    #expect(whole.status == 200)
    // It was answered while all the others still waited: none of them has been given up, which takes ten
    // seconds, and each may go on.
    for half in halves {
      half.send(" x\r\nConnection: close\r\n\r\n")
      #expect(half.rest().hasPrefix("HTTP/1.1 200"))
    }
    #expect(exporter.stop() == 0)
  }
}
