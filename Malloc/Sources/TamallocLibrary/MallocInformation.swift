// SPDX-License-Identifier: MIT

// What programs ask a malloc about itself.

public import CTamalloc
internal import Heap

@c(malloc_trim)
public func heapTrim(_ pad: Int) -> Int32 {
  Heap.trim() ? 1 : 0
}

@c(malloc_stats)
public func heapPrintStatistics() {
  Heap.report()
}

@c(mallinfo2)
public func heapInformation() -> mallinfo2 {
  let now = Heap.statistics(committed: false)
  var information = CTamalloc.mallinfo2()
  information.arena = now.reserved &- now.large
  information.ordblks = 1
  information.hblks = now.largeBlocks
  information.hblkhd = now.large
  information.uordblks = now.live &- now.large
  information.fordblks = now.vacant
  information.keepcost = now.vacant
  return information
}

/// The same in the numbers of old, which stop at 2 GiB.
@c(mallinfo)
public func heapInformationOfOld() -> mallinfo {
  let now = heapInformation()
  func short(_ number: Int) -> Int32 { Int32(clamping: number) }
  var information = CTamalloc.mallinfo()
  information.arena = short(now.arena)
  information.ordblks = short(now.ordblks)
  information.hblks = short(now.hblks)
  information.hblkhd = short(now.hblkhd)
  information.uordblks = short(now.uordblks)
  information.fordblks = short(now.fordblks)
  information.keepcost = short(now.keepcost)
  return information
}

@c(malloc_info)
public func heapPrintInformation(_ options: Int32, _ file: UnsafeMutablePointer<FILE>?) -> Int32 {
  guard options == 0, let file = unsafe file else {
    ErrorNumber.invalid.set()
    return -1
  }
  let now = Heap.statistics(committed: false)
  return unsafe ctamalloc_print_information(file, now.reserved, now.live, now.large, now.vacant)
}
