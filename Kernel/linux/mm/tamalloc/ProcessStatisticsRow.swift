// SPDX-License-Identifier: GPL-2.0
//
// One row of system call 555: everything reported about one process.
//
// Each field is what /proc shows, from the same counters:
//
//     /proc/PID/status         PPid, Uid, VmSize, VmRSS, RssAnon, RssFile,
//                              RssShmem, VmSwap, VmPTE
//     /proc/PID/comm           name (of a kernel thread with what /proc adds)
//     /proc/PID/oom_score      oom_score
//     /proc/PID/oom_score_adj  oom_score_adj
//     nowhere                  badness, committed_permille
//
// One difference: when a process's first thread has exited and others run on,
// /proc/PID/status shows no memory at all, and a row shows what they use.

extension tamalloc_process_statistics {
  /// Fills a row that is zero.
  ///
  /// - Parameter machinePages: what scores are measured by.
  @inline(__always)
  mutating func fill(of process: borrowing StatisticsProcess, machinePages: UInt) {
    pid = process.pid
    var pages = tamalloc_statistics_pages()
    if unsafe tamalloc_statistics_describe(process.task, &self, &pages) {
      setMemory(pages)
    } else {
      flags |= TAMALLOC_PROCESS_NO_MEMORY
    }

    let badness = StatisticsBadness(of: process, machinePages: machinePages)
    oom_score = badness.score(machinePages: machinePages)
    self.badness = badness.isExempt ? Int64.min : Int64(badness.pages)
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
