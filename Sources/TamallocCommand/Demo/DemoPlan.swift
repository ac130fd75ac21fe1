// SPDX-License-Identifier: MIT

internal import Pages

/// What can be shown of a size on this machine.
struct DemoPlan: Sendable, Hashable {
  /// What one contender is to do.
  struct Part: Sendable, Hashable {
    var contender: Contender
    var shares: [Percentage] = []
    var leftOut: [LeftOutStep] = []
    var skipped: String?
  }

  let parts: [Part]
  /// Whether the whole is more than the machine can hold, and only a sample is read at the end.
  let isSparse: Bool

  /// What the usual steps commit at most of a size that the machine can't hold as a whole: such a
  /// size is asked for to see that it is available, and filling memory to the brim takes long.
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
    func reason(_ bytes: ByteCount) -> String {
      "would commit \(bytes.rounded); \(available.rounded) are available"
    }

    isSparse = committed(by: .all) > capacity
    let limit = isSparse && shares == nil ? min(capacity, Self.usualBound) : capacity
    let steps = shares ?? Percentage.usual
    let fitting = steps.filter { committed(by: $0) <= limit }
    let leftOut = steps.filter { committed(by: $0) > limit }.map { share in
      let bytes = UInt128(size.rawValue) * UInt128(share.partsPerMillion) / 1_000_000
      let isHeld = committed(by: share) <= capacity
      let text =
        isHeld
        ? "would commit \(ByteCount(Int(bytes)).rounded) and take long; --touch \(share) asks for it"
        : reason(ByteCount(Int(bytes)))
      return LeftOutStep(name: MeasuredStep.touching(share), reason: text)
    }
    let isSparse = isSparse
    parts = Contender.allCases.map { contender in
      if contender.commitsAtOnce && isSparse {
        return Part(contender: contender, skipped: reason(size))
      }
      return Part(contender: contender, shares: fitting, leftOut: leftOut)
    }
  }

  /// What is left to everybody else: an eighth, 256 MiB where there is so much.
  static func margin(of available: ByteCount) -> ByteCount {
    ByteCount(max(available.rawValue / 8, min(available.rawValue / 2, 256 << 20)))
  }
}

extension ByteCount {
  /// The count in a unit of its size without decimals where it has two digits or more: `"22 GiB"`.
  var rounded: String {
    var unit = 1
    while rawValue / unit >= 10 * 1024, unit < 1 << 50 { unit <<= 10 }
    if rawValue / unit >= 1024 { unit <<= 10 }
    if rawValue < 10 * unit { return description }
    return ByteCount((rawValue + unit / 2) / unit * unit).description
  }
}
