// SPDX-License-Identifier: MIT

internal import Pages

/// What can be shown of a size on this machine.
struct DemoPlan: Sendable, Hashable {
  /// What one contender is to do.
  struct Part: Sendable, Hashable {
    var contender: Contender
    var shares: [Percentage] = []
    var leftOut: [LeftOutStep] = []
    var skipped: Shortage?
  }

  let parts: [Part]
  /// Whether the size exceeds the machine's memory, so that only a sample is checked at the end.
  let isSparse: Bool

  /// The most that the default steps commit of a size that the machine can't hold as a whole: such a size
  /// is reserved to see that it can be, and filling all memory takes long.
  static let usualBound = ByteCount.gibibytes(2)

  /// - Parameters:
  ///   - shares: the steps that were asked for, or nil for the usual ones.
  ///   - available: bytes that may be committed.
  init(size: ByteCount, pageSize: PageSize, shares: [Percentage]?, available: ByteCount) {
    let capacity = available - Self.margin(of: available)
    let pages = ByteCount((size.rawValue - 1) / pageSize.bytes.rawValue + 1)

    /// The memory for a share of the pages, and for the page tables that they need.
    func committed(by share: Percentage) -> ByteCount {
      let touched = UInt128(pages.rawValue) * UInt128(share.partsPerMillion) / 1_000_000
      let bytes = Int(touched + 1) * pageSize.bytes.rawValue
      // A page of page tables holds 512 entries; what is touched is spread over all of them.
      let tables = min(Int(touched + 1), pages.rawValue / 512 + 1) * pageSize.bytes.rawValue
      return ByteCount(bytes) + ByteCount(tables)
    }
    func shortage(_ bytes: ByteCount, of share: Percentage? = nil) -> Shortage {
      Shortage(
        bytes: bytes.rawValue, availableBytes: available.rawValue,
        touch: share.flatMap { committed(by: $0) <= capacity ? "\($0)" : nil })
    }

    isSparse = committed(by: .all) > capacity
    let limit = isSparse && shares == nil ? min(capacity, Self.usualBound) : capacity
    let steps = shares ?? Percentage.usual
    let fitting = steps.filter { committed(by: $0) <= limit }
    let leftOut = steps.filter { committed(by: $0) > limit }.map { share in
      let bytes = UInt128(size.rawValue) * UInt128(share.partsPerMillion) / 1_000_000
      let shortage = shortage(ByteCount(Int(bytes)), of: share)
      return LeftOutStep(
        name: MeasuredStep.touching(share), reason: shortage.description, shortage: shortage)
    }
    let isSparse = isSparse
    parts = Contender.allCases.map { contender in
      if contender.commitsAtOnce && isSparse {
        return Part(contender: contender, skipped: shortage(size))
      }
      return Part(contender: contender, shares: fitting, leftOut: leftOut)
    }
  }

  /// What is left for other processes: an eighth, or 256 MiB if that is more and at most half.
  static func margin(of available: ByteCount) -> ByteCount {
    ByteCount(max(available.rawValue / 8, min(available.rawValue / 2, 256 << 20)))
  }
}
