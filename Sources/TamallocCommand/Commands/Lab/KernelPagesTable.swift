// SPDX-License-Identifier: MIT

internal import Laboratory
internal import PageRecordings

/// The comparison of the model with a real kernel, for people.
struct KernelPagesTable {
  let comparison: KernelComparison

  init(_ comparison: KernelComparison) {
    self.comparison = comparison
  }

  func lines(width: Int) -> [String] {
    let count = comparison.processors
    let counts = comparison.events
    let lost = comparison.lost == 0 ? "none was lost" : "\(comparison.lost.grouped) were lost"
    var lines = Paragraph.lines(
      of: "\(comparison.kernel), \(count) processor\(count == 1 ? "" : "s"), "
        + "\(comparison.ramFrames >> 8) MiB of RAM. Events: \((counts["allocate"] ?? 0).grouped) "
        + "allocations, \((counts["free"] ?? 0).grouped) frees, \((counts["take"] ?? 0).grouped) "
        + "blocks taken (\(comparison.fallbacks.grouped) of another mobility type) and "
        + "\((counts["drain"] ?? 0).grouped) drained; \(lost).", width: width)
    for moment in comparison.moments { lines += [""] + self.lines(of: moment, width: width) }
    lines.append("")
    lines += Paragraph.lines(
      of:
        "Free blocks by order; agree: the share of free frames in blocks of the same order as the "
        + "kernel's. start: the kernel's own at the first snapshot. blocks, lists, requests: the "
        + "model's, with each block at the kernel's place; with places of its own; and from requests "
        + "alone. cached: frames in per-CPU lists.", width: width)
    return lines
  }

  private func lines(of moment: MomentAgreement, width: Int) -> [String] {
    let isFirst = moment.name == comparison.moments[0].name
    var lines = [isFirst ? moment.name : "\(moment.name): after \(moment.events.grouped) events"]
    for zone in moment.zones {
      let orders = zone.kernel.indices.map(String.init)
      var rows = [row("kernel", zone.kernel, nil, cached: zone.kernelCached)]
      if !isFirst { rows.append(row("start", zone.before, zone.kernel)) }
      rows.append(row("blocks", zone.blocks, zone.kernel))
      if !isFirst {
        rows.append(row("lists", zone.lists, zone.kernel))
        rows.append(row("requests", zone.requests, zone.kernel, cached: zone.modelCached))
      }
      let table = TextTable(
        header: [zone.zone] + orders + ["frames", "cached", "agree"], rows: rows)
      lines += table.lines(width: width)
    }
    for note in notes(on: moment) { lines += Paragraph.lines(of: note, width: width) }
    return lines
  }

  private func row(
    _ name: String, _ blocks: [Int], _ kernel: [Int]?, cached: Int? = nil
  ) -> [String] {
    let share = kernel.map { ZoneAgreement.agreement(blocks, $0) }
    // Below 100 % whatever is not equal.
    let agree = share.map { $0 == 1 ? "100 %" : "\(min($0 * 100, 99.99).fixed(2)) %" }
    return [name] + blocks.map(String.init)
      + [String(ZoneAgreement.free(blocks)), cached.map(String.init) ?? "", agree ?? ""]
  }

  /// What explains differences, where there is any.
  private func notes(on moment: MomentAgreement) -> [String] {
    var notes: [String] = []
    func note(_ count: Int, _ text: String) {
      if count != 0 { notes.append("\(count.grouped) \(text)") }
    }
    note(moment.moved, "blocks moved while the snapshot was taken")
    note(
      moment.freeInKernelOnly + moment.freeInModelOnly,
      "frames are free in one only, each block at the kernel's place: \(moment.freeInKernelOnly) "
        + "in the kernel, \(moment.freeInModelOnly) in the model"
    )
    if let blocks = moment.figures["blocks"] {
      note(blocks.unseenFrees, "frames the kernel freed without an event")
      note(blocks.unseenTakes, "frames the kernel took without an event")
    }
    note(moment.leftListsUnseen, "frames left the kernel's per-CPU lists without an event")
    if let lists = moment.figures["lists"] {
      note(lists.unmet, "blocks that the model's buddy system had in smaller ones only (lists)")
    }
    if let requests = moment.figures["requests"] {
      note(requests.unmet, "requests that the model had in smaller blocks only (requests)")
      note(requests.otherZone, "frames that the model gave from another zone (requests)")
      note(requests.scattered, "blocks that came back as one and lie apart in the model (requests)")
    }
    let counters = moment.counters.sorted { $0.key < $1.key }.filter { $0.value != 0 }
    if !counters.isEmpty {
      notes.append(
        "/proc/vmstat: " + counters.map { "\($0.key) +\($0.value.grouped)" }.joined(separator: ", ")
      )
    }
    return notes
  }
}
