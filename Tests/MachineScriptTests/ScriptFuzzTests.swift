// SPDX-License-Identifier: MIT

// Scripts that nobody would write: the examples, mutated. Whatever they say, a script is read or refused,
// with a line of its own; a run ends, and leaves a machine whose invariants hold; nothing traps.

import Foundation
import Instruments
import Testing

@testable import MachineScript
@testable import PhysicalMemory

@Suite struct ScriptFuzzTests {
  /// Every word that some example has, and numbers at which something ends. Numbers between are left
  /// out: a file of a million pages takes long, and shows no more than one of a thousand.
  struct Mutation {
    let lines: [String]
    let words: [String]
    static let numbers = [
      "0", "1", "2", "-1", "7", "10", "11", "63", "64", "65", "127", "513", "1023", "4096",
      "1099511627776", "4611686018427387904", "9223372036854775807", "9223372036854775808",
      "-9223372036854775808", "18446744073709551616", "0x0", "0xfff", "0xffffffffffffffff", "0x",
      "0xg", "1KiB", "64KiB", "1MiB", "8TiB", "9999999999TiB", "KiB", "1.5", "1e3", "٣",
    ]
    static let oddities = [
      "", " ", "\t", "\r", "\0", "#", "=", "|", "GFP_KERNEL|", "|GFP_DMA", "__GFP_NOFAIL", "repeat",
      "end", "fails", "expect", "machine", "é", "😀", "\u{301}", "\u{FEFF}", "all", "every", "first",
      "last", "random", "count",
    ]

    init() throws {
      var lines: [String] = []
      for name in ExampleScriptTests.names {
        let file = ExampleScriptTests.folder.appending(path: name)
        lines += try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
          .map(String.init)
      }
      self.lines = lines
      words = Array(Set(lines.flatMap { $0.split(separator: " ").map(String.init) })).sorted()
    }

    /// A part of the examples, changed in a few places.
    func script(_ random: inout SeededGenerator) -> String {
      let start = Int.random(in: 0..<lines.count, using: &random)
      let length = Int.random(in: 1...12, using: &random)
      var text = lines[start..<min(lines.count, start + length)].map { line in
        line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      }
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let line = Int.random(in: text.indices, using: &random)
        let place = Int.random(in: 0...text[line].count, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: text[line].insert(words.randomElement(using: &random)!, at: place)
        case 1: text[line].insert(Self.numbers.randomElement(using: &random)!, at: place)
        case 2: text[line].insert(Self.oddities.randomElement(using: &random)!, at: place)
        case 3 where place < text[line].count:
          text[line][place] = Self.numbers.randomElement(using: &random)!
        case 4 where place < text[line].count:
          text[line][place] = words.randomElement(using: &random)!
        case 5 where place < text[line].count: text[line].remove(at: place)
        case 6: text.insert(text.randomElement(using: &random)!, at: line)
        case 7 where place < text[line].count:
          var bytes = Array(text[line][place].utf8)
          guard !bytes.isEmpty else { continue }
          bytes[Int.random(in: bytes.indices, using: &random)] = .random(
            in: 0...255, using: &random)
          text[line][place] = String(decoding: bytes, as: UTF8.self)
        default: text.swapAt(line, Int.random(in: text.indices, using: &random))
        }
      }
      return text.map { $0.joined(separator: " ") }.joined(separator: "\n")
    }
  }

  @Test func `a hundred thousand mutated scripts are read or refused with a line`() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    let mutation = try Mutation()
    var refused = 0
    for number in 0..<100_000 {
      let text = mutation.script(&random)
      do throws(ScriptError) {
        let script = try MachineScript(text)
        // What machine it is may be refused as well; a thousandth is enough to see that none traps.
        if number % 100 == 0 { _ = try? Machine(script.setup.layout()) }
      } catch {
        refused += 1
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
        #expect(error.line >= 1 && error.line <= lines, "seed \(seed): \(error) in\n\(text)")
        #expect(!error.isOutcome, "seed \(seed): \(error) in\n\(text)")
      }
    }
    #expect(refused > 1000 && refused < 99_000, "seed \(seed): \(refused) refused")
  }

  @Test func `mutated scripts run to an end, and break nothing`() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    let mutation = try Mutation()
    var ended = 0
    for number in 0..<400 {
      var layout =
        number % 2 == 0
        ? MachineLayout.x86_64(ram: .mebibytes(4), nodes: 1 + number % 3, cpus: 2)
        : .i386(ram: .mebibytes(3))
      layout.swap = number % 4 < 2 ? 0 : .mebibytes(1)
      let shown = Shown()
      var run = ScriptRun(on: try Machine(layout), sink: { shown.bytes += $0.utf8.count })
      for _ in 0..<25 {
        let text = mutation.script(&random)
        // A million ticks take long, and are no more than many of a few.
        guard !text.contains(try Regex("tick +[^ \n]{5}")),
          let script = try? MachineScript(text)
        else { continue }
        run.stepLimit = run.steps + 2000
        do {
          try run.run(script)
          ended += 1
        } catch let error as ScriptError {
          let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .count
          #expect(error.line >= 1 && error.line <= lines, "seed \(seed): \(error) in\n\(text)")
        }
      }
      let broken = run.machine.checkInvariants()
      #expect(broken.isEmpty, "seed \(seed), machine \(number): \(broken)")
    }
    #expect(ended > 100, "seed \(seed): only \(ended) ran to their end")
  }

  private final class Shown { var bytes = 0 }
}
