// SPDX-License-Identifier: MIT

public import Pages

/// Why vmalloc refuses a request.
public enum VmallocError: Error, Sendable, Hashable {
  /// No bytes, or more than the machine has RAM.
  case invalidSize(ByteCount)
  /// No free range of the kernel's addresses is large enough.
  case noAddressSpace(ByteCount)
  /// No area begins at the address.
  case noArea(KernelAddress)
}

extension VmallocError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidSize(let size):
      "vmalloc cannot create an area of \(size.rawValue) bytes: at least 1, and no more than the RAM"
    case .noAddressSpace(let size):
      "vmalloc: no \(size) of contiguous kernel addresses are free"
    case .noArea(let address):
      "vfree: no area begins at \(address)"
    }
  }
}
