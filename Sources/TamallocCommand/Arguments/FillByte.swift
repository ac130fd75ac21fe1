// SPDX-License-Identifier: MIT

internal import ArgumentParser

/// Parses a byte: 0 to 255, or 0x00 to 0xFF.
enum FillByte {
  static func parse(_ text: String) throws -> UInt8 {
    let trimmed = text.trimmingSpaces
    let isHexadecimal = trimmed.hasPrefix("0x") || trimmed.hasPrefix("0X")
    let digits = isHexadecimal ? String(trimmed.dropFirst(2)) : trimmed
    guard digits.first != "+", let byte = UInt8(digits, radix: isHexadecimal ? 16 : 10) else {
      throw ValidationError("'\(text)' is not a byte: write 0 to 255, or 0x00 to 0xFF")
    }
    return byte
  }

  /// A byte as the table shows it.
  static func text(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count == 1 ? "0x0" + digits : "0x" + digits
  }
}
