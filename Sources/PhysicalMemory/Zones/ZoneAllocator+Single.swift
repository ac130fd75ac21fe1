// SPDX-License-Identifier: MIT

// The fast path: single frames to and from this processor's cache, for ordinary requests and frames.
// Nearly every request takes it; the others take the general path, which handles every case. They are
// separate because a function that handles every case needs more registers than the host has.
//
// Invariant: the fast path returns what the general path would have returned, and counts the same.
//
// Source: rmqueue_pcplist() and free_unref_page() of mm/page_alloc.c, Linux 6.12.

extension PageAllocator {
  /// A single frame from this processor's cache for the request's first zone, or nil if the request is
  /// not an ordinary one.
  @inline(__always)
  mutating func takeSingle(_ flags: GFPFlags) -> PageFrameNumber? {
    guard flags.isDisjoint(with: [.zero, .compound, .cold]), !context.isAtomic else { return nil }
    let number = zoneLists[zoneList(nodeIndex, flags.highestZone)]
    guard number != Self.zoneListEnd, Int(number) >> 2 == nodeIndex else { return nil }
    let zone = Int(number)
    // A zone's reserve against a request is a share of the node's zones between it and the request's
    // highest one. For the first zone of the request's own node there are none in between.
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

  /// Puts an ordinary single frame into this processor's cache; false for any other frame.
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
