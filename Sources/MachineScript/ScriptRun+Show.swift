// SPDX-License-Identifier: MIT

// The verb `show`: what a script wants seen while it runs.

internal import PhysicalMemory

extension ScriptRun {
  /// `show VIEW[,VIEW…]` · `show frame PFN|NAME [INDEX]` · `show EXPRESSION`
  mutating func show(_ words: inout ScriptWords) throws {
    let all = words.rest()
    guard let first = all.first else { throw ScriptError.Problem.missing("what to show") }
    let views = first.split(separator: ",").map { MachineView(rawValue: String($0)) }
    if all.count == 1, !views.isEmpty, views.allSatisfy({ $0 != nil }) {
      for case let view? in views { try sink(view.text(of: machine)) }
      return
    }
    if first == "frame" {
      let rest = all.dropFirst()
      guard let word = rest.first else { throw ScriptError.Problem.missing("a frame") }
      let number: Int
      if let value = ScriptWords.number(word), rest.count == 1 {
        number = value
      } else if case .number(let value) = try figure(["pfn"] + rest) {
        number = value
      } else {
        throw ScriptError.Problem.invalid(word, expected: "a frame")
      }
      guard number >= 0, number < machine.spannedFrames else {
        throw MachineError.noSuchFrame(UInt64(bitPattern: Int64(number)))
      }
      let lines = explain(PageFrameNumber(index: number))
      return try sink(lines.joined(separator: "\n") + "\n")
    }
    try sink("\(all.joined(separator: " ")) = \(try value(of: all[...]))\n")
  }
}
