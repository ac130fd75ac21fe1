// SPDX-License-Identifier: MIT

internal import Heap

/// What operators.c needs to know of the heap: whether a block has the size that C++ says.
@c(ctamalloc_check_size)
public func heapCheckSize(_ block: UnsafeMutableRawPointer?, _ size: UInt) {
  Heap.checkSize(UInt(bitPattern: block), told: size)
}
