// SPDX-License-Identifier: MIT

public import Pages

/// Why a process's request is refused.
public enum ProcessError: Error, Sendable, Hashable {
  /// There is no such process, or no longer one.
  case noSuchProcess(ProcessNumber)
  /// The process was ended for lack of memory.
  case killed(ProcessNumber)
  /// The machine has the maximum number of processes.
  case tooManyProcesses(limit: Int)
  /// A name of no characters, or with control characters.
  case invalidName(String)
  /// An adjustment of the OOM score outside of −1000 to 1000.
  case invalidAdjustment(Int)
  /// A size of 0 or less.
  case invalidSize(ByteCount)
  /// An address that is not page-aligned (EINVAL).
  case unalignedAddress(UserAddress)
  /// No free range of the process's addresses is large enough (ENOMEM).
  case noAddressSpace(ByteCount)
  /// The overcommit policy does not allow it (ENOMEM).
  case overcommit(ByteCount, mode: OvercommitMode)
  /// The process has no memory at the address (SIGSEGV).
  case segmentationFault(ProcessNumber, UserAddress)
  /// The kernel stack reached its guard page.
  case stackOverflow(ProcessNumber, KernelAddress)
  /// The word at the end of the kernel stack was overwritten.
  case stackEndCorrupted(ProcessNumber)
  /// A page table entry was overwritten.
  case corruptedPageTable(ProcessNumber, UserAddress)
}

extension ProcessError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noSuchProcess(let process):
      "there is no process \(process)"
    case .killed(let process):
      "process \(process) was ended for lack of memory"
    case .tooManyProcesses(let limit):
      "the machine has \(limit) processes, the maximum"
    case .invalidName(let name):
      "\"\(name)\" can't name a process: 1 character at least, and no control characters"
    case .invalidAdjustment(let value):
      "an OOM score cannot be adjusted by \(value): −1000 to 1000"
    case .invalidSize(let size):
      "cannot reserve \(size.rawValue) bytes of address space: at least 1"
    case .unalignedAddress(let address):
      "\(address) is not page-aligned"
    case .noAddressSpace(let size):
      "no \(size) of contiguous addresses are free in the process"
    case .overcommit(let size, let mode):
      "\(size) more would overcommit memory: overcommit_memory is \(mode.rawValue)"
    case .segmentationFault(let process, let address):
      "segmentation fault: process \(process) has nothing at \(address)"
    case .stackOverflow(let process, let address):
      "kernel stack of process \(process): guard page hit at \(address)"
    case .stackEndCorrupted(let process):
      "kernel stack of process \(process): corrupted stack end detected"
    case .corruptedPageTable(let process, let address):
      "process \(process): bad page table entry for \(address)"
    }
  }
}
