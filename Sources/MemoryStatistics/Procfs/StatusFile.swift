// SPDX-License-Identifier: MIT

// /proc/PID/status, line by line, whatever the order and whatever is missing. A program has the lines
// that begin with Vm; a kernel thread and a process that has ended have none of them.

internal import Pages

extension ProcessStatistics {
  /// Takes what a status file says, and leaves nil what it doesn't.
  mutating func take(status text: Span<UInt8>) {
    var hasState = false
    var start = 0
    while start < text.count {
      let end = text.endOfLine(from: start)
      defer { start = end + 1 }
      switch text[start] {
      case UInt8(ascii: "V") where text.matches("Vm", at: start):
        takeVirtualMemoryLine(text, from: start, to: end)
      case UInt8(ascii: "R"):
        if text.matches("RssAnon:", at: start) {
          anonymous = text.kibibytes(from: start + 8, to: end)
        } else if text.matches("RssFile:", at: start) {
          file = text.kibibytes(from: start + 8, to: end)
        } else if text.matches("RssShmem:", at: start) {
          shared = text.kibibytes(from: start + 9, to: end)
        }
      case UInt8(ascii: "N") where text.matches("Name:", at: start):
        name = Self.unescaped(text, from: text.skippingTab(from: start + 5, to: end), to: end)
      case UInt8(ascii: "P") where text.matches("PPid:", at: start):
        parent = text.process(from: start + 5, to: end)
      case UInt8(ascii: "U") where text.matches("Uid:", at: start):
        userID = text.decimal(from: start + 4, to: end).flatMap(UInt32.init(exactly:))
      case UInt8(ascii: "S") where text.matches("State:", at: start):
        hasState = true
        let letter = text.skippingBlanks(from: start + 6, to: end)
        state = letter < end ? TaskState(rawValue: text[letter]) : nil
      case UInt8(ascii: "H") where text.matches("HugetlbPages:", at: start):
        hugetlb = text.kibibytes(from: start + 13, to: end)
      case UInt8(ascii: "T") where text.matches("Tgid:", at: start):
        threadGroup = text.process(from: start + 5, to: end)
      case UInt8(ascii: "T") where text.matches("Threads:", at: start):
        threads = text.decimal(from: start + 8, to: end)
        // The last of interest, in the kernel's order.
        if hasState, reserved != nil, committed != nil, pageTables != nil { return takeNoHugetlb() }
      default: break
      }
    }
    // Nothing about memory to the end. A file that breaks off before its State says nothing.
    if addressSpace == .unknown && hasState && reserved == nil { setNoAddressSpace() }
    takeNoHugetlb()
  }

  /// A kernel that was built without hugetlb pages has no line for them.
  private mutating func takeNoHugetlb() {
    if threads != nil && hugetlb == nil { hugetlb = 0 }
  }

  /// Takes one of the lines that only a program has.
  private mutating func takeVirtualMemoryLine(
    _ text: Span<UInt8>, from start: Int, to end: Int
  ) {
    addressSpace = .present
    if text.matches("VmSize:", at: start) {
      reserved = text.kibibytes(from: start + 7, to: end)
    } else if text.matches("VmRSS:", at: start) {
      committed = text.kibibytes(from: start + 6, to: end)
    } else if text.matches("VmPTE:", at: start) {
      pageTables = text.kibibytes(from: start + 6, to: end)
    } else if text.matches("VmSwap:", at: start) {
      swap = text.kibibytes(from: start + 7, to: end)
    } else if text.matches("VmHWM:", at: start) {
      peakCommitted = text.kibibytes(from: start + 6, to: end)
    } else if text.matches("VmLck:", at: start) {
      locked = text.kibibytes(from: start + 6, to: end)
    }
  }

  /// A name as the kernel writes it there: newline and backslash, and they alone, are escaped.
  private static func unescaped(_ text: Span<UInt8>, from start: Int, to end: Int) -> String {
    var hasEscape = false
    for index in start..<max(end, start) where text[index] == UInt8(ascii: "\\") {
      hasEscape = true
    }
    guard hasEscape else { return text.text(from: start, to: end) }
    var bytes: [UInt8] = []
    var index = start
    while index < end {
      var byte = text[index]
      if byte == UInt8(ascii: "\\"), index + 1 < end {
        let next = text[index + 1]
        if next == UInt8(ascii: "n") || next == UInt8(ascii: "\\") {
          byte = next == UInt8(ascii: "n") ? UInt8(ascii: "\n") : next
          index += 1
        }
      }
      bytes.append(byte)
      index += 1
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Span<UInt8> {
  /// The number of a process.
  fileprivate func process(from start: Int, to end: Int) -> ProcessIdentifier? {
    decimal(from: start, to: end).flatMap(Int32.init(exactly:))
      .map(ProcessIdentifier.init(rawValue:))
  }

  /// The position behind the one tab that follows a key: a name may begin with blanks itself.
  fileprivate func skippingTab(from start: Int, to end: Int) -> Int {
    start < end && self[start] == UInt8(ascii: "\t") ? start + 1 : start
  }
}
