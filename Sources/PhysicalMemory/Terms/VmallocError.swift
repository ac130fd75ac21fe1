// SPDX-License-Identifier: MIT

public import Pages

/// Why vmalloc does not do what it was asked.
public enum VmallocError: Error, Sendable, Hashable {
  /// No bytes, or more than the machine has RAM.
  case invalidSize(ByteCount)
  /// No stretch of the kernel's addresses is long enough.
  case noAddressSpace(ByteCount)
  /// No area begins at the address.
  case noArea(KernelAddress)
}

extension VmallocError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidSize(let size):
      "vmalloc can't make an area of \(size.rawValue) bytes: at least 1, and no more than the RAM"
    case .noAddressSpace(let size):
      "vmalloc: no \(size) of the kernel's addresses are free side by side"
    case .noArea(let address):
      "vfree: no area begins at \(address)"
    }
  }
}
