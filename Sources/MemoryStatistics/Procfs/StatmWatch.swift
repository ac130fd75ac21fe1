// SPDX-License-Identifier: MIT

internal import Pages

/// A file that stays open while anybody has it.
final class OpenFile {
  let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) {
    self.descriptor = descriptor
  }
}

/// The files of a row that stay open while anybody has them.
final class KeptFiles {
  static let count = 2

  let status: Descriptor
  let adjustment: Descriptor

  init(status: consuming Descriptor, adjustment: consuming Descriptor) {
    self.status = status
    self.adjustment = adjustment
  }
}

/// The first three numbers of /proc/PID/statm, in pages; -1 where there is none.
struct StatmFigures: Equatable {
  var size = -1
  var resident = -1
  var shared = -1

  init() {}

  /// What statm would say beside a status: the two add up the same counters.
  init(_ row: ProcessStatistics) {
    guard let reserved = row.reserved, let committed = row.committed, let file = row.file,
      let shared = row.shared
    else { return }
    let page = Kernel.pageSize.rawValue
    size = reserved.rawValue / page
    resident = committed.rawValue / page
    self.shared = file.addingWithoutTrap(shared).rawValue / page
  }

  init(_ text: Span<UInt8>) {
    var start = 0
    func next() -> Int {
      start = text.skippingBlanks(from: start, to: text.count)
      let value = text.decimal(from: start, to: text.count) ?? -1
      while start < text.count, text[start] != UInt8(ascii: " ") { start += 1 }
      return value
    }
    (size, resident, shared) = (next(), next(), next())
  }
}

/// A process's statm from look to look.
struct StatmWatch {
  /// Nil where no more files may be open.
  var file: OpenFile?
  /// Nil where no more files may be open, or they may not be read.
  var kept: KeptFiles?
  /// What it said last.
  var figures = StatmFigures()
  /// Whether it is not known whom the process shares its address space with.
  var isSharingUnknown = true

  /// How many files are open for it.
  var openFiles: Int { (file == nil ? 0 : 1) + (kept == nil ? 0 : KeptFiles.count) }
}
