// SPDX-License-Identifier: GPL-2.0
//
// System call 556: the memory of all processes that the caller may see, and of
// the machine.  Each address space counts once, however shared.
//
// Why each mm counts once, without a list of all mms:
//
//   Terms.   The call *begins* at one reading of the clock.  Processes born
//            later do not exist for it.  A process is *alone* with its mm if
//            nobody else used the mm at one instant since the call began.
//   Rule.    Count the mm if it is not among the remembered.  Remember it unless
//            the process is alone with it.
//   Proof.   Suppose the scan meets process p, and later q, with one mm.
//            q was born before the call began, and had that mm from its birth
//            or from an execve(); after an execve() the mm is q's own, and p
//            cannot have come to share it but as q's child, born later still.
//            So q had it at every instant since the call began, p was not
//            alone, and p's turn left the mm among the remembered.  At q's turn
//            p may be gone and q alone; that the mm is remembered still counts.
//   Cost.    Memory for the shared mms only: children inside vfork() and users
//            of bare CLONE_VM.  It is charged to the caller's memory cgroup.
//
// Source.  mm_users in include/linux/mm_types.h; copy_process() and exit_mm()
//          for the order in which a thread takes and drops its mm.

/// The door from C; the prototype is in statistics.h.
///
/// - Parameter seen: an empty set of mms, which the caller empties afterwards.
@c @implementation
public func tamalloc_swift_total_statistics(
  _ totals: UInt, _ totalsSize: UInt, _ seen: OpaquePointer?
) -> Int {
  systemCallResult { () throws(KernelError) in
    let destination = try StatisticsDestination(
      address: totals, size: totalsSize,
      firstVersion: TAMALLOC_TOTAL_STATISTICS_SIZE_VER0)
    var sums = unsafe TotalStatisticsSums(seen: seen)
    try sums.addProcesses()
    var totals = tamalloc_total_statistics(sums)
    try destination.store(&totals)
    return 0
  }
}

/// The sums over processes, in pages.
@safe private struct TotalStatisticsSums {
  private(set) var processes: UInt64 = 0
  private(set) var addressSpaces: UInt64 = 0
  private(set) var reserved: UInt = 0
  private(set) var committed: UInt = 0
  private(set) var swapped: UInt = 0

  /// When the call began.
  private let began = tamalloc_statistics_now()
  /// The mms that were counted and that somebody else may turn up with.
  ///
  /// SAFETY: the set belongs to the caller, and outlives the call.
  private let seen: OpaquePointer?

  init(seen: OpaquePointer?) { unsafe self.seen = seen }

  /// Walks all processes in the order of their pids.
  ///
  /// - Throws: `ENOMEM` if a shared mm could not be remembered; `EINTR` if the
  ///   caller is being killed, which it does not live to see.
  @inline(__always)
  mutating func addProcesses() throws(KernelError) {
    var cursor: Int32 = 1
    while let process = StatisticsProcess.next(from: &cursor) {
      if process.birth < began, process.isReadable(audited: false) {
        processes &+= 1
        if let space = process.addressSpace(), try isNew(space, of: process) {
          add(space.pages())
        }
      }
      if !tamalloc_statistics_pause() { throw .interrupted }
    }
  }

  /// Whether this address space has not been counted yet: the rule above.
  @inline(__always)
  private func isNew(
    _ space: borrowing StatisticsAddressSpace, of process: borrowing StatisticsProcess
  ) throws(KernelError) -> Bool {
    if unsafe !tamalloc_statistics_is_shared(space.mm, process.task, began) {
      return unsafe !tamalloc_statistics_is_remembered(seen, space.mm)
    }
    let answer = unsafe tamalloc_statistics_remember(seen, space.mm)
    try KernelError.check(answer)
    return answer != 0
  }

  private mutating func add(_ pages: tamalloc_statistics_pages) {
    addressSpaces &+= 1
    reserved = reserved &+ pages.reserved
    committed = committed &+ pages.committed
    swapped = swapped &+ pages.swap
  }
}

extension tamalloc_total_statistics {
  /// Turns the sums into bytes, and adds what the machine has.
  fileprivate init(_ sums: TotalStatisticsSums) {
    var machine = tamalloc_statistics_machine()
    unsafe tamalloc_statistics_read_machine(&machine)
    self.init()  // all bytes zero
    processes = sums.processes
    address_spaces = sums.addressSpaces
    reserved_bytes = statisticsBytes(pages: sums.reserved)
    committed_bytes = statisticsBytes(pages: sums.committed)
    swapped_bytes = statisticsBytes(pages: sums.swapped)
    ram_bytes = statisticsBytes(pages: machine.ram)
    swap_total_bytes = statisticsBytes(pages: machine.swap)
    commit_limit_bytes = statisticsBytes(pages: machine.commit_limit)
    committed_as_bytes = statisticsBytes(pages: machine.committed_as)
  }
}
