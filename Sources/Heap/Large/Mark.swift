// SPDX-License-Identifier: MIT

internal import Pages

/// The words that a slot's mark may hold.
enum Mark {
  private static let busyBit: UInt = 1
  private static let freedBit: UInt = 2

  static func busy(_ address: VirtualAddress) -> UInt { address.rawValue | busyBit }
  static func freed(_ address: VirtualAddress) -> UInt { address.rawValue | freedBit }
  static func isVacant(_ mark: UInt) -> Bool { mark == 0 || mark & freedBit != 0 }

  /// The address that is live under a mark.
  static func live(_ mark: UInt) -> VirtualAddress? {
    mark == 0 || mark & (busyBit | freedBit) != 0 ? nil : VirtualAddress(rawValue: mark)
  }

  /// Whether a block may begin at an address at all.
  static func canBeLive(_ address: VirtualAddress) -> Bool {
    address.rawValue != 0 && address.rawValue & 4095 == 0
  }
}
