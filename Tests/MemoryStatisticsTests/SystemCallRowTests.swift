// SPDX-License-Identifier: MIT

import CTamalloc
import Pages
import Testing

@testable import MemoryStatistics

/// The layout that the kernel writes, and what becomes of it.
@Suite struct SystemCallRowTests {
  @Test func `the structures have the sizes of the header`() {
    #expect(MemoryLayout<tamalloc_process_query>.size == Int(TAMALLOC_PROCESS_QUERY_SIZE_VER0))
    #expect(
      MemoryLayout<tamalloc_process_statistics>.size
        == Int(TAMALLOC_PROCESS_STATISTICS_SIZE_VER0))
    #expect(
      MemoryLayout<tamalloc_total_statistics>.size == Int(TAMALLOC_TOTAL_STATISTICS_SIZE_VER0))
    #expect(MemoryLayout<tamalloc_process_statistics>.offset(of: \.badness) == 24)
    #expect(MemoryLayout<tamalloc_process_statistics>.offset(of: \.name) == 96)
  }

  private func row() -> tamalloc_process_statistics {
    var row = tamalloc_process_statistics()
    row.pid = 42
    row.parent_pid = 1
    row.uid = 1000
    row.oom_score = 667
    row.oom_score_adj = -5
    row.badness = 1234
    row.reserved_bytes = 1 << 40
    row.committed_bytes = 3 << 20
    row.anonymous_bytes = 1 << 20
    row.file_bytes = 1 << 20
    row.shared_bytes = 1 << 20
    row.swap_bytes = 4096
    row.page_table_bytes = 8192
    withUnsafeMutableBytes(of: &row.name) {
      $0.copyBytes(from: Array("kworker/u8:2-events_unbound".utf8))
    }
    return row
  }

  @Test func `every field is taken`() {
    let process = ProcessStatistics(row: row())
    #expect(process.pid == 42)
    #expect(process.parent == 1)
    #expect(process.userID == 1000)
    #expect(process.oomScore == 667)
    #expect(process.oomScoreAdjustment == -5)
    #expect(process.badness == .pages(1234))
    #expect(process.addressSpace == .present)
    #expect(process.reserved == .tebibytes(1))
    #expect(process.committed == .mebibytes(3))
    #expect(process.anonymous == .mebibytes(1))
    #expect(process.file == .mebibytes(1))
    #expect(process.shared == .mebibytes(1))
    #expect(process.swap == 4096)
    #expect(process.pageTables == 8192)
    #expect(process.name == "kworker/u8:2-events_unbound")
  }

  @Test func `no memory and never killed are told apart from zero`() {
    var raw = row()
    raw.flags = UInt32(TAMALLOC_PROCESS_NO_MEMORY)
    raw.badness = .min
    let process = ProcessStatistics(row: raw)
    #expect(process.addressSpace == .absent)
    #expect(process.badness == .neverKilled)
    #expect(process.reserved == 0)
  }

  @Test func `totals are taken as they are, and what is too large is held`() {
    var raw = tamalloc_total_statistics()
    raw.processes = 3
    raw.address_spaces = 2
    raw.reserved_bytes = .max
    raw.committed_bytes = 5
    raw.swapped_bytes = 6
    raw.ram_bytes = 7
    raw.swap_total_bytes = 8
    raw.commit_limit_bytes = 9
    raw.committed_as_bytes = 10
    var totals = TotalStatistics(of: [])
    totals.take(raw)
    #expect(totals.processes == 3 && totals.addressSpaces == 2)
    #expect(totals.reserved == ByteCount(.max) && totals.committed == 5 && totals.swap == 6)
    var machine = MachineMemory()
    machine.take(raw)
    #expect(machine.ram == 7 && machine.swap == 8)
    #expect(machine.commitLimit == 9 && machine.committedAS == 10)
  }
}
