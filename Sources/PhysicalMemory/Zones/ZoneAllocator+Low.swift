// SPDX-License-Identifier: MIT

// Requests that may go below the low mark: down to *min*, and further with access to reserves.
//
// Source: __alloc_pages_slowpath() and should_reclaim_retry() of mm/page_alloc.c, Linux 6.12.

extension PageAllocator {
  /// Serves a request from the first zone that stays above what it must leave.
  mutating func takeAboveMin(_ request: Request, _ depth: ReserveDepth) -> PageFrameNumber? {
    let highest = request.flags.highestZone
    var entry = zoneList(request.node, highest)
    while let zone = nextZone(&entry, request) {
      let kept = depth == .all ? 0 : zones[zone].lowmemReserve[highest.rawValue]
      // With full access even the last frame may be taken.
      let floor = depth == .all ? -1 : depth.floor(zones[zone].watermarks.min) + kept
      if hasRoom(zone, order: request.order, above: floor), let frame = take(zone, request) {
        return frame
      }
      if request.order == 0, depth == .all, let frame = take(zone, request) { return frame }
    }
    return nil
  }

  /// Whether another round can help: with all that is reclaimable free, a zone would have room.
  func mayHelp(_ request: Request, swapHasRoom: Bool) -> Bool {
    let highest = request.flags.highestZone
    var entry = zoneList(request.node, highest)
    while let zone = nextZone(&entry, request) {
      let files =
        zones[zone].reclaimable[ReclaimList.inactiveFile.rawValue]
        + zones[zone].reclaimable[ReclaimList.activeFile.rawValue]
      let anonymous =
        swapHasRoom
        ? zones[zone].reclaimable[ReclaimList.inactiveAnonymous.rawValue]
          + zones[zone].reclaimable[ReclaimList.activeAnonymous.rawValue] : 0
      let floor = zones[zone].watermarks.min + zones[zone].lowmemReserve[highest.rawValue]
      if zones[zone].free + files + anonymous - (1 << request.order - 1) > floor { return true }
    }
    return false
  }
}
