// SPDX-License-Identifier: MIT

// malloc and its relatives, as C and C++ know them. Programs linked with this library, or started with it
// in LD_PRELOAD, get them instead of the C library's.
//
// Swift reserves the names malloc and free for its runtime, so two functions get their names when
// Malloc/build links the library.

internal import CTamalloc
internal import Heap

private typealias Block = UnsafeMutableRawPointer

@inline(__always)
private func pointer(_ address: UInt) -> UnsafeMutableRawPointer? {
  unsafe UnsafeMutableRawPointer(bitPattern: address)
}

@inline(__always)
private func address(_ pointer: UnsafeMutableRawPointer?) -> UInt { UInt(bitPattern: pointer) }

/// As C counts: 2^63 is one, too, and more than there is.
private func isPowerOfTwo(_ number: Int) -> Bool { number != 0 && number & (number &- 1) == 0 }

/// The product of two sizes as C counts them, or a negative number where there is no such block.
@inline(__always)
private func product(_ count: Int, _ size: Int) -> Int {
  let (product, overflow) = UInt(bitPattern: count)
    .multipliedReportingOverflow(by: UInt(bitPattern: size))
  return overflow ? -1 : Int(bitPattern: product)
}

@c(ctamalloc_malloc)
public func heapAllocate(_ size: Int) -> UnsafeMutableRawPointer? {
  unsafe pointer(Heap.allocate(size))
}

@c(calloc)
public func heapAllocateArray(_ count: Int, _ size: Int) -> UnsafeMutableRawPointer? {
  unsafe pointer(Heap.allocate(product(count, size)))
}

@c(ctamalloc_free)
public func heapRelease(_ block: UnsafeMutableRawPointer?) {
  unsafe Heap.release(address(block))
}

@c(realloc)
public func heapResize(
  _ block: UnsafeMutableRawPointer?, _ size: Int
) -> UnsafeMutableRawPointer? {
  guard let old = unsafe block else { return unsafe pointer(Heap.allocate(size)) }
  if size == 0 {
    unsafe Heap.release(address(old))
    return nil
  }
  return unsafe pointer(Heap.resize(address(old), size))
}

@c(reallocarray)
public func heapResizeArray(
  _ block: UnsafeMutableRawPointer?, _ count: Int, _ size: Int
) -> UnsafeMutableRawPointer? {
  unsafe heapResize(block, product(count, size))
}

@c(memalign)
public func heapAllocateAligned(_ alignment: Int, _ size: Int) -> UnsafeMutableRawPointer? {
  // As glibc does: the next power of two.
  let wanted = UInt(bitPattern: alignment)
  var power: UInt = 16
  while power < wanted, power != 0 { power = power &<< 1 }
  if power == 0 {
    ErrorNumber.invalid.set()
    return nil
  }
  return unsafe pointer(Heap.allocate(size, alignment: Int(bitPattern: power)))
}

@c(aligned_alloc)
public func heapAllocateAlignedStrictly(
  _ alignment: Int, _ size: Int
) -> UnsafeMutableRawPointer? {
  guard isPowerOfTwo(alignment) else {
    ErrorNumber.invalid.set()
    return nil
  }
  return unsafe pointer(Heap.allocate(size, alignment: alignment))
}

@c(posix_memalign)
public func heapAllocateAlignedInto(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ size: Int
) -> Int32 {
  guard isPowerOfTwo(alignment), UInt(bitPattern: alignment) >= 8 else { return EINVAL }
  let before = ErrorNumber.current
  let block = Heap.allocate(size, alignment: alignment)
  if block == 0 {
    before.set()
    return ENOMEM
  }
  unsafe result.pointee = pointer(block)
  return 0
}

@c(valloc)
public func heapAllocatePages(_ size: Int) -> UnsafeMutableRawPointer? {
  unsafe pointer(Heap.allocate(size, alignment: Heap.pageSize))
}

@c(pvalloc)
public func heapAllocateWholePages(_ size: Int) -> UnsafeMutableRawPointer? {
  let page = Heap.pageSize
  let (sum, overflow) = size.addingReportingOverflow(page &- 1)
  let whole = overflow || size < 0 ? -1 : sum & ~(page &- 1)
  return unsafe pointer(Heap.allocate(max(whole, whole == 0 ? page : whole), alignment: page))
}

@c(malloc_usable_size)
public func heapUsableSize(_ block: UnsafeMutableRawPointer?) -> Int {
  unsafe Heap.tellUsableSize(address(block)) ?? 0
}
