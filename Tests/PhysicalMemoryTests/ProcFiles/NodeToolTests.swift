// SPDX-License-Identifier: MIT

// Tools that look at nodes: numastat reads /sys, and Prometheus's node_exporter all of the model's files.

import Foundation
import Instruments
import Pages
import Testing

@testable import PhysicalMemory

@Suite struct NodeToolTests {
  /// Two nodes with different contents: files, anonymous pages, slabs, and memory of the other node.
  static func machine() throws -> Machine {
    var layout = MachineLayout.x86_64(ram: .mebibytes(256), nodes: 2, cpus: 4)
    layout.swap = .mebibytes(16)
    var machine = try Machine(layout)
    let process = try machine.spawn("reader")
    let area = try machine.tamalloc(.mebibytes(8), in: process)
    for page in 0..<500 {
      try machine.write([1], at: area + ByteCount(page * 4096), in: process)
    }
    try machine.run(on: 3)
    let cache = try machine.createSlabCache("tama_inode", objectSize: 600)
    for _ in 0..<1000 { _ = try machine.allocateObject(from: cache) }
    for _ in 0..<30 { _ = try machine.allocatePages(order: 2, node: 0) }
    // More than node 1 has, so that some of it comes from node 0.
    while try machine.count(.filePages, of: 0) == 0 {
      let file = try machine.createFile(pages: 4096)
      for page in 0..<4096 { _ = try machine.readPage(file, page) }
    }
    return machine
  }

  /// Figures in mebibytes with two digits, as numastat rounds them.
  static func mebibytes(_ frames: Int) -> String {
    String(format: "%.2f", Double(frames) / 256)
  }

  @Test func `numastat -m shows what the model's nodes hold`() throws {
    let machine = try Self.machine()
    let text = try ToolTests.run(
      "numastat -m", with: ["meminfo": machine.meminfo], nodes: try ModelFolder.nodes(of: machine))
    var rows: [String: [String]] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if let name = words.first { rows[name] = Array(words.dropFirst()) }
    }
    func figures(_ name: String, _ figure: (NodeNumber) throws -> Int) throws {
      let nodes = [try figure(0), try figure(1)]
      let expected = (nodes + [nodes[0] + nodes[1]]).map(Self.mebibytes)
      #expect(rows[name] == expected, "\(name) in \(text)")
    }
    func sum(_ node: NodeNumber, _ figure: (Zone) -> Int) -> Int {
      machine.populatedZones.filter { $0.node == node }.reduce(0) { $0 + figure($1) }
    }
    try figures("MemTotal") { sum($0) { $0.managed } }
    try figures("MemFree") { sum($0) { $0.free } }
    try figures("MemUsed") { sum($0) { $0.managed - $0.free } }
    try figures("AnonPages") { try machine.count(.anonymousPages, of: $0) }
    try figures("FilePages") { try machine.count(.filePages, of: $0) }
    try figures("SUnreclaim") { try machine.count(.slabUnreclaimable, of: $0) }
    try figures("PageTables") { try machine.count(.pageTables, of: $0) }
    #expect(try machine.count(.anonymousPages, of: 0) == 500)
  }

  @Test func `numastat shows who was served where`() throws {
    let machine = try Self.machine()
    let text = try ToolTests.run(
      "numastat", with: [:], nodes: try ModelFolder.nodes(of: machine))
    for (name, figure) in [
      ("numa_hit", \Zone.hits), ("numa_miss", \.misses), ("numa_foreign", \.foreign),
      ("local_node", \.locals), ("other_node", \.others),
    ] as [(String, KeyPath<Zone, Int>)] {
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(name) ") })
      let nodes = [0, 1].map { node in
        machine.populatedZones.filter { $0.node.rawValue == node }
          .reduce(0) { $0 + $1[keyPath: figure] }
      }
      #expect(line.split(separator: " ").dropFirst().map(String.init) == nodes.map(String.init))
    }
    #expect(machine.populatedZones.reduce(0) { $0 + $1.misses } > 0, "nothing fell back")
  }

  static let exporter = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { "\($0)/prometheus-node-exporter" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(.enabled(if: exporter != nil, "node_exporter is not in the PATH: see make test"))
  func `node_exporter reads every file that it knows, and shows the model's figures`() throws {
    let machine = try Self.machine()
    let folder = try ModelFolder(
      files: ModelFolder.files(of: machine), nodes: try ModelFolder.nodes(of: machine))
    let page = try Self.scrape(folder)
    let collectors = ["meminfo", "meminfo_numa", "buddyinfo", "zoneinfo", "slabinfo"]
    for collector in collectors {
      #expect(page["node_scrape_collector_success{collector=\"\(collector)\"}"] == 1)
    }
    #expect(page["node_memory_MemTotal_bytes"] == Double(machine.presentFrames << 12))
    #expect(page["node_memory_MemFree_bytes"] == Double(machine.freeFrames << 12))
    #expect(page["node_memory_AnonPages_bytes"] == Double(machine.count(.anonymousPages) << 12))
    for node in [0, 1] {
      let anonymous = try machine.count(.anonymousPages, of: NodeNumber(node))
      let numa = page["node_memory_numa_AnonPages{node=\"\(node)\"}"]
      #expect(numa == Double(anonymous << 12), "node \(node)")
    }
    for zone in machine.populatedZones {
      let labels = "node=\"\(zone.node)\",zone=\"\(zone.type)\""
      #expect(page["node_zoneinfo_nr_free_pages{\(labels)}"] == Double(zone.free))
      #expect(page["node_zoneinfo_min_pages{\(labels)}"] == Double(zone.watermarks.min))
      #expect(page["node_zoneinfo_high_pages{\(labels)}"] == Double(zone.watermarks.high))
      for order in 0..<Order.count {
        let blocks =
          page[
            "node_buddyinfo_blocks{node=\"\(zone.node)\",size=\"\(order)\",zone=\"\(zone.type)\"}"]
        #expect(blocks == Double(zone.freeBlocks(try Order(order))), "\(labels), order \(order)")
      }
    }
    for cache in machine.slabCaches {
      let now = try machine.statistics(of: cache)
      #expect(page["node_slabinfo_objects{slab=\"\(now.name)\"}"] == Double(now.objects))
    }
  }

  /// Runs node_exporter over a folder, and reads its page once.
  private static func scrape(_ folder: ModelFolder) throws -> [String: Double] {
    let port = try Connection.freePort()
    let process = Foundation.Process()
    process.executableURL = URL(filePath: try #require(exporter))
    process.arguments =
      [
        "--path.procfs=\(folder.path)", "--path.sysfs=\(folder.path)/sys", "--log.level=error",
        "--web.listen-address=127.0.0.1:\(port)", "--collector.disable-defaults",
      ]
      + ["meminfo", "meminfo_numa", "buddyinfo", "zoneinfo", "slabinfo"].map { "--collector.\($0)" }
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    for _ in 0..<200 {
      // It listens some time after it was started.
      usleep(50_000)
      guard let connection = try? Connection(port: port) else { continue }
      connection.send("GET /metrics HTTP/1.0\r\n\r\n")
      var page: [String: Double] = [:]
      for line in connection.rest().split(separator: "\n") where line.hasPrefix("node_") {
        guard let blank = line.lastIndex(of: " ") else { continue }
        page[String(line[..<blank])] = Double(
          line[line.index(after: blank)...].trimmingCharacters(in: .whitespaces))
      }
      return page
    }
    Issue.record("node_exporter never listened")
    return [:]
  }
}
