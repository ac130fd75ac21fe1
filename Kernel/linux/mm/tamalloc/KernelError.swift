// SPDX-License-Identifier: GPL-2.0

/// Why a system call refuses: an error number of the kernel, positive, as in
/// `<linux/errno.h>`.
///
/// A system call's result is one signed word: an address or a count, or the
/// negative of an error number. Inside Swift the two travel apart, as a value
/// and a thrown `KernelError`; ``systemCallResult(_:)`` joins them at the door.
struct KernelError: Error {
  let number: Int

  init(_ number: Int32) {
    self.number = Int(number)
  }

  static var invalidArgument: KernelError { KernelError(KERNEL_EINVAL) }
  static var outOfMemory: KernelError { KernelError(KERNEL_ENOMEM) }
  static var unsupported: KernelError { KernelError(KERNEL_EOPNOTSUPP) }
}

/// What a system call returns to user space for what `body` returns or throws.
@inline(__always)
func systemCallResult(_ body: () throws(KernelError) -> Int) -> Int {
  do {
    return try body()
  } catch {
    return 0 &- error.number
  }
}
