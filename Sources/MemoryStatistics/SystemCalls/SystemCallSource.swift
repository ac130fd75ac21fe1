// SPDX-License-Identifier: MIT

// Tamalloc's own system calls: 555 writes rows, some hundred with each call, and 556 the totals. The
// kernel leaves out what the caller may not look at, so that no row has gaps; what is free for a
// machine's figures but not in 556 (memory in use once, memory that is free) comes from /proc/meminfo,
// where that is mounted.

internal import CTamalloc
internal import Pages

/// Statistics from the system calls of a kernel that has them.
public struct SystemCallSource: StatisticsSource, ~Copyable {
  private var rows = [tamalloc_process_statistics](
    repeating: tamalloc_process_statistics(), count: 256)
  /// /proc, for the details; nil where it is not mounted.
  private var files: ProcFiles?
  /// The end of the last scan.
  private var scanned: Int?

  /// Whether the running kernel has the calls.
  public static var isAvailable: Bool { Kernel.hasStatisticsCalls }

  /// A source that asks the running kernel.
  public init() throws(StatisticsError) {
    guard Self.isAvailable else { throw .noSystemCalls }
    do throws(StatisticsError) {
      files = try ProcFiles(root: "/proc")
    } catch {
      files = nil
    }
  }

  public mutating func snapshot() throws(StatisticsError) -> Snapshot {
    var processes: [ProcessStatistics] = []
    var query = tamalloc_process_query()
    repeat {
      let count = try fill(&query)
      for row in rows[..<count] { processes.append(ProcessStatistics(row: row)) }
    } while query.cursor != 0
    scanned = Kernel.ticks
    AddressSpaceSharing(isAvailable: true).note(in: &processes)

    let (machine, totals) = try machine()
    var snapshot = Snapshot(
      origin: .systemCalls, processes: processes, machine: machine, time: Kernel.now)
    snapshot.totals.take(totals)
    return snapshot
  }

  public mutating func snapshot(
    of pids: Set<ProcessIdentifier>
  ) throws(StatisticsError) -> Snapshot {
    var processes: [ProcessStatistics] = []
    for pid in pids.sorted() {
      if let process = try process(pid) { processes.append(process) }
    }
    AddressSpaceSharing(isAvailable: true).note(in: &processes)
    return Snapshot(
      origin: .systemCalls, processes: processes, machine: try machine().machine, time: Kernel.now,
      isRanked: false)
  }

  private mutating func machine() throws(StatisticsError) -> (
    machine: MachineMemory, totals: tamalloc_total_statistics
  ) {
    let totals: tamalloc_total_statistics
    do throws(KernelFailure) {
      totals = try Kernel.totalStatistics()
    } catch {
      throw Self.failure(TAMALLOC_SYSCALL_TOTAL_STATISTICS, error)
    }
    var machine = files?.machine() ?? MachineMemory(pageSize: Kernel.pageSize)
    machine.take(totals)
    return (machine, totals)
  }

  public mutating func process(
    _ pid: ProcessIdentifier
  ) throws(StatisticsError) -> ProcessStatistics? {
    guard pid.rawValue > 0 else { return nil }
    var query = tamalloc_process_query()
    query.pid = pid.rawValue
    defer { scanned = Kernel.ticks }
    do throws(KernelFailure) {
      return try Kernel.processStatistics(&query, into: &rows) == 1
        ? ProcessStatistics(row: rows[0]) : nil
    } catch {
      if error.isGone { return nil }
      throw Self.failure(TAMALLOC_SYSCALL_PROCESS_STATISTICS, error)
    }
  }

  public mutating func read(_ details: ProcessDetails, into process: inout ProcessStatistics) {
    files?.read(details, into: &process, scanned: scanned)
  }

  public mutating func limit(onMemoryOf cgroup: String) -> CgroupLimit? {
    files?.limit(onMemoryOf: cgroup)
  }

  /// Fills the rows from the query's cursor on; returns how many.
  private mutating func fill(
    _ query: inout tamalloc_process_query
  ) throws(StatisticsError) -> Int {
    do throws(KernelFailure) {
      return min(try Kernel.processStatistics(&query, into: &rows), rows.count)
    } catch {
      throw Self.failure(TAMALLOC_SYSCALL_PROCESS_STATISTICS, error)
    }
  }

  private static func failure(_ number: Int32, _ failure: KernelFailure) -> StatisticsError {
    failure.isNoSystemCall
      ? .noSystemCalls : .systemCall(number: Int(number), errorNumber: failure.number)
  }
}
