// SPDX-License-Identifier: MIT

// A large block, of more than 512 KiB or an alignment above 64 KiB, is a mapping of its own, recorded
// in the table that tamalloc's own blocks are in.

internal import Pages

enum LargeBlock {
  static func allocate(
    _ size: Int, alignment: Int, _ heap: UnsafeMutablePointer<Heap>
  ) -> UInt {
    let before = Syscalls.errorNumber
    guard
      let start = try? unsafe heap.pointee.blocks.allocate(
        size: ByteCount(max(size, 1)), alignment: ByteCount(alignment))
    else { return Heap.fail() }
    Syscalls.errorNumber = before
    return start.rawValue
  }

  static func release(_ block: UInt, _ heap: UnsafeMutablePointer<Heap>) {
    let before = Syscalls.errorNumber
    let address = VirtualAddress(rawValue: block)
    do throws(BlockError) {
      try unsafe heap.pointee.blocks.release(address)
    } catch {
      Report.abort(function: "free", address, unsafe heap.pointee.blocks.diagnose(address))
    }
    Syscalls.errorNumber = before
  }

  static func usableSize(_ block: UInt, _ heap: UnsafeMutablePointer<Heap>) -> Int? {
    unsafe heap.pointee.blocks.size(of: VirtualAddress(rawValue: block))?.rawValue
  }

  static func resize(_ block: UInt, _ size: Int, _ heap: UnsafeMutablePointer<Heap>) -> UInt {
    let before = Syscalls.errorNumber
    let address = VirtualAddress(rawValue: block)
    do throws(BlockError) {
      let moved = try unsafe heap.pointee.blocks.resize(address, to: ByteCount(size))
      Syscalls.errorNumber = before
      return moved.rawValue
    } catch {
      if case .notABlock = error {
        Report.abort(
          function: "realloc", address, unsafe heap.pointee.blocks.diagnose(address))
      }
      return Heap.fail()
    }
  }
}
