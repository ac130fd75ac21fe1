// SPDX-License-Identifier: GPL-2.0

/// The system calls that reserve memory, as `system_calls.c` calls them: the
/// arguments are in the kernel's memory, their values are still anyone's.

/// `tamalloc(size)`: reserves `size` bytes, rounded up to whole pages, that
/// read as zero.
@c @implementation
public func tamalloc_reserve(_ size: UInt) -> Int {
  systemCallResult { () throws(KernelError) in
    Reservation(size: try PageCount(holding: size)).map()
  }
}

/// `tamalloc_extended(options)`: the same with everything that can be chosen.
@c @implementation
public func tamalloc_reserve_extended(_ options: UnsafePointer<tamalloc_options>) -> Int {
  systemCallResult { () throws(KernelError) in
    unsafe try Reservation(options.pointee).map()
  }
}
