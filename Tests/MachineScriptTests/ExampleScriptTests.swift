// SPDX-License-Identifier: MIT

import Foundation
import MachineScript
import PhysicalMemory
import Testing

@Suite struct ExampleScriptTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Examples/Machines")

  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".machine") }.sorted()

  @Test func `there are a dozen examples`() {
    #expect(Self.names.count >= 12, "\(Self.names)")
  }

  @Test(arguments: names) func `an example does what it says`(name: String) throws {
    let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    let script = try MachineScript(text)
    var run = ScriptRun(on: try script.machine())
    do {
      try run.run(script)
    } catch {
      Issue.record("\(name): \(error)")
    }
    let expectations = run.expectations
    #expect(expectations >= 3, "\(name) expects too little")
    let broken = run.machine.checkInvariants()
    #expect(broken.isEmpty, "\(name): \(broken)")
  }
}
