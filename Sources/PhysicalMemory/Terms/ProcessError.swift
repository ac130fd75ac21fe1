// SPDX-License-Identifier: MIT

public import Pages

/// Why a process does not get what it asked for.
public enum ProcessError: Error, Sendable, Hashable {
  /// There is no such process, or no longer.
  case noSuchProcess(ProcessNumber)
  /// The process was ended for lack of memory.
  case killed(ProcessNumber)
  /// The machine has as many processes as it can.
  case tooManyProcesses(limit: Int)
  /// A name of no characters, or with control characters.
  case invalidName(String)
  /// An adjustment of the OOM score outside of −1000 to 1000.
  case invalidAdjustment(Int)
  /// A size of 0 or less.
  case invalidSize(ByteCount)
  /// An address that begins no page, where a page must begin (EINVAL).
  case unalignedAddress(UserAddress)
  /// No stretch of the process's addresses is long enough (ENOMEM).
  case noAddressSpace(ByteCount)
  /// More would be promised than the machine's policy allows (ENOMEM).
  case overcommit(ByteCount, mode: OvercommitMode)
  /// Nothing of the process's is at the address (SIGSEGV).
  case segmentationFault(ProcessNumber, UserAddress)
  /// The kernel stack reached its guard page.
  case stackOverflow(ProcessNumber, KernelAddress)
  /// The word at the end of the kernel stack was overwritten.
  case stackEndCorrupted(ProcessNumber)
  /// Page tables hold what nobody of the kernel's wrote there.
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
      "the machine has \(limit) processes, and can't have more"
    case .invalidName(let name):
      "\"\(name)\" can't name a process: 1 character at least, and no control characters"
    case .invalidAdjustment(let value):
      "an OOM score can't be adjusted by \(value): −1000 to 1000"
    case .invalidSize(let size):
      "\(size.rawValue) bytes of address space can't be: at least 1"
    case .unalignedAddress(let address):
      "\(address) begins no page"
    case .noAddressSpace(let size):
      "no \(size) of the process's addresses are free side by side"
    case .overcommit(let size, let mode):
      "\(size) more would promise too much: overcommit_memory is \(mode.rawValue)"
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
