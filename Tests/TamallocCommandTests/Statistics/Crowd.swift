// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

/// Many processes that do nothing, and end with their owner.
final class Crowd {
  /// What they and their parent call themselves, and nobody else.
  let name = "crowd-\(Int.random(in: 10_000...99_999))"
  private let process = Process()
  private let input = Pipe()

  init(_ count: Int) throws {
    let output = Pipe()
    process.executableURL = URL(filePath: try #require(CompiledProgram.subject))
    process.arguments = ["crowd", "\(count)", name]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
    var text = ""
    while !text.contains("done\n") {
      let data = output.fileHandleForReading.availableData
      try #require(!data.isEmpty, "the crowd of \(count) did not come: \(text)")
      text += String(decoding: data, as: UTF8.self)
    }
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}
