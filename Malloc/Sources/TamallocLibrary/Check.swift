// SPDX-License-Identifier: MIT

internal import Heap

#if TAMALLOC_CHECKED
  /// For tests, in a checked build alone: prints what is broken of the heap; returns how many rules are.
  ///
  /// - Parameter quiet: not 0 where no other thread uses the heap meanwhile.
  @c(tamalloc_check)
  public func heapCheck(_ quiet: Int32) -> Int32 {
    Int32(clamping: Heap.reportFaults(isQuiet: quiet != 0))
  }
#endif
