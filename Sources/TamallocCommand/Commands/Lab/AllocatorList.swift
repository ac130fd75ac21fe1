// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import Laboratory

/// Allocators by name: `buddy`, `buddy,lazy-buddy` or `all`.
struct AllocatorList {
  let names: [AllocatorName]

  static let all = AllocatorList(names: AllocatorName.allCases)

  /// Reads names with commas between them; each stands there once, in the order of the first.
  static func parse(_ text: String) throws -> AllocatorList {
    var names: [AllocatorName] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let word = String(word).trimmingSpaces.lowercased()
      let found =
        word == "all" ? AllocatorName.allCases : AllocatorName(rawValue: word).map { [$0] }
      guard let found else {
        throw ValidationError("there is no allocator '\(word)': there are \(listed), and all")
      }
      for name in found where !names.contains(name) { names.append(name) }
    }
    return AllocatorList(names: names)
  }

  static var listed: String { AllocatorName.allCases.map(\.rawValue).joined(separator: ", ") }

  static let completion = CompletionKind.list(["all"] + AllocatorName.allCases.map(\.rawValue))
}
