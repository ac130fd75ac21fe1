// SPDX-License-Identifier: GPL-2.0

/// That Swift sees the structures of the ABI as large as the header promises.
/// statistics.c asserts the same, and where each field is, for the C compiler.
///
/// The comparisons are folded, so that a difference leaves a call to
/// `tamalloc_statistics_layouts_differ()`, which nobody defines: the kernel
/// does not link.
@c @implementation
public func tamalloc_swift_check_statistics() {
  typealias Query = tamalloc_process_query
  typealias Row = tamalloc_process_statistics
  typealias Totals = tamalloc_total_statistics
  if MemoryLayout<Query>.size != Int(TAMALLOC_PROCESS_QUERY_SIZE_VER0)
    || MemoryLayout<Row>.size != Int(TAMALLOC_PROCESS_STATISTICS_SIZE_VER0)
    || MemoryLayout<Row>.stride != MemoryLayout<Row>.size
    || MemoryLayout<Totals>.size != Int(TAMALLOC_TOTAL_STATISTICS_SIZE_VER0)
  {
    tamalloc_statistics_layouts_differ()
  }
}
