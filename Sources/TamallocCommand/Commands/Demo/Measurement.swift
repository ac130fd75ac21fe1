// SPDX-License-Identifier: MIT

internal import Pages

/// What one process does for the demonstration: allocate, touch more and more, and read it all.
struct Measurement {
  var layout: Layout
  var shares: [Percentage]
  var isSparse: Bool
  /// Seconds to wait before each step and before the end.
  var pause: UInt32 = 0

  /// One thing that a measuring process reports.
  enum Event {
    case step(MeasuredStep)
    case verification(Verification)
  }

  /// The same on a small scale, so that no code, buffer or table is used for the first time later.
  ///
  /// 33 MiB and a bit is above glibc's largest threshold for mapped blocks, so that freeing the block
  /// does not change what malloc does next; few of its pages are touched.
  func rehearse(_ contender: Contender, report: (Event) throws -> Void) throws {
    var small = self
    let isEager = contender.commitsAtOnce
    small.layout = Layout(
      size: isEager ? .kibibytes(4) : .mebibytes(33) + 1,
      pageSize: PageSize(ByteCount(layout.pageSize))!, fill: layout.fill)
    small.shares = shares.isEmpty ? [] : [Percentage(partsPerMillion: 1000)!]
    small.isSparse = true
    small.pause = 0
    try small.run(contender, report: report)
  }

  /// Measures a contender, and reports each step as soon as it is done.
  func run(_ contender: Contender, report: (Event) throws -> Void) throws {
    let reader = ProcessReader()
    let before = try reader.figures()
    func step(_ name: String, _ elapsed: (minorFaults: Int, seconds: Double)) throws {
      let now = try reader.figures()
      try report(
        .step(
          MeasuredStep(
            name: name, virtualBytes: now.virtualBytes - before.virtualBytes,
            residentBytes: now.residentBytes - before.residentBytes,
            minorFaults: elapsed.minorFaults, seconds: elapsed.seconds)))
    }

    wait()
    let start = FaultClock.now()
    var block = try contender.memory(size: layout.size, fill: layout.fill)
    try step("allocate", FaultClock.elapsed(since: start))

    var previous: TouchSet?
    for share in shares {
      wait()
      let set = TouchSet(share, of: layout.pageCount)
      let start = FaultClock.now()
      unsafe block.withBytes { bytes in
        for page in set where !(previous?.contains(page) ?? false) {
          unsafe bytes[layout.markerPosition(inPage: page)] = layout.marker
        }
      }
      try step(MeasuredStep.touching(share), FaultClock.elapsed(since: start))
      previous = set
    }

    wait()
    let written = try reader.figures()
    var verification = unsafe block.withBytes { bytes in
      unsafe Verification.check(
        bytes, layout: layout, touched: shares.last, isSparse: isSparse)
    }
    let read = try reader.figures()
    verification.residentBytesByReading = read.residentBytes - written.residentBytes
    verification.sharedBytesByReading = read.sharedBytes - written.sharedBytes
    verification.proportionalBytesByReading = read.proportionalBytes - written.proportionalBytes
    try report(.verification(verification))
    wait()
  }

  private func wait() {
    FaultClock.wait(seconds: pause)
  }
}
