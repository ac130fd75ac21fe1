// SPDX-License-Identifier: MIT

import Testing

@testable import Charts

@Suite struct ChartAxisTests {
  @Test(arguments: [
    (100.0, ChartAxis.Unit.percent, 4, ["0%", "25%", "50%", "75%", "100%"]),
    (100, .percent, 5, ["0%", "20%", "40%", "60%", "80%", "100%"]),
    (0.3, .number(suffix: " s"), 3, ["0 s", "0.1 s", "0.2 s", "0.3 s"]),
    (1_073_741_824, .bytes, 4, ["0", "256 MiB", "512 MiB", "768 MiB", "1 GiB"]),
    (1_073_745_920, .bytes, 2, ["0", "512 MiB", "1 GiB"]),
    (1, .bytes, 4, ["0", "1 B"]),
  ])
  func `ticks are round and end at or below the maximum`(
    maximum: Double, unit: ChartAxis.Unit, count: Int, labels: [String]
  ) {
    let axis = ChartAxis(title: "", unit: unit, maximum: maximum)
    #expect(axis.ticks(about: count).map(axis.label) == labels)
  }

  @Test(arguments: [0.0, -5, .nan, .infinity])
  func `an axis without length gets one`(maximum: Double) {
    let axis = ChartAxis(title: "", unit: .bytes, maximum: maximum)
    #expect(axis.maximum == 1)
    #expect(!axis.ticks(about: 4).isEmpty)
  }

  @Test(arguments: [
    (0.0, "0"), (1.5, "1.5"), (1.005, "1"), (2.05, "2.05"), (-3.1, "-3.1"), (153.6, "153.6"),
    (.nan, "–"),
  ])
  func `numbers have two decimals at most`(value: Double, text: String) {
    #expect(shortDecimal(value) == text)
  }
}
