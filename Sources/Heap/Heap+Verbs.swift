// SPDX-License-Identifier: MIT

// The verbs beside allocate and release: blocks at special addresses, of another size, and what is
// known of a block. A block's bytes behind what was asked for are zero, too, and stay so as long as
// the program leaves them alone: so growing in place needs no clearing, but shrinking does.

internal import Pages
internal import Synchronization
internal import System

extension Heap {
  /// The largest size that anything in C may have.
  static var largestSize: Int { Int.max &- (1 << 21) }

  /// A block that begins at a multiple of `alignment`, a power of two.
  package static func allocate(_ size: Int, alignment: Int) -> UInt {
    guard size >= 0, alignment > 0, let thread = unsafe ThreadHeap.mine else { return fail() }
    if unsafe thread.pointee.heap.pointee.settings.isHardened {
      return unsafe thread.pointee.heap.allocateHardened(size, alignment: max(alignment, 16))
    }
    if size <= SizeClass.largest, alignment <= SizeClass.largest {
      return unsafe thread.allocateCounted(
        SizeClass(holding: size, alignment: alignment), size)
    }
    if size <= MediumBlock.largest, alignment <= Segment.slotSize {
      return unsafe MediumBlock.allocate(size, thread.pointee.heap)
    }
    return unsafe LargeBlock.allocate(size, alignment: alignment, thread.pointee.heap)
  }

  /// Bytes of a block that may be used, all zero at first; nil where no block begins there.
  package static func usableSize(_ block: UInt) -> Int? {
    guard block != 0, let heap = unsafe Heap.existing else { return nil }
    if unsafe heap.pointee.settings.isHardened { return unsafe heap.usableSizeHardened(block) }
    guard unsafe heap.pointee.map.contains(block) else {
      return unsafe LargeBlock.usableSize(block, heap)
    }
    let span = unsafe SpanPointer(containing: block)
    let size = unsafe UInt(span.pointee.blockSize)
    guard unsafe span.pointee.state != .vacant, size != 0 else { return nil }
    guard unsafe (block &- span.pointee.start) % size == 0 else { return nil }
    return Int(size)
  }

  /// The same for a program, which may write behind what it asked for from now on. In the hardened mode an address
  /// that no block begins at ends the program.
  package static func tellUsableSize(_ block: UInt) -> Int? {
    if let heap = unsafe Heap.existing,
      unsafe !heap.pointee.tellsUsableSizes.load(ordering: .relaxed)
    {
      unsafe heap.pointee.tellsUsableSizes.store(true, ordering: .relaxed)
    }
    if let size = usableSize(block) { return size }
    if block != 0, let heap = unsafe Heap.existing, unsafe heap.pointee.settings.isHardened {
      MisuseMessage.abort(
        function: "malloc_usable_size", VirtualAddress(rawValue: block),
        unsafe heap.diagnoseHardened(block))
    }
    return nil
  }

  /// Gives a block another size, in its place or elsewhere; 0, with errno set and the block as it was,
  /// where there is no memory.
  ///
  /// - Precondition: `size` is not 0.
  @inline(__always)
  package static func resize(_ block: UInt, _ size: Int) -> UInt {
    if let thread = unsafe ThreadHeap.existing, unsafe thread.pointee.isQuick {
      let size = UInt(bitPattern: size)
      if unsafe thread.growsAtHand(block, size) { return block }
      guard unsafe thread.pointee.map.contains(block) else {
        return resizeSlowly(block, Int(bitPattern: size))
      }
      let span = unsafe SpanPointer(containing: block)
      let usable = unsafe span.pointee.step
      // Of its own blocks, one that would waste half of itself moves.
      if unsafe (span.pointee.owner ^ UInt(bitPattern: thread)) <= HeapSpan.watched,
        size <= usable, size >= usable &>> 1
      {
        unsafe thread.resizeInPlace(block, size, usable, span)
        return block
      }
    }
    return resizeSlowly(block, size)
  }

  @inline(never)
  private static func resizeSlowly(_ block: UInt, _ size: Int) -> UInt {
    guard size >= 0, let thread = unsafe ThreadHeap.mine else { return fail() }
    if unsafe thread.pointee.heap.pointee.settings.isHardened {
      return unsafe thread.pointee.heap.resizeHardened(block, size)
    }
    let usable: Int
    let hasGrown = unsafe thread.pointee.grown.start == block
    if unsafe thread.pointee.map.contains(block) {
      let span = unsafe SpanPointer(containing: block)
      usable = unsafe Int(span.pointee.blockSize)
      let owner = unsafe span.pointee.owner
      if owner & ~HeapSpan.watched == UInt(bitPattern: thread) {
        // It is about to be freed.
        if owner & HeapSpan.watched != 0 { unsafe thread.unwatch(span) }
      } else if usableSize(block) == nil {
        // Another thread's, or a medium one: looked at more closely.
        reportUnknown(block)
      }
      if size <= usable, size >= usable &>> 1 {
        Syscalls.clearBytes(block &+ UInt(size), usable &- size)
        return block
      }
    } else {
      if size > MediumBlock.largest {
        return unsafe LargeBlock.resize(block, size, thread.pointee.heap)
      }
      guard let known = unsafe LargeBlock.usableSize(block, thread.pointee.heap) else {
        reportUnknown(block)
      }
      usable = known
    }
    let kept = min(usable, size)
    // What is copied over need not be cleared before; what grows once will grow again, and what has
    // grown step by step surely will.
    let room = hasGrown ? usable : usable / 4
    let roomy = size > usable ? min(max(size, usable &+ room), SizeClass.largest) : size
    let moved =
      unsafe size > SizeClass.largest
      ? allocate(size)
      : thread.allocateAtHand(SizeClass(holding: roomy), size, skipping: kept & ~15)
    if moved == 0 { return 0 }
    unsafe Syscalls.copyBytes(from: block, to: moved, kept)
    release(block)
    if roomy > size { unsafe thread.watch(moved, size) }
    return moved
  }

  private static func reportUnknown(_ block: UInt) -> Never {
    let address = VirtualAddress(rawValue: block)
    guard let heap = unsafe Heap.existing else {
      MisuseMessage.abort(function: "realloc", address, .unknown)
    }
    MisuseMessage.abort(function: "realloc", address, unsafe heap.pointee.blocks.diagnose(address))
  }

  /// Gives back whatever can be, at once; returns whether there was anything.
  package static func trim() -> Bool {
    guard let heap = unsafe Heap.existing else { return false }
    if unsafe !heap.pointee.fork.isSettled { meetFork() }
    let before = unsafe heap.holdsUnused
    if let thread = unsafe ThreadHeap.existing { unsafe thread.empty() }
    let after = unsafe heap.holdsUnused
    unsafe _ = heap.purge(all: true)
    return before || after
  }

  /// What is known of an address that lies in a segment.
  static func diagnose(_ block: UInt, _ span: SpanPointer) -> Misuse {
    let size = unsafe UInt(span.pointee.blockSize)
    guard unsafe span.pointee.state != .vacant, size != 0, unsafe block >= span.pointee.start else {
      return .unknown
    }
    let offset = unsafe (block &- span.pointee.start) % size
    if offset == 0 { return .freed }
    return .inside(start: VirtualAddress(rawValue: block &- offset), length: ByteCount(Int(size)))
  }
}

extension UnsafeMutablePointer where Pointee == Heap {
  /// Whether anything waits to be given back.
  fileprivate var holdsUnused: Bool {
    unsafe guarded.withLock { shared, _ in
      shared.slots.dirtySlots > 0 || shared.large.ranges.count > 0
    }
  }
}
