// SPDX-License-Identifier: MIT

internal import Pages

extension Snapshot {
  /// Notes in each row how much its committed memory has grown since an earlier snapshot.
  ///
  /// A process that was not there, or whose memory is not known in both, has no growth.
  ///
  /// - Complexity: O(*n*).
  public mutating func noteGrowth(since earlier: Snapshot) {
    let before = earlier.processes
    var position = 0
    // Both lists are in the order of pids.
    for index in processes.indices {
      let pid = processes[index].pid
      while position < before.count, before[position].pid < pid { position += 1 }
      processes[index].growth = nil
      guard position < before.count, before[position].pid == pid,
        before[position].generation == processes[index].generation,
        before[position].addressSpace == .present,
        let old = before[position].committed, let new = processes[index].committed
      else { continue }
      processes[index].growth = ByteCount(new.rawValue &- old.rawValue)
    }
  }
}
