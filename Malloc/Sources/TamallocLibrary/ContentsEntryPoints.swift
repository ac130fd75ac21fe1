// SPDX-License-Identifier: MIT

// The functions of tamalloc.h that are about what a block holds; see EntryPoints.swift.
//
// Swift sees a size_t above its own largest number as negative. Of a limit that is more than there is,
// and so none; of an offset or a length it is never inside a block.

public import CTamalloc.Library
internal import Pages
internal import Reservations
internal import Heap

@c(tamalloc_pattern) @implementation
public func tamalloc_pattern(
  _ size: Int, _ pattern: UnsafeRawPointer!, _ length: Int
) -> UnsafeMutableRawPointer? {
  let before = ErrorNumber.current
  do throws(BlockError) {
    let size = try ErrorNumber.checked(size: size)
    guard let pattern = unsafe pattern, length >= 1, length <= FillPattern.maximumLength.rawValue
    else { throw .allocation(.invalidFillPattern(ByteCount(length))) }
    do throws(AllocationError) {
      let start = try unsafe Heap.makeBlock(
        size: size, pattern: UnsafeRawBufferPointer(start: pattern, count: length))
      before.set()
      return unsafe start.pointer
    } catch {
      throw .allocation(error)
    }
  } catch {
    ErrorNumber(error).set()
    return nil
  }
}

@c(tareset) @implementation
public func tareset(_ block: UnsafeMutableRawPointer!, _ keep_resident: Int) -> Int32 {
  var block = unsafe block
  return unsafe tareset_all(&block, 1, keep_resident) == 1 ? 0 : -1
}

@c(tareset_all) @implementation
public func tareset_all(
  _ blocks: UnsafePointer<UnsafeMutableRawPointer?>!, _ count: Int, _ keep_resident: Int
) -> Int {
  let before = ErrorNumber.current
  guard let blocks = unsafe blocks, count > 0 else {
    if count != 0 { ErrorNumber.invalid.set() }
    return 0
  }
  let limit = ByteCount(keep_resident < 0 ? Int.max : keep_resident)
  let (done, error) = unsafe Heap.reset(
    UnsafeBufferPointer(start: blocks, count: count), keepingResident: limit)
  if let error { ErrorNumber(error).set() } else { before.set() }
  return done
}

@c(tausage) @implementation
public func tausage(
  _ block: UnsafeRawPointer!, _ usage: UnsafeMutablePointer<tamalloc_usage_t>!
) -> Int32 {
  unsafe tell(block, usage) { address throws(BlockError) in try Heap.usage(of: address) }
}

@c(tamalloc_usage) @implementation
public func tamalloc_usage(
  _ block: UnsafeRawPointer!, _ usage: UnsafeMutablePointer<tamalloc_usage>!
) -> Int32 {
  unsafe tausage(block, usage)
}

@c(tausage_range) @implementation
public func tausage_range(
  _ block: UnsafeRawPointer!, _ offset: Int, _ length: Int,
  _ usage: UnsafeMutablePointer<tamalloc_usage_t>!
) -> Int32 {
  unsafe tell(block, usage) { address throws(BlockError) in
    try Heap.usage(of: address, offset: ByteCount(offset), length: ByteCount(length))
  }
}

@c(tacommitted) @implementation
public func tacommitted(
  _ block: UnsafeRawPointer!, _ offset: Int, _ length: Int,
  _ ranges: UnsafeMutablePointer<tamalloc_range_t>!, _ capacity: Int
) -> Int {
  let before = ErrorNumber.current
  let capacity = capacity < 0 ? Int.max : capacity
  var count = 0
  do throws(BlockError) {
    guard unsafe capacity == 0 || ranges != nil else { throw .notABlock }
    try Heap.forEachCommittedRange(
      of: VirtualAddress(rawValue: UInt(bitPattern: block)), offset: ByteCount(offset),
      length: ByteCount(length)
    ) { range in
      guard count < capacity else { return false }
      // SAFETY: the caller says that there is room for `capacity` of them.
      unsafe ranges[count].offset = range.lowerBound.rawValue
      unsafe ranges[count].length = (range.upperBound - range.lowerBound).rawValue
      count += 1
      return count < capacity
    }
    before.set()
    return count
  } catch {
    ErrorNumber(error).set()
    return -1
  }
}

/// Stores what `ask` finds out of a block.
private func tell(
  _ block: UnsafeRawPointer?, _ usage: UnsafeMutablePointer<tamalloc_usage>?,
  _ ask: (VirtualAddress) throws(BlockError) -> MemoryUsage
) -> Int32 {
  let before = ErrorNumber.current
  do throws(BlockError) {
    guard let usage = unsafe usage else { throw .notABlock }
    let now = try ask(VirtualAddress(rawValue: UInt(bitPattern: block)))
    unsafe usage.pointee.reserved = now.reserved.rawValue
    unsafe usage.pointee.committed = now.committed.rawValue
    unsafe usage.pointee.swapped = now.swapped.rawValue
    before.set()
    return 0
  } catch {
    ErrorNumber(error).set()
    return -1
  }
}
