// SPDX-License-Identifier: MIT

public import ArgumentParser
public import MemoryStatistics

/// A unit for all sizes.
enum UnitFlag: String, EnumerableFlag {
  case si, kib, mib

  static func help(for value: UnitFlag) -> ArgumentHelp? {
    switch value {
    case .si: "Write sizes in powers of 1,000: kB, MB, GB."
    case .kib: "Write all sizes in KiB."
    case .mib: "Write all sizes in MiB."
    }
  }

  var unit: ByteUnit {
    switch self {
    case .si: .si
    case .kib: .kibibytes
    case .mib: .mebibytes
    }
  }
}

extension Field: ExpressibleByArgument {
  // Without key paths, as the parser has it: to make the first one takes Swift 0.2 ms at each start.
  public static var allValueStrings: [String] { allCases.map { $0.rawValue } }

  /// The names of columns in a message, as the parser lists them for an option of one column.
  static var choice: String {
    "Please provide some of the following:" + allCases.map { "\n  - " + $0.rawValue }.joined()
  }

  /// What each column says. Put together at each start, and so without sequences of sequences, whose
  /// types Swift would have to make first.
  static var summaries: String {
    var text = ""
    for field in allCases {
      if !text.isEmpty { text += "; " }
      text += field.rawValue
      text += ": "
      text += field.summary
    }
    return text
  }
}
