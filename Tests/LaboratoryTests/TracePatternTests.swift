// SPDX-License-Identifier: MIT

import Testing

@testable import Laboratory

@Suite struct TracePatternTests {
  @Test func `matrix`() throws {
    func show(_ name: String, _ trace: Trace) throws {
      var line = name.padding(24)
      var line2 = "   words".padding(24)
      for allocator in AllocatorName.allCases {
        var weigh = Weigh(trace: trace, countsWords: true, limit: 1024)
        let weight = try allocator.accept(&weigh)
        line += " " + "\((weight.penalty * 100).rounded() / 100)/\((weight.overhead * 100).rounded() / 100)".padding(11)
        line2 += " " + "\((weight.wordsChanged * 10).rounded() / 10)/\(weight.pagesRequested)/\(weight.servedFromOldPages)".padding(11)
      }
      print(line)
      print(line2)
    }
    print("".padding(24) + AllocatorName.allCases.map { " " + $0.rawValue.padding(11) }.joined())
    try show("log uniform", Trace(TraceRecipe(count: 1000, distribution: .log, sizes: 8...8000, lifetime: .uniform, seed: 1)))
    try show("log early", Trace(TraceRecipe(count: 1000, distribution: .log, sizes: 8...8000, lifetime: .early, seed: 1)))
    for pattern in HostilePattern.allCases {
      try show(pattern.rawValue, pattern.trace(count: 1500))
    }
  }
}
extension String {
  func padding(_ n: Int) -> String { let p = prefix(n); return p + String(repeating: " ", count: n - p.count) }
}
