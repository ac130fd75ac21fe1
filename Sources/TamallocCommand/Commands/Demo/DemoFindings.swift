// SPDX-License-Identifier: MIT

internal import Pages
internal import Tamalloc

/// Sentences on what the figures show. Each stands only where the figures say so.
struct DemoFindings {
  var report: DemoRecord

  /// A gain at allocation below this share of the size counts as lazy.
  private static let lazyShare = 0.05

  var sentences: [String] {
    [memset, calloc, ours, refused, hugePages, reading, faults].compactMap { $0 }
  }

  private func contender(_ name: Contender) -> ContenderRecord? {
    report.allocators.first { $0.name == name && !$0.steps.isEmpty }
  }

  private func isLazy(_ contender: ContenderRecord) -> Bool {
    Double(contender.steps[0].residentBytes) < Double(report.size) * Self.lazyShare
  }

  private func gain(_ contender: ContenderRecord) -> String {
    ByteCount(contender.steps[0].residentBytes).description
  }

  private var usesMappings: Bool { report.engine == LazyMemoryEngine.mappings.description }

  private var size: ByteCount { ByteCount(report.size) }

  private var memset: String? {
    guard let contender = contender(.mallocAndMemset) else { return nil }
    let step = contender.steps[0]
    if isLazy(contender) {
      return
        "malloc+memset gained \(zeroText(step.residentBytes)) at allocation: the block came from memory "
        + "that this process had committed before."
    }
    guard contender.fill != 0, let ours = self.contender(.tamallocFill), isLazy(ours) else {
      return
        "memset is what commits: malloc+memset holds \(gain(contender)) before anything is used, "
        + "and took \(step.seconds.duration) for it."
    }
    let byte = FillByte.text(contender.fill)
    return
      "\(size) of \(byte): malloc+memset committed \(gain(contender)) before anything was used, and "
      + "took \(step.seconds.duration); tamalloc-fill committed \(zeroText(ours.steps[0].residentBytes)), "
      + "and took \(ours.steps[0].seconds.duration). No C library offers that."
  }

  private var calloc: String? {
    guard let contender = contender(.calloc) else { return nil }
    if isLazy(contender) {
      return
        "For zeros calloc is lazy, too: it did not clear \(size), but took fresh pages from the kernel, "
        + "which are zero already, and gained \(gain(contender)). C libraries do so for large blocks; "
        + "small ones they clear."
    }
    return
      "calloc gained \(gain(contender)) at allocation: a block of \(size) is small enough for this "
      + "C library to take it from its heap and clear it."
  }

  private var ours: String? {
    guard let zero = contender(.tamalloc) else { return nil }
    guard isLazy(zero) else {
      return "tamalloc gained \(gain(zero)) of \(size) at allocation, where nothing was expected."
    }
    return "tamalloc reserved \(size) and committed \(zeroText(zero.steps[0].residentBytes))."
  }

  private func zeroText(_ bytes: Int) -> String {
    bytes <= 0 ? "nothing" : ByteCount(bytes).description
  }

  private var refused: String? {
    guard let contender = report.allocators.first(where: { $0.name == .calloc }),
      let reason = contender.skipped, self.contender(.tamalloc) != nil
    else { return nil }
    return "\(reason). The kernel promises no more to one call than the machine has; tamalloc asks "
      + "for address space without that promise\(usesMappings ? " (MAP_NORESERVE)" : "")."
  }

  /// Where one touch committed far more than a page.
  private var hugePages: String? {
    guard let contender = contender(.calloc), contender.steps.count > 1,
      let ours = self.contender(.tamalloc), ours.steps.count > 1
    else { return nil }
    let theirs = contender.steps[1]
    guard ours.steps[1].residentBytes > 0,
      theirs.residentBytes > 2 * ours.steps[1].residentBytes, isLazy(contender)
    else { return nil }
    return
      "At \(theirs.name), calloc's block holds \(ByteCount(theirs.residentBytes)) and tamalloc's "
      + "\(ByteCount(ours.steps[1].residentBytes)): this system commits huge pages of its own accord, "
      + "and tamalloc asks for small ones."
  }

  /// How VmRSS counts pages of the fill that were only read.
  private var reading: String? {
    guard let contender = contender(.tamallocFill), let check = contender.verification,
      check.sharedBytesByReading > 64 << 10, check.sharedBytesByReading > report.size / 100
    else { return nil }
    var text =
      "The check read pages that were never written: tamalloc-fill's VmRSS rose by "
      + "\(ByteCount(check.residentBytesByReading)), \(ByteCount(check.sharedBytesByReading)) of it "
      + "RssShmem. That is the pattern's few pages, counted wherever they are seen; it is not memory "
      + "that was taken"
    if check.proportionalBytesByReading > 0 {
      text += " (PSS, which divides, rose by \(ByteCount(check.proportionalBytesByReading)))"
    }
    return text + "."
  }

  /// What a touch costs, in the quickest of the steps that touched many pages: others were disturbed.
  private var faults: String? {
    func cost(_ name: Contender) -> String? {
      let steps = contender(name)?.steps.dropFirst().filter { $0.minorFaults >= 1000 } ?? []
      return steps.map { $0.seconds / Double($0.minorFaults) }.min()?.duration
    }
    guard let zero = cost(.tamalloc) else { return nil }
    let theirs = cost(.calloc).map { ", to one of calloc's \($0)" } ?? ""
    let filled =
      cost(.tamallocFill).map {
        ", to a filled one \($0), where the kernel \(usesMappings ? "copies" : "writes") the fill"
      } ?? ""
    return "The price is paid at the touch: in the quickest step, the first write to a page of "
      + "tamalloc's took \(zero)\(theirs)\(filled)."
  }
}
