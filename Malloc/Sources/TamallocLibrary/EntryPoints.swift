// SPDX-License-Identifier: MIT

// The functions of tamalloc.h, which holds their contracts; the compiler checks these definitions
// against those declarations. Each one turns C's arguments into Swift's, calls the verb of Heap,
// and turns the outcome into a result and errno.

internal import CTamalloc.Library
internal import Pages
internal import Heap

@c(tamalloc) @implementation
public func tamalloc(_ size: Int) -> UnsafeMutableRawPointer? {
  unsafe allocate(size)
}

@c(tamalloc_fill) @implementation
public func tamalloc_fill(_ size: Int, _ byte: Int32) -> UnsafeMutableRawPointer? {
  unsafe allocate(size, fill: UInt8(truncatingIfNeeded: byte))
}

@c(tamalloc_aligned) @implementation
public func tamalloc_aligned(_ alignment: Int, _ size: Int) -> UnsafeMutableRawPointer? {
  unsafe allocate(size, alignment: alignment)
}

@c(tarealloc) @implementation
public func tarealloc(
  _ block: UnsafeMutableRawPointer!, _ size: Int
) -> UnsafeMutableRawPointer? {
  guard let block = unsafe block else { return unsafe allocate(size) }
  let address = unsafe VirtualAddress(block)
  let before = ErrorNumber.current
  do throws(BlockError) {
    let moved = try Heap.resizeBlock(address, to: try ErrorNumber.checked(size: size))
    before.set()
    return unsafe moved.pointer
  } catch {
    switch error {
    case .notABlock: MisuseMessage.abort(function: "tarealloc", address, Heap.diagnose(address))
    case .allocation(let reason): ErrorNumber(reason).set()
    }
    return nil
  }
}

@c(tafree) @implementation
public func tafree(_ block: UnsafeMutableRawPointer!) {
  guard let block = unsafe block else { return }
  let address = unsafe VirtualAddress(block)
  let before = ErrorNumber.current
  do throws(BlockError) {
    try Heap.releaseBlock(address)
    before.set()
  } catch {
    MisuseMessage.abort(function: "tafree", address, Heap.diagnose(address))
  }
}

@c(tadiscard) @implementation
public func tadiscard(_ block: UnsafeMutableRawPointer!, _ offset: Int, _ length: Int) -> Int32 {
  let address = VirtualAddress(rawValue: UInt(bitPattern: block))
  let before = ErrorNumber.current
  do throws(BlockError) {
    try Heap.discard(address, offset: ByteCount(offset), length: ByteCount(length))
    before.set()
    return 0
  } catch {
    ErrorNumber(error).set()
    return -1
  }
}

/// What the three ways to a new block share.
private func allocate(
  _ size: Int, alignment: Int = 1, fill: UInt8 = 0
) -> UnsafeMutableRawPointer? {
  let before = ErrorNumber.current
  do throws(BlockError) {
    let size = try ErrorNumber.checked(size: size)
    do throws(AllocationError) {
      let start = try Heap.makeBlock(
        size: size, alignment: ByteCount(alignment), fill: fill)
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
