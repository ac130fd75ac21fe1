// SPDX-License-Identifier: MIT

public import Pages

/// Why a machine cannot be built, or refuses a request.
///
/// Each case holds the offending input. A verb that throws has changed nothing, except that reclaim may
/// have run.
public enum MachineError: Error, Sendable, Hashable {
  // MARK: Machines

  /// The machine would have less than one page frame.
  case noMemory(ByteCount)
  /// The machine would span more page frames than their numbers can name, or its processor can address.
  case tooMuchMemory(ByteCount, limit: ByteCount)
  /// The number of nodes is below 1, above 64, or above the number of page frames.
  case invalidNodeCount(Int, frames: Int)
  /// A 32-bit machine does not divide its RAM evenly among nodes: each range must name its node.
  case nodesWithoutRanges(Int)
  /// The number of processors is below 1 or above 512.
  case invalidProcessorCount(Int)
  /// A stretch of RAM does not begin and end at page frames, is empty, or overlaps another.
  case invalidRange(start: PhysicalAddress, size: ByteCount)
  /// The table of distances is not square, has a row too few, or a distance that is not 10 to 255.
  case invalidDistances
  /// The host has no room for the machine.
  case host(AllocationError)

  // MARK: Requests

  /// An order below 0 or above 10.
  case invalidOrder(Int)
  /// A size of 0 bytes, or more than the largest block has.
  case invalidSize(ByteCount)
  /// A word that is not a GFP flag.
  case unknownFlag(String)
  /// The machine has no such node.
  case noSuchNode(NodeNumber)
  /// The machine has no such processor.
  case noSuchProcessor(ProcessorNumber)
  /// The machine has no RAM there.
  case noSuchFrame(UInt64)
  /// The address is not the kernel's, or nothing is mapped there.
  case noSuchAddress(KernelAddress)
  /// No frames are available: the request fails, as Linux returns a null pointer.
  case outOfMemory(order: Order, flags: GFPFlags)
  /// A request that must not fail can never be satisfied: Linux panics, or hangs.
  case deadlock(order: Order, flags: GFPFlags)
  /// A request that may sleep, in a context that must not sleep.
  case sleepInAtomicContext(GFPFlags)

  // MARK: Frames

  /// The frame is free, or the middle of a block.
  case notAllocated(PageFrameNumber)
  /// The block's order is not the one given.
  case wrongOrder(PageFrameNumber, is: Order, given: Order)
  /// Something still uses the frame: page tables, or a list for reclaim.
  case stillInUse(PageFrameNumber, PageFlags, mapCount: Int)
  /// The frame has no window to release.
  case notMapped(PageFrameNumber)
  /// Every window is in use.
  case noWindow(limit: Int)

  // MARK: Files and swap

  /// There is no such file.
  case noSuchFile(FileNumber)
  /// The page is beyond the file's end.
  case beyondEndOfFile(FileNumber, index: Int, pages: Int)
  /// The swap slot is free.
  case swapSlotFree(SwapSlot)

  // MARK: What is built on frames

  /// A slab cache, or kmalloc.
  case slab(SlabError)
  /// vmalloc.
  case vmalloc(VmallocError)
  /// A memory pool.
  case pool(MemoryPoolError)
  /// A process.
  case process(ProcessError)
}

extension MachineError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noMemory(let size):
      "a machine with \(size) of RAM has no page frame: it needs 4 KiB at least"
    case .tooMuchMemory(let size, let limit):
      "a machine cannot have RAM up to \(size): this processor addresses \(limit)"
    case .invalidNodeCount(let nodes, let frames):
      "a machine can't have \(nodes) nodes: 1 to 64"
        + (frames > 0 ? ", and each with one of its \(frames) page frames" : "")
    case .nodesWithoutRanges(let nodes):
      "the RAM of an i386 is not divided among \(nodes) nodes automatically: give ranges that name their node"
    case .invalidProcessorCount(let count):
      "a machine can't have \(count) processors: 1 to 512"
    case .invalidRange(let start, let size):
      "RAM of \(size.rawValue) bytes at 0x\(String(start.rawValue, radix: 16)) is invalid: ranges consist of whole page frames and must not overlap"
    case .invalidDistances:
      "the distances between nodes need a row and a column for each node, and are 10 to 255"
    case .host(let error):
      "the host has no room for the machine: \(error)"
    case .invalidOrder(let order):
      "order \(order) does not exist: the buddy system has orders 0 to 10"
    case .invalidSize(let size):
      "\(size.rawValue) bytes do not fit in one block: 1 to \(Order.largest.size.rawValue)"
    case .unknownFlag(let word):
      "\"\(word)\" is not a GFP flag; write flags such as GFP_KERNEL|__GFP_ZERO"
    case .noSuchNode(let node):
      "the machine has no node \(node)"
    case .noSuchProcessor(let processor):
      "the machine has no processor \(processor)"
    case .noSuchFrame(let frame):
      "the machine has no page frame \(frame)"
    case .noSuchAddress(let address):
      "nothing is mapped at kernel address \(address)"
    case .outOfMemory(let order, let flags):
      "page allocation failure: order:\(order), mode:\(flags)"
    case .deadlock(let order, let flags):
      "the machine hangs: order:\(order), mode:\(flags) must not fail, and no memory can be freed"
    case .sleepInAtomicContext(let flags):
      "mode:\(flags) may sleep, which is forbidden in atomic context"
    case .notAllocated(let frame):
      "page frame \(frame) does not begin an allocated block"
    case .wrongOrder(let frame, let order, let given):
      "the block at page frame \(frame) has order \(order), not \(given)"
    case .stillInUse(let frame, let flags, let mapCount):
      "page frame \(frame) is still in use: flags \(flags), \(mapCount) mappings"
    case .notMapped(let frame):
      "page frame \(frame) has no window"
    case .noWindow(let limit):
      "all \(limit) windows on high memory are in use"
    case .noSuchFile(let file):
      "there is no file \(file.rawValue)"
    case .beyondEndOfFile(let file, let index, let pages):
      "page \(index) is beyond the end of file \(file.rawValue), which has \(pages)"
    case .swapSlotFree(let slot):
      "swap slot \(slot.rawValue) is free"
    case .slab(let error):
      error.description
    case .vmalloc(let error):
      error.description
    case .pool(let error):
      error.description
    case .process(let error):
      error.description
    }
  }
}
