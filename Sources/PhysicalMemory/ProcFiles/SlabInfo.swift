// SPDX-License-Identifier: MIT

// /proc/slabinfo, version 2.1.
//
// Source: print_slabinfo_header(), cache_show() of mm/slab_common.c, and get_slabinfo() of mm/slab.c: an
// object in a processor's array counts as active.

internal import Pages

extension Machine {
  /// The text of /proc/slabinfo.
  public var slabinfo: String {
    var text = "slabinfo - version: 2.1\n"
    text += "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
    text += " : tunables <limit> <batchcount> <sharedfactor>"
    text += " : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
    // Linux shows the cache that was made last first.
    for cache in slabCaches.reversed() {
      guard let now = try? statistics(of: cache) else { continue }
      text += "\(leftColumn(now.name, 17)) \(column(now.liveObjects + now.cachedObjects, 6))"
      text += " \(column(now.objects, 6)) \(column(now.stride.rawValue, 6))"
      text += " \(column(now.objectsPerSlab, 4)) \(column(now.order.frameCount, 4))"
      text += " : tunables \(column(now.limit, 4)) \(column(now.batch, 4)) \(column(0, 4))"
      text += " : slabdata \(column(now.fullSlabs + now.partialSlabs, 6))"
      text += " \(column(now.slabs, 6)) \(column(0, 6))\n"
    }
    return text
  }
}
