// SPDX-License-Identifier: MIT

internal import FoundationEssentials

extension StandardOutput {
  /// Writes a record as JSON: whole, its keys sorted, a newline behind it.
  static func write(record: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try write(String(decoding: encoder.encode(record), as: UTF8.self) + "\n")
  }

  /// Writes lines, each with its newline.
  static func write(lines: [String]) throws(Failure) {
    try write(lines.joined(separator: "\n") + "\n")
  }
}
