// SPDX-License-Identifier: MIT

public import Pages

/// The memory of the machine, and what it has promised.
public struct MachineMemory: Sendable, Hashable {
  /// Bytes in a page.
  public var pageSize: ByteCount
  /// All of it that the kernel manages.
  public var ram: ByteCount?
  /// What could be had without swapping, by the kernel's estimate.
  public var available: ByteCount?
  /// All swap space.
  public var swap: ByteCount?
  /// Swap space that is free.
  public var swapFree: ByteCount?
  /// The most that may be promised where `vm.overcommit_memory` is 2.
  public var commitLimit: ByteCount?
  /// What is promised: it would be needed if every private page were written.
  public var committedAS: ByteCount?
  /// Anonymous pages in use by any process, each once.
  public var anonymousOnce: ByteCount?
  /// File and shared pages that any process maps, each once.
  public var mappedOnce: ByteCount?

  /// Creates a record in which nothing is known but the page size.
  public init(pageSize: ByteCount = 4096) {
    self.pageSize = pageSize
  }

  /// What all processes have committed, each page frame once.
  public var committedOnce: ByteCount? {
    guard let anonymousOnce, let mappedOnce else { return nil }
    return anonymousOnce + mappedOnce
  }

  /// The pages that badness is measured by: RAM and swap.
  var oomPages: Int {
    guard let ram, pageSize > 0 else { return 0 }
    return ram.rawValue / pageSize.rawValue &+ (swap?.rawValue ?? 0) / pageSize.rawValue
  }
}
