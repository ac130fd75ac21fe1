// SPDX-License-Identifier: MIT

// The functions of the C library that take and give memory, as its manual describes them. Each passes
// its call on, and tells the recorder. The compiler keeps their names for itself: each is called
// recorder_ and its name here, and renamed when the library is linked.

internal import CRecorder

@c(recorder_malloc)
public func recordedMalloc(_ size: Int) -> UnsafeMutableRawPointer? {
  guard let next = NextAllocator.current else { return unsafe Arena.allocate(size) }
  let block = unsafe next.malloc(size)
  unsafe Recorder.requested(block, size: size)
  return unsafe block
}

@c(recorder_calloc)
public func recordedCalloc(_ count: Int, _ size: Int) -> UnsafeMutableRawPointer? {
  guard let next = NextAllocator.current else {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    return overflow ? nil : unsafe Arena.allocate(bytes)
  }
  let block = unsafe next.calloc(count, size)
  unsafe Recorder.requested(block, size: count &* size)
  return unsafe block
}

@c(recorder_realloc)
public func recordedRealloc(
  _ block: UnsafeMutableRawPointer?, _ size: Int
) -> UnsafeMutableRawPointer? {
  guard let next = NextAllocator.current else {
    return unsafe Arena.reallocate(block, size, Arena.allocate(size))
  }
  guard let block = unsafe block else {
    let new = unsafe next.realloc(nil, size)
    unsafe Recorder.requested(new, size: size)
    return unsafe new
  }
  if unsafe Arena.holds(block) {
    return unsafe Arena.reallocate(block, size, recordedMalloc(size))
  }
  let entry = unsafe Recorder.resizing(block)
  let moved = unsafe next.realloc(block, size)
  unsafe Recorder.resized(entry, to: moved, size: size)
  return unsafe moved
}

@c(recorder_reallocarray)
public func recordedReallocarray(
  _ block: UnsafeMutableRawPointer?, _ count: Int, _ size: Int
) -> UnsafeMutableRawPointer? {
  let (bytes, overflow) = UInt(bitPattern: count).multipliedReportingOverflow(
    by: UInt(bitPattern: size))
  if overflow {
    crecorder_set_errno(ENOMEM)
    return nil
  }
  return unsafe recordedRealloc(block, Int(bitPattern: bytes))
}

@c(recorder_free)
public func recordedFree(_ block: UnsafeMutableRawPointer?) {
  guard let block = unsafe block, unsafe !Arena.holds(block), let next = NextAllocator.current
  else { return }
  unsafe Recorder.freeing(block)
  unsafe next.free(block)
}

@c(recorder_posix_memalign)
public func recordedPosixMemalign(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ alignment: Int, _ size: Int
) -> Int32 {
  guard let next = NextAllocator.current else {
    guard let result = unsafe result, let block = unsafe Arena.allocate(size, alignment: alignment)
    else { return ENOMEM }
    unsafe result.pointee = block
    return 0
  }
  let failure = unsafe next.posixMemalign(result, alignment, size)
  if failure == 0 { unsafe Recorder.requested(result?.pointee, size: size) }
  return failure
}

@c(recorder_aligned_alloc)
public func recordedAlignedAlloc(_ alignment: Int, _ size: Int) -> UnsafeMutableRawPointer? {
  guard let next = NextAllocator.current else {
    return unsafe Arena.allocate(size, alignment: alignment)
  }
  let block = unsafe next.alignedAlloc(alignment, size)
  unsafe Recorder.requested(block, size: size)
  return unsafe block
}

@c(recorder_memalign)
public func recordedMemalign(_ alignment: Int, _ size: Int) -> UnsafeMutableRawPointer? {
  guard let next = NextAllocator.current else {
    return unsafe Arena.allocate(size, alignment: alignment)
  }
  let block = unsafe next.memalign(alignment, size)
  unsafe Recorder.requested(block, size: size)
  return unsafe block
}

@c(recorder_valloc)
public func recordedValloc(_ size: Int) -> UnsafeMutableRawPointer? {
  guard let next = NextAllocator.current else {
    return unsafe Arena.allocate(size, alignment: 4096)
  }
  let block = unsafe next.valloc(size)
  unsafe Recorder.requested(block, size: size)
  return unsafe block
}

@c(recorder_pvalloc)
public func recordedPvalloc(_ size: Int) -> UnsafeMutableRawPointer? {
  guard let next = NextAllocator.current else {
    return unsafe Arena.allocate(size, alignment: 4096)
  }
  let block = unsafe next.pvalloc(size)
  unsafe Recorder.requested(block, size: size)
  return unsafe block
}
