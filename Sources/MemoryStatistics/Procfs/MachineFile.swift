// SPDX-License-Identifier: MIT

internal import Pages

extension MachineMemory {
  /// Takes what /proc/meminfo says, and leaves nil what it doesn't.
  mutating func take(meminfo text: Span<UInt8>) {
    var start = 0
    while start < text.count {
      let end = text.endOfLine(from: start)
      defer { start = end + 1 }
      func value(_ key: StaticString) -> ByteCount?? {
        guard text.matches(key, at: start) else { return nil }
        return .some(text.kibibytes(from: start + key.utf8CodeUnitCount, to: end))
      }
      switch text[start] {
      case UInt8(ascii: "M"):
        if let bytes = value("MemTotal:") {
          ram = bytes
        } else if let bytes = value("MemAvailable:") {
          available = bytes
        } else if let bytes = value("Mapped:") {
          mappedOnce = bytes
        }
      case UInt8(ascii: "S"):
        if let bytes = value("SwapTotal:") {
          swap = bytes
        } else if let bytes = value("SwapFree:") {
          swapFree = bytes
        }
      case UInt8(ascii: "A"):
        if let bytes = value("AnonPages:") { anonymousOnce = bytes }
      case UInt8(ascii: "C"):
        if let bytes = value("CommitLimit:") {
          commitLimit = bytes
        } else if let bytes = value("Committed_AS:") {
          committedAS = bytes
          return
        }
      default: break
      }
    }
  }

  /// Takes what sysinfo(2) says: what the kernel judges processes by, whatever is mounted at /proc.
  mutating func takeKernelTotals() {
    guard let totals = Kernel.machine() else { return }
    ram = ByteCount(clamping: totals.ram)
    swap = ByteCount(clamping: totals.swap)
    swapFree = ByteCount(clamping: totals.swapFree)
  }
}
