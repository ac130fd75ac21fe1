// SPDX-License-Identifier: MIT

// The kernel's own addresses, as the model's processor has them. They are numbers of the model: what is
// at them lies elsewhere in the address space of the process that runs the model.
//
//     i386       3 GiB            3 GiB + RAM, 896 MiB at most           0xff80'0000
//                │ direct map      │ 8 MiB │ vmalloc              │ 8 KiB │ windows (kmap) │
//
//     x86-64     0xffff'8880'0000'0000              0xffff'c900'0000'0000
//                │ direct map of all RAM │           │ vmalloc, 32 TiB          │
//
// Source: arch/x86/include/asm/pgtable_32_areas.h; Documentation/arch/x86/x86_64/mm.rst, Linux 6.12.

internal import Pages

/// Where the kernel's addresses lie.
public struct KernelAddressPlan: Sendable, Hashable {
  /// The direct map: its first address is that of frame 0.
  public let directMap: Range<KernelAddress>
  /// Where vmalloc makes areas.
  public let vmalloc: Range<KernelAddress>
  /// Windows on high memory; empty where there is none.
  public let windows: Range<KernelAddress>

  /// Frames below this one are in the direct map.
  let directFrames: Int

  init(_ architecture: Architecture, frames: Int) {
    func address(_ value: UInt64) -> KernelAddress { KernelAddress(rawValue: value) }
    switch architecture {
    case .i386:
      let start: UInt64 = 0xC000_0000
      directFrames = min(frames, 896 << 8)
      let end = start + UInt64(directFrames) << UInt64(PageFrameNumber.shift)
      directMap = address(start)..<address(end)
      let gap: UInt64 = 8 << 20
      let first: UInt64 = 0xFF80_0000
      vmalloc = address((end + gap) & ~(gap - 1))..<address(first - 8192)
      windows = address(first)..<address(first + UInt64(HighMemoryWindows.limit) * 4096)
    case .x86_64:
      let start: UInt64 = 0xFFFF_8880_0000_0000
      directFrames = frames
      directMap =
        address(start)..<address(start + UInt64(frames) << UInt64(PageFrameNumber.shift))
      let area: UInt64 = 0xFFFF_C900_0000_0000
      vmalloc = address(area)..<address(area + 32 << 40)
      windows = address(0xFFFF_FE00_0000_0000)..<address(0xFFFF_FE00_0000_0000)
    }
  }
}
