// SPDX-License-Identifier: GPL-2.0

/// That the two compilers agree on the structures that both read and write.
///
/// The comparisons are folded, so that a difference leaves a call to
/// `tamalloc_layouts_differ()`, which nobody defines: the kernel does not link.
@c @implementation
public func tamalloc_check_layouts() {
  if MemoryLayout<tamalloc_options>.size != Int(KERNEL_OPTIONS_SIZE)
    || MemoryLayout<tamalloc_mapping>.size != Int(KERNEL_MAPPING_SIZE)
  {
    tamalloc_layouts_differ()
  }
}
