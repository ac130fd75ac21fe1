// SPDX-License-Identifier: MIT

public import Pages

/// The memory of the machine, and what it has promised.
public struct MachineMemory: Sendable, Hashable {
  /// Where its figures come from.
  public enum Origin: Sendable, Hashable {
    /// /proc/meminfo, or system call 556.
    case kernel
    /// sysinfo(2), which has RAM and swap only: there is no /proc/meminfo.
    case noMeminfo
    /// sysinfo(2): another file is mounted over /proc/meminfo, as lxcfs does.
    case foreignMeminfo
  }

  /// Where the figures come from.
  public var origin = Origin.kernel
  /// Bytes in a page.
  public var pageSize: ByteCount
  /// All of it that the kernel manages.
  public var ram: ByteCount?
  /// What is available without swapping, by the kernel's estimate.
  public var available: ByteCount?
  /// All swap space.
  public var swap: ByteCount?
  /// Swap space that is free.
  public var swapFree: ByteCount?
  /// The most that may be promised where `vm.overcommit_memory` is 2.
  public var commitLimit: ByteCount?
  /// What is promised: it would be needed if every private page were written.
  public var committedAS: ByteCount?
  /// Anonymous pages in use by any process, each once; nil where not all processes are visible.
  public var anonymousOnce: ByteCount?
  /// File and shared pages that any process maps, each once; nil where not all processes are visible.
  public var mappedOnce: ByteCount?

  /// Creates a record in which nothing is known but the page size.
  public init(pageSize: ByteCount = 4096) {
    self.pageSize = pageSize
  }

  /// What all processes have committed, each page frame once.
  public var committedOnce: ByteCount? {
    guard let anonymousOnce, let mappedOnce else { return nil }
    return anonymousOnce.addingWithoutTrap(mappedOnce)
  }

  /// The pages that badness is measured by: RAM and swap.
  var oomPages: Int {
    guard let ram, pageSize > 0 else { return 0 }
    let pages = ram.rawValue / pageSize.rawValue
    return pages.addingWithoutTrap((swap?.rawValue ?? 0) / pageSize.rawValue)
  }
}
