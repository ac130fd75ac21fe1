// SPDX-License-Identifier: MIT

internal import Charts

// The answers that the other sections explain, first. A row stands only where its command was recorded.

extension SectionBuilder {
  func result() -> [ReportBlock] {
    guard let step = step(ReportPlan.demonstration, in: .result) else { return [] }
    let (good, missing) = results(step)
    let runs = DemoRuns(good)
    let answers =
      memoryAnswers(runs)
      + [totalsAnswer, comparisonAnswer, modelAnswer, heapAnswer].compactMap {
        $0
      }
    let pictures = runs.runs.first.map { first in
      growth(runs, first).filter { ["malloc+memset", "tamalloc"].contains($0.title) }
    }
    var blocks = missing
    if let pictures { blocks.append(.pictures(pictures)) }
    if !answers.isEmpty {
      blocks.append(
        .table(Table(header: [say(.claim), say(.result)], rows: answers, words: 2)))
    }
    return blocks + (good.isEmpty ? [] : [source(good)])
  }

  /// What a step of another section printed, if it was recorded.
  private func recorded<Value: Decodable>(
    _ name: String, _ section: SectionName, as type: Value.Type
  ) -> Value? {
    step(name, in: section).flatMap { results($0).good.first?.decoded(as: type) }
  }

  private func memoryAnswers(_ runs: DemoRuns) -> [[String]] {
    guard let first = runs.runs.first else { return [] }
    let size = figure.bytes(first.size)
    func committing(_ name: String) -> String? {
      guard let resident = runs.spread(name, "allocate", { Double(max($0.residentBytes, 0)) }),
        let time = runs.spread(name, "allocate", { $0.seconds })
      else { return nil }
      return Phrase.committing.text(
        language, figure.bytes(Int(resident.middle)), figure.duration(time.middle))
    }
    let fault = ["tamalloc", "tamalloc-fill", "calloc"].compactMap { name in
      runs.faultCost(name).map { "\(name) \(figure.duration($0.middle / 1e9))" }
    }
    let answers: [(String, String?)] = [
      (Phrase.resultTextbook.text(language, size), committing("malloc+memset")),
      (say(.resultOurs), committing("tamalloc")),
      (Phrase.resultFilled.text(language, size), committing("tamalloc-fill")),
      (say(.resultFault), fault.isEmpty ? nil : fault.joined(separator: ", ")),
    ]
    return answers.compactMap { question, answer in answer.map { [question, $0] } }
  }

  private var totalsAnswer: [String]? {
    guard let totals = recorded("stat-total", .statistics, as: Recorded.Totals.self),
      let reserved = totals.reservedBytes, let committed = totals.committedBytes
    else { return nil }
    return [
      say(.resultTotals),
      Phrase.gained.text(language, figure.bytes(reserved), figure.bytes(committed)),
    ]
  }

  private var comparisonAnswer: [String]? {
    recorded("compare", .statistics, as: Recorded.Comparison.self).map {
      [say(.resultComparison), passed($0)]
    }
  }

  private var modelAnswer: [String]? {
    guard let verdict = recorded("model-benchmark", .model, as: Recorded.Verdict.self)
    else { return nil }
    let limited = verdict.rows.filter { $0.limit != nil }
    let met = limited.count { $0.median <= $0.limit ?? 0 }
    return [say(.resultModel), "\(met) / \(limited.count)"]
  }

  private var heapAnswer: [String]? {
    guard let heap = recorded("heap", .heap, as: Recorded.Heap.self) else { return nil }
    let means = heap.tables.map { table in
      "\(table.kind): "
        + table.allocators.compactMap { name in
          table.means[name].map { "\(name) \(figure.decimal($0, digits: 2))×" }
        }.joined(separator: ", ")
    }
    return [say(.resultHeap), means.joined(separator: "; ")]
  }
}
