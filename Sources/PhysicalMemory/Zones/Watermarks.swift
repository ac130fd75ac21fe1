// SPDX-License-Identifier: MIT

// How many frames a zone keeps back.
//
//     free frames
//      ▲
//      │        every request is served
//  high├─────── kswapd goes to sleep
//      │        kswapd reclaims
//   low├─────── kswapd is woken; requests still served
//      │
//   min├─────── below: requests that may sleep reclaim; important ones that may not use
//      │        half, 3/8 … of min: see ``ReserveDepth``
//     0└─────── tasks that free memory may take the last frame
//
// All zones together keep √(16 × KiB that the kernel maps permanently) KiB, rounded up, from 128 to
// 65,536: 4 MiB for 1 GiB, 32 MiB for 64 GiB. A zone's *min* is its share by size; *low* is min × 5/4 and
// *high* min × 3/2. HIGHMEM does not count towards the sum and keeps 1/1024 of itself, 32 to 128 frames.
//
// A zone also reserves frames against requests that could use a higher zone: (frames in the zones above,
// up to the request's highest) / ratio, with ratio 256 for DMA and DMA32, 32 for NORMAL.
//
// Invariant: min ≤ low ≤ high in every zone.
//
// Source: calculate_min_free_kbytes(), setup_per_zone_wmarks() and setup_per_zone_lowmem_reserve() of
// mm/page_alloc.c; free_area_init_core() of Linux 2.4 for the linear rule.

internal import Pages

extension PageAllocator {
  /// Frames of RAM.
  var presentFrames: Int { (0..<zones.count).reduce(0) { $0 + zones[$1].present } }

  /// Frames that the buddy systems were given (totalram_pages).
  var managedFrames: Int { (0..<zones.count).reduce(0) { $0 + zones[$1].managed } }

  /// Free frames in the buddy systems, per-CPU caches not counted.
  var freeFrames: Int { (0..<zones.count).reduce(0) { $0 + zones[$1].free } }

  /// Computes the total to keep free from the policy, and everything derived from it.
  mutating func recomputeMinFree() {
    var direct = 0
    for zone in 0..<zones.count where zones[zone].type != .highMemory {
      direct += zones[zone].managed
    }
    let kibibytes = direct << (PageFrameNumber.shift - 10)
    minFreeKibibytes = Self.minFree(directlyMapped: kibibytes)
    recomputeWatermarks()
  }

  /// √(16 × KiB), rounded up, within 2^7 and 2^16.
  static func minFree(directlyMapped kibibytes: Int) -> Int {
    let square = 16 * kibibytes
    var root = Int(Double(square).squareRoot())
    while root * root < square { root += 1 }
    while root > 0 && (root - 1) * (root - 1) >= square { root -= 1 }
    return min(max(root, 128), 65_536)
  }

  /// Changes how much is kept free (vm.min_free_kbytes), and with it every zone's marks.
  ///
  /// - Throws: ``MachineError/invalidSize(_:)`` below 0 or above what all zones have.
  mutating func setMinFree(kibibytes: Int) throws(MachineError) {
    guard kibibytes >= 0, kibibytes <= presentFrames << (PageFrameNumber.shift - 10) else {
      throw .invalidSize(.kibibytes(kibibytes))
    }
    minFreeKibibytes = kibibytes
    watermarkPolicy = .squareRoot
    recomputeWatermarks()
  }

  /// Switches to another policy.
  mutating func setWatermarkPolicy(_ policy: WatermarkPolicy) {
    watermarkPolicy = policy
    recomputeMinFree()
  }

  /// Recomputes each zone's marks, reserves and per-CPU marks.
  mutating func recomputeWatermarks() {
    let total = minFreeKibibytes >> (PageFrameNumber.shift - 10)
    var direct = 0
    for zone in 0..<zones.count where zones[zone].type != .highMemory {
      direct += zones[zone].managed
    }
    for zone in 0..<zones.count {
      let managed = zones[zone].managed
      switch watermarkPolicy {
      case .squareRoot:
        let isHigh = zones[zone].type == .highMemory
        let mark =
          managed == 0
          ? 0
          : isHigh
            ? min(max(managed / 1024, 32), 128)
            // Both are below 2^32: the product does not overflow.
            : total * managed / direct
        zones[zone].watermarks = Watermarks(
          min: mark, low: mark + mark / 4, high: mark + mark / 2)
      case .linear:
        let mark = managed == 0 ? 0 : min(max(managed / 128, 20), 255)
        zones[zone].watermarks = Watermarks(min: mark, low: mark * 2, high: mark * 3)
      }
    }
    recomputeLowmemReserves()
    for zone in 0..<zones.count {
      setPerCPUMarks(zone)
      for cpu in 0..<processorCount {
        let cache = zone * processorCount + cpu
        let excess = perCPUPages[cache].list.count - Int(zones[zone].perCPUHigh)
        if excess > 0 { drain(zone, cache, count: excess) }
      }
    }
  }

  /// A zone reserves one frame per this many in the zones above, by type (vm.lowmem_reserve_ratio).
  static let lowmemReserveRatio = [256, 256, 32, 0]

  private mutating func recomputeLowmemReserves() {
    for node in 0..<nodeCount {
      for type in 0..<ZoneType.count {
        let zone = node * ZoneType.count + type
        let ratio = Self.lowmemReserveRatio[type]
        var above = 0
        for higher in 0..<ZoneType.count {
          guard higher > type else {
            zones[zone].lowmemReserve[higher] = 0
            continue
          }
          above += zones[node * ZoneType.count + higher].managed
          let isProtected = ratio > 0 && zones[zone].managed > 0
          zones[zone].lowmemReserve[higher] = isProtected ? above / ratio : 0
        }
      }
    }
  }
}
