// SPDX-License-Identifier: MIT

/// What can be shown of a machine, in Linux's formats.
public enum MachineView: String, Sendable, CaseIterable {
  /// /proc/buddyinfo: free blocks by order.
  case buddyinfo
  /// /proc/zoneinfo: zones, watermarks, per-CPU caches.
  case zoneinfo
  /// /proc/slabinfo: slab caches.
  case slabinfo
  /// /proc/vmallocinfo: areas of vmalloc.
  case vmallocinfo
  /// /proc/meminfo: the whole in KiB.
  case meminfo
  /// Of every process.
  case status

  /// The text as /proc has it.
  public func text(of machine: borrowing Machine) -> String {
    switch self {
    case .buddyinfo: return machine.buddyinfo
    case .zoneinfo: return machine.zoneinfo
    case .slabinfo: return machine.slabinfo
    case .vmallocinfo: return machine.vmallocinfo
    case .meminfo: return machine.meminfo
    case .status:
      var text = ""
      for process in machine.allProcesses {
        guard let status = try? machine.status(of: process.number) else { continue }
        text += (text.isEmpty ? "" : "\n") + status
      }
      return text
    }
  }
}
