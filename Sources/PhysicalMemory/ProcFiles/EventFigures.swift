// SPDX-License-Identifier: MIT

extension Machine {
  /// What happened since boot, by the names of /proc/vmstat where it has one.
  public var eventFigures: [(name: String, value: Int)] {
    [
      ("fast", pages.events.fast), ("slow", pages.events.slow), ("failed", pages.events.failed),
      ("allocstall", pages.events.stalls), ("pageoutrun", pages.events.kswapdWakes),
      ("pgscan_kswapd", pages.events.kswapdScanned),
      ("pgsteal_kswapd", pages.events.kswapdReclaimed),
      ("pgscan_direct", pages.events.directScanned),
      ("pgsteal_direct", pages.events.directReclaimed),
      ("pgactivate", pages.events.activated), ("pgdeactivate", pages.events.deactivated),
      ("pswpout", pages.events.swappedOut), ("pswpin", pages.events.swappedIn),
      ("pgpgin", pages.events.pagesIn),
      ("pgpgout", pages.events.pagesOut), ("slabs_scanned", pages.events.shrunk),
      ("oom_kill", outOfMemoryKills.count), ("cleared", pages.events.cleared),
      ("known_zero", pages.events.knownZero), ("numa_miss", pages.events.otherNode),
      ("refused_writes", pages.events.refusedWrites),
    ]
  }
}
