// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Charts

@Suite struct BarChartTests {
  static func chart(_ values: [Double], _ scale: BarChart.Scale) -> BarChart {
    BarChart(
      title: "A <title> & more", axis: "nanoseconds", unit: .number(suffix: " ns"), scale: scale,
      bars: values.map { BarChart.Bar(name: "bar \($0)", value: $0, spread: ($0 / 2)...($0 * 2)) },
      reference: 1)
  }

  @Test(arguments: [0.03, 1, 7.5, 99, 12_345])
  func `a logarithmic length is Foundation's logarithm`(value: Double) {
    let chart = Self.chart([0.03, 12_345], .logarithmic)
    let (least, most) = chart.bounds
    let expected = log10(value / least) / log10(most / least)
    #expect(abs(chart.fraction(of: value) - expected) < 1e-4)
  }

  @Test func `a linear length begins at zero`() {
    let chart = Self.chart([2, 4], .linear)
    #expect(chart.bounds == (0, 8))
    #expect(chart.fraction(of: 2) == 0.25)
    #expect(chart.fraction(of: -1) == 0)
  }

  @Test(arguments: [320, 460, 880])
  func `is well-formed and inside of its picture`(width: Int) throws {
    for scale in [BarChart.Scale.linear, .logarithmic] {
      let document = SVGChart(width: width).document(of: Self.chart([0.5, 3, 2000], scale))
      let reading = try #require(SVGChartTests.Reading(document), "not well-formed:\n\(document)")
      #expect(reading.text.contains("A <title> & more"))
      let root = try #require(reading.elements.first?.attributes)
      let right = try #require(root["width"].flatMap(Double.init))
      for (name, attributes) in reading.elements where name == "rect" {
        let x = try #require(attributes["x"].flatMap(Double.init))
        let length = try #require(attributes["width"].flatMap(Double.init))
        #expect(x >= 0 && x + length <= right)
      }
    }
  }

  @Test func `values of zero and none at all are drawn as well`() {
    for values in [[], [0.0], [0, 0]] {
      for scale in [BarChart.Scale.linear, .logarithmic] {
        let document = SVGChart().document(of: Self.chart(values, scale))
        #expect(SVGChartTests.Reading(document) != nil)
        let numbers = document.replacing("nanoseconds", with: "")
        #expect(!numbers.contains("nan") && !numbers.contains("inf"))
      }
    }
  }
}
