// SPDX-License-Identifier: MIT

// Debian's tools read the model's files, mounted over /proc in a mount namespace of their own, and show
// the model's figures.

import Foundation
import Pages
import Testing

@testable import PhysicalMemory

@Suite struct ToolTests {
  /// Runs a shell command where files of /proc have other contents, and the nodes of /sys are others:
  /// their files by their paths below the folder of nodes.
  static func run(
    _ command: String, with files: [String: String], nodes: [String: String] = [:]
  ) throws -> String {
    let folder = try ModelFolder(files: files, nodes: nodes)
    var script = "set -e\n"
    for name in files.keys {
      script += "mount --bind '\(folder.path)/\(name)' /proc/\(name)\n"
    }
    if !nodes.isEmpty {
      script += "mount --bind '\(folder.nodesPath)' /sys/devices/system/node\n"
    }
    let process = Foundation.Process()
    process.executableURL = URL(filePath: "/usr/bin/unshare")
    process.arguments = (getuid() == 0 ? ["-m"] : ["-Urm"]) + ["sh", "-c", script + command]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    return text
  }

  /// A machine with caches of known contents.
  static func machine() throws -> Machine {
    var machine = try Machine(.x86_64(ram: .mebibytes(256), cpus: 2))
    let inodes = try machine.createSlabCache("tama_inode", objectSize: 600)
    for _ in 0..<1000 { _ = try machine.allocateObject(from: inodes) }
    let dentries = try machine.createSlabCache("tama_dentry", objectSize: 192)
    let some = try (0..<2000).map { _ in try machine.allocateObject(from: dentries) }
    for dentry in some.dropFirst(500) { try machine.freeObject(dentry, to: dentries) }
    for size in 1...3000 { _ = try machine.kmalloc(ByteCount(size)) }
    return machine
  }

  @Test func `slabtop shows the model's caches`() throws {
    let machine = try Self.machine()
    let text = try Self.run("slabtop -o", with: ["slabinfo": machine.slabinfo])
    for name in ["tama_inode", "tama_dentry", "kmalloc-64"] {
      let cache = try present(machine.slabCache(named: name))
      let now = try machine.statistics(of: cache)
      let line = try #require(
        text.split(separator: "\n").first { $0.hasSuffix(" \(name)") || $0.contains(" \(name) ") },
        "slabtop does not show \(name): \(text)")
      let words = line.split(separator: " ").map(String.init)
      #expect(words[0] == "\(now.objects)", "\(line)")
      #expect(words[1] == "\(now.liveObjects + now.cachedObjects)", "\(line)")
      #expect(words[4] == "\(now.slabs)", "\(line)")
      #expect(words[5] == "\(now.objectsPerSlab)", "\(line)")
      #expect(words[6] == "\(now.slabs * now.order.frameCount * 4)K", "\(line)")
    }
  }

  @Test func `vmstat shows the model's caches`() throws {
    let machine = try Self.machine()
    let text = try Self.run("vmstat -m", with: ["slabinfo": machine.slabinfo])
    for cache in machine.slabCaches {
      let now = try machine.statistics(of: cache)
      let line = try #require(
        text.split(separator: "\n").first {
          $0.split(separator: " ").first.map(String.init) == now.name
        },
        "vmstat does not show \(now.name): \(text)")
      let words = line.split(separator: " ").dropFirst().map(String.init)
      #expect(
        words == [
          "\(now.liveObjects + now.cachedObjects)", "\(now.objects)", "\(now.stride.rawValue)",
          "\(now.objectsPerSlab)",
        ], "\(line)")
    }
  }

  @Test func `slabinfo has the lines of Linux`() throws {
    let machine = try Self.machine()
    let lines = machine.slabinfo.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "slabinfo - version: 2.1")
    #expect(lines.last == "")
    // cache_show()'s format, as a pattern.
    let pattern = try Regex(
      #"^\S+ +\d+ +\d+ +\d+ +\d+ +\d+ : tunables +\d+ +\d+ +\d+ : slabdata +\d+ +\d+ +\d+$"#)
    for line in lines.dropFirst(2).dropLast() {
      #expect(try pattern.wholeMatch(in: line) != nil, "\(line)")
    }
    // And this machine's kernel writes lines of the same pattern.
    if getuid() == 0, let host = try? String(contentsOfFile: "/proc/slabinfo", encoding: .utf8) {
      let own = host.split(separator: "\n")
      #expect(own[0] == lines[0])
      #expect(own[1] == lines[1])
      for line in own.dropFirst(2) {
        #expect(
          try pattern.wholeMatch(in: line.trimmingCharacters(in: .whitespaces)) != nil, "\(line)")
      }
    }
  }

  @Test func `vmallocinfo has the lines of Linux`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    _ = try machine.vmalloc(16384, caller: "load_module")
    _ = try machine.vmalloc(100)
    #expect(
      machine.vmallocinfo == """
        0xffffc90000000000-0xffffc90000005000   20480 load_module pages=4 vmalloc N0=4
        0xffffc90000005000-0xffffc90000007000    8192 vmalloc pages=1 vmalloc N0=1

        """)
  }
}
