// SPDX-License-Identifier: MIT

internal import Charts

extension SectionBuilder {
  func memory() -> [ReportBlock] {
    guard let step = step("demo", in: .memory) else { return [] }
    var blocks = demonstration(step)
    if let peers = self.step("peers", in: .memory) {
      let (good, missing) = results(peers)
      blocks += missing
      if let peers = good.first?.decoded(as: Recorded.Peers.self) {
        blocks += self.peers(peers) + [source(good)]
      }
    }
    return blocks
  }

  private func peers(_ peers: Recorded.Peers) -> [ReportBlock] {
    let header = [
      say(.doing), say(.timeToGet), say(.residentAtOnce), say(.residentTouched), say(.faultsToGet),
    ]
    let tables = [(0, Phrase.allZero), (1, .allOnes)].map { fill, title in
      ReportBlock.table(
        Table(
          header: [say(title)] + header,
          rows: peers.rows.filter { $0.fill == fill }.map { row in
            [
              row.name, say(row.how, in: .peers), figure.duration(row.nanoseconds / 1e9),
              figure.bytes(Int(row.residentBytes)), figure.bytes(Int(row.residentTouchedBytes)),
              figure.grouped(Int(row.minorFaults)),
            ]
          }, words: 2))
    }
    let absent =
      peers.absent.isEmpty
      ? "" : " " + Phrase.absent.text(language, peers.absent.joined(separator: ", "))
    return [.heading(Phrase.peersHeading.text(language, "\(peers.gibibytes)"))] + tables + [
      .prose("\(Phrase.peersNote.text(language, "\(peers.runs)")) \(say(.allBytesRight))\(absent)")
    ]
  }

  func kernel() -> [ReportBlock] {
    guard let step = step("kernel-demo", in: .kernel) else { return [] }
    return demonstration(step)
  }

  /// Pictures and tables of a demonstration, wherever it ran.
  private func demonstration(_ step: ReportStep) -> [ReportBlock] {
    let (good, missing) = results(step)
    let runs = DemoRuns(good)
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
  func growth(_ runs: DemoRuns, _ first: Recorded.Demo) -> [Picture] {
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
                  tone: runs.isOurs(contender.name) ? .first : .second, points: points),
                ChartSeries(name: say(.reserved), shape: .line, tone: .frame, points: reserved),
              ], note: reason(contender))
        ])
      return Picture(title: contender.name, svg: SVGChart(width: 460).document(of: grid))
    }
  }

  /// Why a contender has no figures.
  private func reason(_ contender: Recorded.Demo.Contender) -> String {
    guard let shortage = contender.shortage else {
      return contender.skipped ?? contender.failure ?? ""
    }
    return Phrase.shortage.text(
      language, figure.bytes(shortage.bytes), figure.bytes(shortage.availableBytes))
  }

  private func allocationTime(_ runs: DemoRuns) -> Picture {
    let bars = runs.names.compactMap { name -> BarChart.Bar? in
      guard let spread = runs.spread(name, "allocate", { $0.seconds * 1e6 }) else { return nil }
      return BarChart.Bar(
        name: name, value: spread.middle, spread: spread.range,
        tone: runs.isOurs(name) ? .first : .second,
        label: figure.duration(spread.middle / 1e6))
    }
    return picture(
      BarChart(
        title: say(.timeToAllocate), axis: say(.timeToAllocateAxis), unit: .number(suffix: ""),
        scale: .logarithmic, bars: bars))
  }

  private func residentTable(_ runs: DemoRuns) -> Table {
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

  private func contentTable(_ runs: DemoRuns) -> Table {
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
    return Phrase.touched.text(language, "\(word)")
  }

  func faults() -> [ReportBlock] {
    guard let step = step("demo", in: .faults) else { return [] }
    let (good, missing) = results(step)
    let runs = DemoRuns(good)
    guard !runs.runs.isEmpty else { return missing }
    let bars = runs.names.compactMap { name -> BarChart.Bar? in
      guard let cost = runs.faultCost(name) else { return nil }
      return BarChart.Bar(
        name: name, value: cost.middle, spread: cost.range,
        tone: runs.isOurs(name) ? .first : .second,
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
