// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Pages

extension ProcessStatistics {
  /// Takes what system call 555 wrote of one process.
  init(row: tamalloc_process_statistics) {
    self.init(pid: ProcessIdentifier(row.pid))
    parent = ProcessIdentifier(row.parent_pid)
    userID = row.uid
    name = Self.text(of: row)
    oomScore = Int(row.oom_score)
    oomScoreAdjustment = Int(row.oom_score_adj)
    badness = row.badness == .min ? .neverKilled : .pages(Int(row.badness))
    if row.flags & UInt32(bitPattern: Int32(TAMALLOC_PROCESS_NO_MEMORY)) != 0 {
      setNoAddressSpace()
      return
    }
    addressSpace = .present
    reserved = ByteCount(clamping: row.reserved_bytes)
    committed = ByteCount(clamping: row.committed_bytes)
    anonymous = ByteCount(clamping: row.anonymous_bytes)
    file = ByteCount(clamping: row.file_bytes)
    shared = ByteCount(clamping: row.shared_bytes)
    swap = ByteCount(clamping: row.swap_bytes)
    pageTables = ByteCount(clamping: row.page_table_bytes)
  }

  private static func text(of row: tamalloc_process_statistics) -> String {
    var name = row.name
    // SAFETY: the array of 16 characters is read inside the closure only.
    return unsafe withUnsafeBytes(of: &name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

extension MachineMemory {
  /// Takes what system call 556 wrote.
  mutating func take(_ totals: tamalloc_total_statistics) {
    ram = ByteCount(clamping: totals.ram_bytes)
    swap = ByteCount(clamping: totals.swap_total_bytes)
    commitLimit = ByteCount(clamping: totals.commit_limit_bytes)
    committedAS = ByteCount(clamping: totals.committed_as_bytes)
  }
}

extension TotalStatistics {
  /// Takes the sums that system call 556 wrote, each address space once.
  mutating func take(_ totals: tamalloc_total_statistics) {
    processes = Int(clamping: totals.processes)
    addressSpaces = Int(clamping: totals.address_spaces)
    reserved = ByteCount(clamping: totals.reserved_bytes)
    committed = ByteCount(clamping: totals.committed_bytes)
    swap = ByteCount(clamping: totals.swapped_bytes)
    // The kernel compares for itself.
    (uncompared, uncomparedCommitted) = (0, 0)
  }
}

extension ByteCount {
  /// The count, held at the largest where it does not fit.
  init(clamping count: UInt64) {
    self.init(Int(clamping: count))
  }
}
