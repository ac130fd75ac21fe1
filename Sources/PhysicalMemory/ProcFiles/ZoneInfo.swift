// SPDX-License-Identifier: MIT

// /proc/zoneinfo: marks, counters and per-CPU caches of each zone. Counters that the model lacks are 0, as
// in a kernel where nothing was counted.
//
// Source: zoneinfo_show_print() and vmstat_text of mm/vmstat.c, Linux 6.12.

extension Machine {
  /// The text of /proc/zoneinfo.
  public var zoneinfo: String {
    var text = ""
    for node in 0..<nodeCount {
      var isFirst = true
      for type in typesInViews {
        text += "Node \(node), zone \(column(type?.description ?? "Movable", 8))"
        let zone = type.map { zones[node * ZoneType.count + $0.rawValue] }
        if isFirst, zone?.isPopulated == true {
          isFirst = false
          text += "\n  per-node stats"
          for (name, value) in nodeStatistics(node) { text += line(name, value) }
        }
        text += marks(zone)
        guard let zone, zone.isPopulated else {
          text += "\n"
          continue
        }
        for (name, value) in zoneStatistics(zone) { text += line(name, value) }
        text += pageSets(ZoneNumber(zone.type, of: zone.node).rawValue)
        text +=
          "\n  node_unreclaimable:  \(reclaim.threads[node].hasGivenUp ? 1 : 0)"
        text += "\n  start_pfn:           \(zone.start)\n"
      }
    }
    return text
  }

  /// The zones that a kernel for this processor has, lowest first; nil stands for the movable one,
  /// which is always empty here.
  private var typesInViews: [ZoneType?] { layout.zoneLimits.map(\.type) + [nil] }

  private func line(_ name: String, _ value: Int) -> String {
    "\n      \(leftColumn(name, 12)) \(value)"
  }

  private func marks(_ zone: Zone?) -> String {
    let highest = layout.zoneLimits.map(\.type)
    let last = highest[highest.count - 1]
    let kept = (highest + [last]).map { type in
      zone.map { "\($0.lowmemReserve(against: type))" } ?? "0"
    }
    let spanned = zone.map { $0.isPopulated ? $0.end.index - $0.start.index : 0 } ?? 0
    return """

        pages free     \(zone?.free ?? 0)
              boost    0
              min      \(zone?.watermarks.min ?? 0)
              low      \(zone?.watermarks.low ?? 0)
              high     \(zone?.watermarks.high ?? 0)
              spanned  \(spanned)
              present  \(zone?.present ?? 0)
              managed  \(zone?.managed ?? 0)
              cma      0
              protection: (\(kept.joined(separator: ", ")))
      """
  }

  private func nodeStatistics(_ node: Int) -> [(String, Int)] {
    func count(_ counter: NodeCounter) -> Int { pages.count(counter, of: node) }
    func size(_ list: ReclaimList) -> Int { store.count(list, of: node) }
    return [
      ("nr_inactive_anon", size(.inactiveAnonymous)), ("nr_active_anon", size(.activeAnonymous)),
      ("nr_inactive_file", size(.inactiveFile)), ("nr_active_file", size(.activeFile)),
      ("nr_unevictable", count(.unevictable)), ("nr_slab_reclaimable", count(.slabReclaimable)),
      ("nr_slab_unreclaimable", count(.slabUnreclaimable)), ("nr_isolated_anon", 0),
      ("nr_isolated_file", 0), ("workingset_nodes", 0), ("workingset_refault_anon", 0),
      ("workingset_refault_file", 0), ("workingset_activate_anon", 0),
      ("workingset_activate_file", 0), ("workingset_restore_anon", 0),
      ("workingset_restore_file", 0), ("workingset_nodereclaim", 0),
      ("nr_anon_pages", count(.anonymousPages)), ("nr_mapped", count(.mappedPages)),
      ("nr_file_pages", count(.filePages) + count(.swapCached)), ("nr_dirty", count(.dirty)),
      ("nr_writeback", count(.writeBack)), ("nr_writeback_temp", 0),
      ("nr_shmem", count(.sharedMemory)), ("nr_shmem_hugepages", 0), ("nr_shmem_pmdmapped", 0),
      ("nr_file_hugepages", 0), ("nr_file_pmdmapped", 0), ("nr_anon_transparent_hugepages", 0),
      ("nr_vmscan_write", 0), ("nr_vmscan_immediate_reclaim", 0),
      ("nr_dirtied", count(.everDirtied)), ("nr_written", count(.everWritten)),
      ("nr_throttled_written", 0), ("nr_kernel_misc_reclaimable", 0), ("nr_foll_pin_acquired", 0),
      ("nr_foll_pin_released", 0), ("nr_kernel_stack", count(.kernelStack) * 4),
      ("nr_page_table_pages", count(.pageTables)), ("nr_sec_page_table_pages", 0),
      ("nr_swapcached", count(.swapCached)),
    ]
  }

  private func zoneStatistics(_ zone: Zone) -> [(String, Int)] {
    func size(_ list: ReclaimList) -> Int { zone.reclaimable[list.rawValue] }
    return [
      ("nr_free_pages", zone.free), ("nr_zone_inactive_anon", size(.inactiveAnonymous)),
      ("nr_zone_active_anon", size(.activeAnonymous)),
      ("nr_zone_inactive_file", size(.inactiveFile)), ("nr_zone_active_file", size(.activeFile)),
      ("nr_zone_unevictable", 0), ("nr_zone_write_pending", zone.writePending), ("nr_mlock", 0),
      ("nr_free_cma", 0), ("numa_hit", zone.hits), ("numa_miss", zone.misses),
      ("numa_foreign", zone.foreign), ("numa_interleave", 0), ("numa_local", zone.locals),
      ("numa_other", zone.others),
    ]
  }

  private func pageSets(_ zone: Int) -> String {
    var text = "\n  pagesets"
    for cpu in 0..<processorCount {
      let high = zones[zone].perCPUHigh
      text += "\n    cpu: \(cpu)"
      text += "\n              count:    \(pages.cachedFrames(zone, cpu))"
      text += "\n              high:     \(high)"
      text += "\n              batch:    \(zones[zone].perCPUBatch)"
      text += "\n              high_min: \(high)"
      text += "\n              high_max: \(high)"
      text += "\n  vm stats threshold: 0"
    }
    return text
  }
}
