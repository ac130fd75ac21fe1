// SPDX-License-Identifier: MIT

// What is read on request, after a scan. Meanwhile a process may have ended and its pid may be another
// one's. So the start time is read last: a process that has its pid and started before the scan's end is
// the one that was scanned, and what was read before is its own. Ticks are 10 ms long, and a pid that was
// given out anew within the scan's last tick goes unnoticed.

internal import Pages

extension ProcFiles {
  /// Reads what is asked for besides, where it can be read and the process is still the same.
  ///
  /// - Parameter scanned: the end of the scan in ticks since the machine started, or nil where the
  ///   caller knows by other means that the process is the same.
  mutating func read(
    _ details: ProcessDetails, into row: inout ProcessStatistics, scanned: Int?
  ) {
    readTexts(details, into: &row)
    guard details.contains(.start) || (scanned != nil && isRunningKernel) else { return }
    let start = text("stat", of: &row)?.startTicks
    if let scanned, isRunningKernel {
      guard let start, start <= scanned else { return row.forgetDetails() }
    }
    if details.contains(.start), let start, let boot = bootTime {
      row.startTime = boot + Double(start) / Double(Kernel.ticksPerSecond)
    }
  }

  private mutating func readTexts(_ details: ProcessDetails, into row: inout ProcessStatistics) {
    if details.contains(.status), row.state == nil { readStatus(into: &row) }
    if details.contains(.proportional) {
      let text = row.addressSpace == .present ? memoryText("smaps_rollup", of: &row) : nil
      row.proportional = row.addressSpace == .absent ? 0 : text?.sum(of: "Pss:")
      row.unique =
        row.addressSpace == .absent ? 0 : text?.sum(of: "Private_Clean:", "Private_Dirty:")
    }
    if details.contains(.commandLine) {
      row.commandLine = memoryText("cmdline", of: &row)?.commandLine
    }
    if details.contains(.fullName), let name = row.name, name.utf8.count >= 15 {
      row.fullName = memoryText("cmdline", of: &row)?.program(named: name)
    }
    if !details.isDisjoint(with: [.cgroup, .cgroupMemory]) {
      row.cgroup = text("cgroup", of: &row)?.cgroup
    }
    if details.contains(.cgroupMemory), let path = row.cgroup {
      row.cgroupMemory = memory(of: path)
    }
  }

  /// The memory of a control group.
  private mutating func memory(of group: String) -> CgroupMemory? {
    guard var groups = takeControlGroups() else { return nil }
    defer { controlGroups = groups }
    return groups.memory(of: group, &reader)
  }

  /// The lowest limit on a control group.
  mutating func limit(onMemoryOf group: String) -> CgroupLimit? {
    guard let groups = takeControlGroups() else { return nil }
    controlGroups = groups
    return groups.limit(of: group, &reader)
  }

  /// The control groups, which are looked for when they are first asked.
  private mutating func takeControlGroups() -> ControlGroups? {
    controlGroups.take() ?? ControlGroups(&reader)
  }

  /// What the system calls' rows lack.
  private mutating func readStatus(into row: inout ProcessStatistics) {
    guard let status = self.row(of: row.pid) else { return }
    row.state = status.state
    row.threads = status.threads
    row.peakCommitted = status.peakCommitted
    row.locked = status.locked
    row.hugetlb = status.hugetlb
  }

  /// Seconds since 1970 at which the machine started.
  private var bootTime: Double? {
    mutating get {
      if isRunningKernel { return Kernel.bootTime }
      do throws(KernelFailure) {
        guard try reader.readOwn("stat") else { return nil }
      } catch {
        return nil
      }
      let text = DetailText(bytes: reader.bytes.text(from: 0, to: reader.bytes.count))
      return text.number(after: "btime").map(Double.init)
    }
  }

  /// A file that only a task with memory has something in.
  private mutating func memoryText(
    _ name: StaticString, of row: inout ProcessStatistics
  ) -> DetailText? {
    // A source that does not read status has not seen yet whether the first thread has ended.
    if row.memoryThread == nil, row.addressSpace == .present {
      if let text = text(name, of: &row), !text.bytes.isEmpty { return text }
      if let status = self.row(of: row.pid) { row.memoryThread = status.memoryThread }
      if row.memoryThread == nil { return text(name, of: &row) }
    }
    return text(name, of: &row)
  }

  private mutating func text(_ name: StaticString, of row: inout ProcessStatistics) -> DetailText? {
    do throws(KernelFailure) {
      if let thread = row.memoryThread {
        try reader.read(name, of: row.pid, thread: thread, isWhole: false)
      } else {
        try reader.read(name, of: row.pid, isWhole: false)
      }
      let bytes = reader.bytes
      return DetailText(bytes: bytes.text(from: 0, to: bytes.count))
    } catch {
      row.failure = error.number
      return nil
    }
  }
}

extension ProcessStatistics {
  /// Empties what was read of a process that may be another one.
  fileprivate mutating func forgetDetails() {
    proportional = nil
    unique = nil
    commandLine = nil
    fullName = nil
    cgroup = nil
    cgroupMemory = nil
    startTime = nil
  }
}

/// The text of a file that is read on request only, where speed counts less than shortness.
struct DetailText {
  let bytes: String

  /// The sum of some lines of smaps_rollup, in bytes; nil where none of them is there.
  func sum(of keys: String...) -> ByteCount? {
    var sum: ByteCount?
    for line in bytes.utf8.split(separator: UInt8(ascii: "\n")) {
      guard let key = keys.first(where: { line.starts(with: $0.utf8) }) else { continue }
      let digits = line.dropFirst(key.utf8.count).filter {
        $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")
      }
      guard let value = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 1024)
      if overflow { return nil }
      sum = (sum ?? 0).addingWithoutTrap(ByteCount(product))
    }
    return sum
  }

  /// The arguments, which end in NUL each, with blanks between them.
  var commandLine: String {
    bytes.utf8.split(separator: 0, omittingEmptySubsequences: true)
      .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
  }

  /// The whole name of a program or script whose beginning the kernel keeps, or nil.
  func program(named name: String) -> String? {
    // A character that was cut in its midst is not the kernel's.
    let start = name.unicodeScalars.filter { $0 != "\u{FFFD}" }
    for argument in bytes.utf8.split(separator: 0).prefix(3) {
      let word = String(decoding: argument, as: UTF8.self)
      let last = word.lastIndex(of: "/").map { String(word[word.index(after: $0)...]) } ?? word
      if last.utf8.count >= 15, last.unicodeScalars.starts(with: start) { return last }
    }
    return nil
  }

  /// The path in the one hierarchy of version 2, else that of the memory controller.
  var cgroup: String? {
    var path: String?
    for line in bytes.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      if parts[1].split(separator: ",").contains("memory") { return String(parts[2]) }
      if parts[0] == "0" { path = String(parts[2]) }
    }
    return path
  }

  /// When the process started, in ticks: the 22nd word of stat. The second, its name, may have blanks
  /// and brackets itself.
  var startTicks: Int? {
    guard let bracket = bytes.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let words = bytes.utf8[bracket...].split(separator: UInt8(ascii: " "))
    return words.count > 20 ? Int(String(decoding: words[20], as: UTF8.self)) : nil
  }

  /// The number behind a word at the beginning of a line.
  func number(after key: String) -> Int? {
    for line in bytes.split(separator: "\n") where line.hasPrefix(key) {
      return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }
    return nil
  }
}
