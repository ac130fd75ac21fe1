// SPDX-License-Identifier: MIT

// The short way: single frames, to and from this processor's cache, where nothing is special about the
// request or the frame. Nearly every request is one of these; what is not goes the long way, which decides
// the same and more. Apart from it, because a function that can do everything needs more of the host's
// registers than it has.
//
// Invariant: who goes the short way gets what the long way would have given, and is counted alike.
//
// Source: rmqueue_pcplist() and free_unref_page() of mm/page_alloc.c, Linux 6.12.

extension PageAllocator {
  /// A single frame from this processor's cache for the first zone of the request, where nothing is
  /// special: nearly every request. A function of its own that needs few of the host's registers.
  @inline(__always)
  mutating func takeSingle(_ flags: GFPFlags) -> PageFrameNumber? {
    guard flags.isDisjoint(with: [.zero, .compound, .cold]), !context.isAtomic else { return nil }
    let number = zoneLists[zoneList(nodeIndex, flags.highestZone)]
    guard number != Self.zoneListEnd, Int(number) >> 2 == nodeIndex else { return nil }
    let zone = Int(number)
    // What is kept of a zone for requests of lower zones is a share of the node's zones between it and the
    // request's highest one. In its own node's first zone there are none between: nothing is kept.
    guard zones[zone].free > zones[zone].watermarks.low else { return nil }
    let cache = zone &* processorCount &+ processorIndex
    guard let frame = perCPUPages[cache].list.pop(.first, frames) else { return nil }
    events.fast &+= 1
    zones[zone].allocations &+= 1
    let isHigh = zone & 3 == ZoneType.highMemory.rawValue
    frames[frame].begin(isHigh ? [.allocated, .used, .highMemory] : [.allocated, .used], 0, zone)
    frames[frame].referenceCount = 1
    return frame
  }

  /// Gives a single frame to this processor's cache, where nothing is special: false where it is.
  @inline(__always)
  mutating func giveSingle(_ frame: PageFrameNumber) -> Bool {
    guard frames[frame].isPlainSingle else { return false }
    let zone = Int(frames[frame].zoneIndex)
    let cache = zone &* processorCount &+ processorIndex
    guard perCPUPages[cache].list.count < Int(zones[zone].perCPUHigh) else { return false }
    zones[zone].frees &+= 1
    frames[frame].forgetUse()
    frames[frame].flags = [.perCPU, .used]
    perCPUPages[cache].list.insert(frame, at: .first, frames)
    return true
  }
}
