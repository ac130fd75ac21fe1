// SPDX-License-Identifier: GPL-2.0
//
// One row of system call 555: all that is told about one process.
//
// Each field is what /proc shows, from the same counters:
//
//     /proc/PID/status         PPid, Uid, VmSize, VmRSS, RssAnon, RssFile,
//                              RssShmem, VmSwap, VmPTE
//     /proc/PID/comm           name (of a kernel thread without what /proc adds)
//     /proc/PID/oom_score      oom_score
//     /proc/PID/oom_score_adj  oom_score_adj
//     nowhere                  badness, committed_permille
//
// One difference: when a process's first thread has exited and others run on,
// /proc/PID/status shows no memory at all, and a row shows what they use.

extension tamalloc_process_statistics {
  /// Fills a row; the address space is let go before this returns.
  ///
  /// - Parameter machinePages: what scores are measured by.
  init(of process: borrowing StatisticsProcess, machinePages: UInt) {
    self.init()  // all bytes zero
    pid = process.pid
    unsafe tamalloc_statistics_identify(process.task, &self)

    let badness = StatisticsBadness(of: process, machinePages: machinePages)
    oom_score = badness.score(machinePages: machinePages)
    self.badness = badness.isExempt ? Int64.min : Int64(badness.pages)

    if let space = process.addressSpace() {
      setMemory(space.pages())
    } else {
      flags |= TAMALLOC_PROCESS_NO_MEMORY
    }
  }

  private mutating func setMemory(_ pages: tamalloc_statistics_pages) {
    reserved_bytes = statisticsBytes(pages: pages.reserved)
    committed_bytes = statisticsBytes(pages: pages.committed)
    anonymous_bytes = statisticsBytes(pages: pages.anonymous)
    file_bytes = statisticsBytes(pages: pages.file)
    shared_bytes = statisticsBytes(pages: pages.shared)
    swap_bytes = statisticsBytes(pages: pages.swap)
    page_table_bytes = UInt64(pages.page_table_bytes)
    committed_permille = pages.committedPermille
  }
}
