// SPDX-License-Identifier: MIT

internal import Charts

extension SectionBuilder {
  func memory() -> [Block] {
    guard let step = step("demo", in: .memory) else { return [] }
    var blocks = demonstration(step)
    if let peers = self.step("peers", in: .memory) {
      let (good, missing) = results(peers)
      blocks.append(.heading(say(.peersHeading)))
      blocks += missing
      if let recording = good.first {
        blocks += [.prose(RecordedWords.prose(recording.output, language)), source(good)]
      }
    }
    return blocks
  }

  func kernel() -> [Block] {
    guard let step = step("kernel-demo", in: .kernel) else { return [] }
    return demonstration(step)
  }

  /// Pictures and tables of a demonstration, wherever it ran.
  private func demonstration(_ step: Step) -> [Block] {
    let (good, missing) = results(step)
    let runs = Demonstrations(good)
    guard let first = runs.runs.first else {
      return missing.isEmpty ? [.missing("\(say(.notMeasured)): `\(step.line)`")] : missing
    }
    return [
      .prose(
        "\(say(.engine)): `\(first.engine)`; \(say(.requested)): \(figure.bytes(first.size))."),
      .pictures(growth(runs, first) + [allocationTime(runs)]),
      .table(residentTable(runs)), .table(contentTable(runs)), source(good),
    ]
  }

  /// Reserved against committed memory as pages are touched, a picture for each way.
  private func growth(_ runs: Demonstrations, _ first: Demonstration) -> [Picture] {
    first.allocators.map { contender in
      let most = first.allocators.flatMap(\.steps).map { max($0.virtualBytes, $0.residentBytes) }
      let points = contender.steps.map { step in
        ChartPoint(
          x: step.share,
          y: max(
            runs.spread(contender.name, step.name) { Double($0.residentBytes) }?.middle ?? 0, 0))
      }
      let reserved = [0.0, 100].map {
        ChartPoint(x: $0, y: Double(contender.steps.first?.virtualBytes ?? first.size))
      }
      let grid = ChartGrid(
        title: contender.name,
        x: ChartAxis(title: say(.pagesTouched), unit: .percent, maximum: 100),
        y: ChartAxis(
          title: say(.memoryGained), unit: .bytes,
          maximum: Double(max(most.max() ?? 0, first.size))),
        panels: [
          ChartPanel(
            title: "",
            series: points.isEmpty
              ? []
              : [
                ChartSeries(
                  name: say(.committed), shape: .area,
                  tone: Demonstrations.isOurs(contender.name) ? .first : .second, points: points),
                ChartSeries(name: say(.reserved), shape: .line, tone: .frame, points: reserved),
              ], note: (contender.skipped ?? contender.failure).map(translated) ?? "")
        ])
      return Picture(title: contender.name, svg: SVGChart(width: 460).document(of: grid))
    }
  }

  private func allocationTime(_ runs: Demonstrations) -> Picture {
    let bars = runs.names.compactMap { name -> BarChart.Bar? in
      guard let spread = runs.spread(name, "allocate", { $0.seconds * 1e6 }) else { return nil }
      return BarChart.Bar(
        name: name, value: spread.middle, spread: spread.range,
        tone: Demonstrations.isOurs(name) ? .first : .second,
        label: figure.duration(spread.middle / 1e6))
    }
    return picture(
      BarChart(
        title: say(.timeToAllocate), axis: say(.timeToAllocateAxis), unit: .number(suffix: ""),
        scale: .logarithmic, bars: bars))
  }

  private func residentTable(_ runs: Demonstrations) -> Table {
    let steps = runs.stepNames
    return Table(
      header: ["VmRSS"]
        + steps.map { $0 == "allocate" ? say(.afterAllocating) : stepTitle($0) },
      rows: runs.names.map { name in
        [name]
          + steps.map { step in
            runs.spread(name, step) { Double($0.residentBytes) }?.text { figure.bytes(Int($0)) }
              ?? "–"
          }
      })
  }

  private func contentTable(_ runs: Demonstrations) -> Table {
    Table(
      header: [say(.way), say(.allRight), "VmSize", say(.timeToAllocate)],
      rows: runs.names.map { name in
        let contenders = runs.contenders(name)
        let verdict =
          contenders.contains { $0.skipped != nil }
          ? say(.notRun) : contenders.allSatisfy { $0.correct == true } ? say(.yes) : say(.no)
        return [
          name, verdict,
          runs.spread(name, "allocate") { Double($0.virtualBytes) }?.text { figure.bytes(Int($0)) }
            ?? "–",
          runs.spread(name, "allocate") { $0.seconds }?.text(figure.duration) ?? "–",
        ]
      })
  }

  /// `touch 10%` in the report's language.
  func stepTitle(_ step: String) -> String {
    guard let word = step.split(separator: " ").last, word.hasSuffix("%") else { return step }
    return "\(word) \(say(.touched))"
  }

  func faults() -> [Block] {
    guard let step = step("demo", in: .faults) else { return [] }
    let (good, missing) = results(step)
    let runs = Demonstrations(good)
    guard !runs.runs.isEmpty else { return missing }
    let bars = runs.names.compactMap { name -> BarChart.Bar? in
      guard let cost = runs.faultCost(name) else { return nil }
      return BarChart.Bar(
        name: name, value: cost.middle, spread: cost.range,
        tone: Demonstrations.isOurs(name) ? .first : .second,
        label: figure.duration(cost.middle / 1e9))
    }
    let steps = runs.stepNames
    let table = Table(
      header: [say(.minorFaults)]
        + steps.map { $0 == "allocate" ? say(.faultsToAllocate) : stepTitle($0) }
        + [say(.costOfFault)],
      rows: runs.names.map { name in
        [name]
          + steps.map { step in
            runs.spread(name, step) { Double($0.minorFaults) }?.text { figure.grouped(Int($0)) }
              ?? "–"
          } + [runs.faultCost(name).map { $0.text { figure.duration($0 / 1e9) } } ?? "–"]
      })
    return [
      .pictures([
        picture(
          BarChart(
            title: say(.costOfFault), axis: say(.costOfFaultAxis), unit: .number(suffix: " ns"),
            bars: bars))
      ]), .table(table), source(good),
    ]
  }
}
