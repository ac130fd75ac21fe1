// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import TamallocCommand

@Suite struct KernelPagesCommandTests {
  /// What Kernel/scripts/record-pages wrote of a machine that did next to nothing.
  static let recording = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../PageRecordingsTests/Recordings/short.recording").standardized.path

  /// The lines of /proc/buddyinfo at a snapshot, as the recording has them.
  private func buddyinfo(_ name: String) throws -> [(zone: String, blocks: [Int])] {
    let text = try String(contentsOfFile: Self.recording, encoding: .utf8)
    return text.split(separator: "\n").drop { $0 != "== buddyinfo \(name)" }.dropFirst()
      .prefix { $0.hasPrefix("Node") }.map { line in
        let words = line.split(separator: " ")
        return (String(words[3]), words[4...].compactMap { Int($0) })
      }
  }

  @Test func `the table's rows and the JSON have the kernel's buddyinfo`() throws {
    let table = try BuiltCommand.run("lab", "kernel-pages", Self.recording)
    #expect(table.status == 0 && table.complaint.isEmpty, "\(table.complaint)")
    let rows = table.output.split(separator: "\n").map { line in
      line.split(separator: " ").map(String.init)
    }
    let json = try BuiltCommand.run("lab", "kernel-pages", Self.recording, "--json")
    #expect(json.status == 0 && json.complaint.isEmpty, "\(json.complaint)")
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    let moments = try #require(object?["moments"] as? [[String: Any]])
    #expect(object?["lost"] as? Int == 0 && object?["broken"] as? [String] == [])
    for (moment, name) in zip(moments, ["begin", "short"]) {
      #expect(moment["name"] as? String == name)
      let zones = try #require(moment["zones"] as? [[String: Any]])
      let expected = try buddyinfo(name)
      #expect(!expected.isEmpty && zones.count == expected.count)
      for (zone, told) in zip(zones, expected) {
        #expect(zone["zone"] as? String == told.zone)
        #expect(zone["kernel"] as? [Int] == told.blocks)
        #expect(zone["blocks"] as? [Int] == told.blocks)
        #expect(rows.contains { $0.starts(with: ["kernel"] + told.blocks.map(String.init)) })
      }
    }
  }

  @Test func `what is wrong is said, with the line; the status is 2`() throws {
    let folder = try LaboratoryFolder()
    let text = try String(contentsOfFile: Self.recording, encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let half = try folder.write(lines[..<(lines.count / 2)].joined(separator: "\n"), to: "half")
    let trace = try #require(lines.firstIndex(of: "== trace"))
    var broken = lines.map(String.init)
    broken.insert("nonsense", at: trace + 1)
    let nonsense = try folder.write(broken.joined(separator: "\n"), to: "nonsense")
    let empty = try folder.write("", to: "empty")
    for (path, phrase) in [
      (half, "== end"), (nonsense, "line \(trace + 2): this is no line of a trace"),
      (empty, "== end"), (folder.path("absent"), "absent can't be read"),
    ] {
      let outcome = try BuiltCommand.run("lab", "kernel-pages", path)
      #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
      #expect(outcome.complaint.contains(phrase), "\(outcome)")
    }
  }
}
