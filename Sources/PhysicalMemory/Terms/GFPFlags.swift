// SPDX-License-Identifier: MIT

// How to allocate ("get free pages" flags).
//
// Terms:
// - *Actions* say what may be done to get a frame: sleep and reclaim, wake kswapd, start input and
//   output, call into file systems, dip into reserves.
// - *Zone modifiers* say which zones will do. Without one, `normal` and below.
// - *Types* are the combinations that callers use.
//
//     flag             sleeps  wakes kswapd  below min by    on failure
//     directReclaim      yes        –             –          reclaims; then out of memory
//     wakeKswapd          –        yes            –
//     high                –         –            1/2
//     atomicContext       –         –            1/4 of what is left
//     memoryReserves      –         –            all
//     noFail              –         –            1/2, late   tries for ever
//
// Source: include/linux/gfp_types.h and gfp_to_alloc_flags() of mm/page_alloc.c, Linux 4.4 to 6.12;
// Gorman, chapter 6.4.

/// Flags of an allocation.
public struct GFPFlags: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  // MARK: Zone modifiers

  /// Frames below 16 MiB only.
  public static let dma = GFPFlags(rawValue: 1 << 0)
  /// Frames below 4 GiB only.
  public static let dma32 = GFPFlags(rawValue: 1 << 1)
  /// Frames without a permanent address are acceptable.
  public static let highMemory = GFPFlags(rawValue: 1 << 2)

  // MARK: Actions

  /// The caller may sleep: reclaim on its behalf.
  public static let directReclaim = GFPFlags(rawValue: 1 << 3)
  /// Wake kswapd where the zones are low.
  public static let wakeKswapd = GFPFlags(rawValue: 1 << 4)
  /// Important: half of the emergency reserve may be used.
  public static let high = GFPFlags(rawValue: 1 << 5)
  /// Reclaim may write to devices.
  public static let io = GFPFlags(rawValue: 1 << 6)
  /// Reclaim may call file systems.
  public static let fs = GFPFlags(rawValue: 1 << 7)
  /// A frame that no processor's cache holds, from the cold end of the per-CPU cache.
  public static let cold = GFPFlags(rawValue: 1 << 8)
  /// Never fail.
  public static let noFail = GFPFlags(rawValue: 1 << 9)
  /// The caller cannot sleep and has no fallback: a quarter more of the emergency reserve.
  public static let atomicContext = GFPFlags(rawValue: 1 << 10)
  /// Zero the contents.
  public static let zero = GFPFlags(rawValue: 1 << 11)
  /// Fail rather than end a process.
  public static let noRetry = GFPFlags(rawValue: 1 << 12)
  /// The caller allocates in order to free memory: it may use the whole emergency reserve.
  public static let memoryReserves = GFPFlags(rawValue: 1 << 13)
  /// No emergency reserve, whatever the context allows.
  public static let noMemoryReserves = GFPFlags(rawValue: 1 << 14)
  /// From the named node or not at all.
  public static let thisNode = GFPFlags(rawValue: 1 << 15)
  /// Every frame of the block knows its head, as slabs need.
  public static let compound = GFPFlags(rawValue: 1 << 16)
  /// No warning on failure.
  public static let noWarning = GFPFlags(rawValue: 1 << 17)
  /// The page can be moved or reclaimed through its owner.
  public static let movable = GFPFlags(rawValue: 1 << 18)

  /// Both ways of reclaim.
  public static let reclaim: GFPFlags = [.directReclaim, .wakeKswapd]

  // MARK: Types

  /// GFP_KERNEL: the kernel's own, where it may sleep.
  public static let kernel: GFPFlags = [.reclaim, .io, .fs]
  /// GFP_ATOMIC: where sleeping is forbidden.
  public static let atomic: GFPFlags = [.high, .atomicContext, .wakeKswapd]
  /// GFP_NOWAIT: without sleep, and without the reserve.
  public static let noWait: GFPFlags = [.wakeKswapd, .noWarning]
  /// GFP_NOIO: sleeps, but starts no input or output.
  public static let noIO: GFPFlags = [.reclaim]
  /// GFP_NOFS: sleeps, but calls no file system.
  public static let noFS: GFPFlags = [.reclaim, .io]
  /// GFP_USER: for a process, addressable by the kernel.
  public static let user: GFPFlags = [.reclaim, .io, .fs]
  /// GFP_HIGHUSER: for a process.
  public static let highUser: GFPFlags = [.user, .highMemory]
  /// GFP_HIGHUSER_MOVABLE: for a process's anonymous memory and files.
  public static let highUserMovable: GFPFlags = [.highUser, .movable]
  /// GFP_DMA: for old devices.
  public static let dmaOnly: GFPFlags = [.dma]

  /// The highest acceptable zone. `dma` takes precedence over `dma32`, and that over `highMemory`.
  public var highestZone: ZoneType {
    if rawValue & 0b111 == 0 { return .normal }
    if contains(.dma) { return .dma }
    if contains(.dma32) { return .dma32 }
    return .highMemory
  }
}
