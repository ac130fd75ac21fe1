// SPDX-License-Identifier: MIT

/// What happened since boot, under the names that /proc/vmstat has.
public struct EventCounters: Sendable, Hashable {
  /// Requests that found frames above the low watermark at once.
  public var fast = 0
  /// Requests that did not.
  public var slow = 0
  /// Requests that failed.
  public var failed = 0
  /// Requests that had to reclaim themselves (allocstall).
  public var stalls = 0
  /// Times that kswapd was woken (pageoutrun).
  public var kswapdWakes = 0
  /// Frames that kswapd looked at, and freed (pgscan_kswapd, pgsteal_kswapd).
  public var kswapdScanned = 0
  /// Frames that kswapd freed (pgsteal_kswapd).
  public var kswapdReclaimed = 0
  /// Frames that requests looked at themselves, and freed (pgscan_direct, pgsteal_direct).
  public var directScanned = 0
  /// Frames that requests freed themselves (pgsteal_direct).
  public var directReclaimed = 0
  /// Frames that went from an inactive list to an active one, and back.
  public var activated = 0
  /// Frames that went from an active list to an inactive one (pgdeactivate).
  public var deactivated = 0
  /// Pages written to swap and read from it (pswpout, pswpin).
  public var swappedOut = 0
  /// Pages read from swap (pswpin).
  public var swappedIn = 0
  /// Pages read from files and written to them.
  public var pagesIn = 0
  /// Pages written to files.
  public var pagesOut = 0
  /// Objects' frames that shrinkers gave back.
  public var shrunk = 0
  /// Times that memory ran out (oom_kill).
  public var outOfMemory = 0
  /// Frames that were cleared, and that were known to be zero.
  public var cleared = 0
  /// Frames that had to be zero and already were.
  public var knownZero = 0
  /// Frames that came from a node other than the one asked for (numa_miss).
  public var otherNode = 0
  /// Writes of pages that the host refused; the pages stay in memory, and are written later.
  public var refusedWrites = 0
}
