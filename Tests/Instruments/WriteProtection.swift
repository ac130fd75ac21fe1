// SPDX-License-Identifier: MIT

import Glibc

/// Write protection of a range by userfaultfd, its untouched pages included: the kernel puts markers into the
/// page tables. See Documentation/admin-guide/mm/userfaultfd.rst in its sources.
public struct WriteProtection {
  private let descriptor: Int32

  /// Whether this process may have one.
  public static var isPossible: Bool { (try? open()).map { close($0) } != nil }

  private static func open() throws -> Int32 {
    // Swift can't call a variadic function by its name. userfaultfd(O_CLOEXEC | UFFD_USER_MODE_ONLY):
    typealias Call = @convention(c) (Int, Int) -> Int
    let call = unsafeBitCast(dlsym(nil, "syscall"), to: Call.self)
    let descriptor = Int32(call(323, Int(O_CLOEXEC) | 1))
    guard descriptor >= 0 else { throw Refused() }
    // UFFD_API, with UFFD_FEATURE_WP_UNPOPULATED
    var handshake: (UInt64, UInt64, UInt64) = (0xaa, 1 << 13, 0)
    guard ioctl(descriptor, 0xc018_aa3f, &handshake) == 0 else {
      close(descriptor)
      throw Refused()
    }
    return descriptor
  }

  public init(start: UInt, byteCount: Int) throws {
    descriptor = try Self.open()
    // UFFDIO_REGISTER_MODE_WP, and UFFDIO_WRITEPROTECT_MODE_WP
    var registration: (UInt64, UInt64, UInt64, UInt64) = (UInt64(start), UInt64(byteCount), 2, 0)
    var protection: (UInt64, UInt64, UInt64) = (UInt64(start), UInt64(byteCount), 1)
    guard ioctl(descriptor, 0xc020_aa00, &registration) == 0,
      ioctl(descriptor, 0xc018_aa06, &protection) == 0
    else {
      close(descriptor)
      throw Refused()
    }
  }

  public func end() { close(descriptor) }

  struct Refused: Error {
    let number = errno
  }
}
