// SPDX-License-Identifier: MIT

import Allocators
import Foundation
import Testing

/// What is asked of each allocator.
protocol Conformance {
  static func run<Allocator: KernelMemoryAllocator & ~Copyable>(_ type: Allocator.Type) throws
}

/// An allocator that the conformance suite runs with.
struct AllocatorUnderTest: Sendable, CustomTestStringConvertible {
  /// The list: a new allocator's name and type are all that it needs.
  static let all = [
    of("DummyAllocator", DummyAllocator.self),
    of("FirstFitResourceMap", FirstFitResourceMap.self),
    of("BestFitResourceMap", BestFitResourceMap.self),
    of("WorstFitResourceMap", WorstFitResourceMap.self),
    of("BuddySystem", BuddySystem.self),
    of("LazyBuddy", LazyBuddy.self),
    of("PowerOfTwoFreeLists", PowerOfTwoFreeLists.self),
    of("McKusickKarels", McKusickKarels.self),
    of("NearBestFit", NearBestFit.self),
  ]

  let testDescription: String
  let check: @Sendable (any Conformance.Type) throws -> Void

  private static func of<Allocator: KernelMemoryAllocator & ~Copyable & SendableMetatype>(
    _ name: String, _ type: Allocator.Type
  ) -> AllocatorUnderTest {
    AllocatorUnderTest(testDescription: name) { check in
      try check.run(Allocator.self)
    }
  }
}

@Suite struct AllocatorUnderTestTests {
  @Test func `every public allocator of the sources is in the list`() throws {
    let folder = URL(filePath: #filePath).appending(path: "../../../Sources/Allocators")
      .standardized
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    var found: Set<String> = []
    for case let file as URL in try #require(files) where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      // A type of its own, or a generic one with its policy.
      let declaration =
        /(?m)^public (?:struct|typealias) (\w+)(?:: KernelMemoryAllocator\b| = \w+<\w+>)/
      found.formUnion(text.matches(of: declaration).map { String($0.1) })
    }
    #expect(found == Set(AllocatorUnderTest.all.map(\.testDescription)))
  }
}
