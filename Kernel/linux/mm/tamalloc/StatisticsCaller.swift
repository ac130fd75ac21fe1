// SPDX-License-Identifier: GPL-2.0
//
// The caller's side of a statistics call: what it is refused, and its memory.
//
// Terms.   A *sized structure* travels with the size that the caller believes
//          it has.  `known` is what this kernel writes, `given` what the caller
//          makes room for.
// Rule.    The caller gets the first min(known, given) bytes, and zero for all
//          it asked beyond.  So an old program reads the prefix that it knows,
//          and a new program sees zero in what an old kernel cannot say.
//
//              given < version 0          EINVAL
//              given > one page           E2BIG: no structure is so large, and
//                                         a typing error shall not clear more
//
// Inlining. Every function that throws is inlined into its system call.  Between
//          functions Swift passes errors in a register that C preserves, and
//          objtool, which checks how each function keeps its frame, takes that
//          for a mistake.
//
// Source.  Documentation/process/adding-syscalls.rst, and copy_struct_from_user
//          for the same rule in the other direction.

extension KernelError {
  static var tooBig: KernelError { KernelError(KERNEL_E2BIG) }
  static var noSuchProcess: KernelError { KernelError(KERNEL_ESRCH) }
  static var notPermitted: KernelError { KernelError(KERNEL_EPERM) }
  static var interrupted: KernelError { KernelError(KERNEL_EINTR) }

  /// Takes what a C function returned: zero or more for success, or the
  /// negative of an error number.
  @inline(__always)
  static func check(_ result: Int32) throws(KernelError) {
    if result < 0 { throw KernelError(0 &- result) }
  }
}

/// A sized structure in user memory that a call fills.
///
/// The address is a number that nobody follows: only `copy_to_user` and
/// `clear_user` see it, and they refuse what is not the caller's.
struct StatisticsDestination {
  private var address: UInt
  let size: UInt

  /// - Throws: `EINVAL` below the structure's first version, `E2BIG` above a
  ///   page.
  @inline(__always)
  init(address: UInt, size: UInt, firstVersion: Int32) throws(KernelError) {
    try Self.checkSize(size, firstVersion: firstVersion)
    self.address = address
    self.size = size
  }

  /// The two limits that hold for each sized structure, in or out.
  @inline(__always)
  static func checkSize(_ size: UInt, firstVersion: Int32) throws(KernelError) {
    if size < UInt(truncatingIfNeeded: firstVersion) { throw .invalidArgument }
    if size > pageSize { throw .tooBig }
  }

  /// Writes one value by the rule above.  It is not changed: `inout` spares a copy.
  ///
  /// - Precondition: `Value` is a structure of the ABI, without padding.
  /// - Throws: `EFAULT`; a part of the value may have been written then.
  @inline(__always)
  func store<Value: BitwiseCopyable>(_ value: inout Value) throws(KernelError) {
    let known = UInt(bitPattern: MemoryLayout<Value>.size)
    // SAFETY: no more than the value's own bytes are copied.
    try KernelError.check(
      unsafe withUnsafePointer(to: &value) {
        unsafe tamalloc_statistics_copy_out(address, $0, min(known, size))
      })
    if size > known {
      try KernelError.check(
        tamalloc_statistics_clear(address &+ known, size &- known))
    }
  }

  /// Moves on to the next structure of an array.
  ///
  /// The addition cannot reach the caller's memory again from above: one step
  /// is at most a page, and a step that leaves user space faults in `store`.
  mutating func advance() { address = address &+ size }
}
