// SPDX-License-Identifier: GPL-2.0
//
// References to what is being reported on: a process and its address space.
//
// Terms.       *Process*: a thread group, named by its leader's pid in the
//              caller's pid namespace.  *Address space*: an mm, which threads
//              share, and processes too after vfork() or clone(CLONE_VM).
// States.      Each value is a counted reference: taken when it is made, given
//              back when its scope ends.  The compiler allows no second copy.
// Invariant.   No lock is held and no RCU section is open while one of these
//              values is in Swift's hands, so everything here may sleep.
// Safety.      A pointer to a task or an mm leaves these types only as an argument
//              of a C function, while the reference that keeps it good is held.
// Source.      next_tgid() in fs/proc/base.c; get_task_mm() in kernel/fork.c.

/// A reference to a process.  The process may exit meanwhile; the reference
/// stays good, and what it reports becomes empty.
@safe struct StatisticsProcess: ~Copyable {
  let task: OpaquePointer
  let pid: Int32

  /// The process of this number, regardless of its owner.
  static func find(_ pid: Int32) -> StatisticsProcess? {
    guard let task = unsafe tamalloc_statistics_find_process(pid) else { return nil }
    return unsafe StatisticsProcess(task: task, pid: pid)
  }

  /// The first process at or after `cursor`; moves `cursor` behind it.
  ///
  /// - Precondition: `cursor` is not negative.
  /// - Complexity: O(1) beside the threads whose numbers lie between.
  static func next(from cursor: inout Int32) -> StatisticsProcess? {
    var pid = cursor
    guard let task = unsafe tamalloc_statistics_next_process(&pid) else { return nil }
    cursor = pid &+ 1
    return unsafe StatisticsProcess(task: task, pid: pid)
  }

  deinit { unsafe tamalloc_statistics_put_process(task) }

  /// Whether the caller may read of it what `/proc/PID/maps` would tell:
  /// `ptrace_may_access(PTRACE_MODE_READ_REALCREDS)`.
  ///
  /// No lock keeps the answer true: a process that executes a set-user-ID
  /// program right now may be reported once more.  `/proc/PID/status` has the
  /// same window, and shows these figures to everybody anyway.
  func isReadable(audited: Bool) -> Bool {
    unsafe tamalloc_statistics_may_read(task, audited)
  }

  /// When it was created, on the clock of `tamalloc_statistics_now()`.
  var birth: UInt64 { unsafe tamalloc_statistics_birth(task) }

  /// Its memory, pinned; `nil` for a kernel thread and for what has exited.
  func addressSpace() -> StatisticsAddressSpace? {
    guard let mm = unsafe tamalloc_statistics_get_mm(task) else { return nil }
    return unsafe StatisticsAddressSpace(mm: mm)
  }
}

/// A reference to an address space.  Giving back the last one frees all its
/// memory, which may sleep.
@safe struct StatisticsAddressSpace: ~Copyable {
  let mm: OpaquePointer

  deinit { unsafe mmput(mm) }

  /// How large it is at this moment.
  ///
  /// The figures are read one after the other: while its process runs they need
  /// not be of one instant, no more than those of `/proc/PID/status`.
  func pages() -> tamalloc_statistics_pages {
    var pages = tamalloc_statistics_pages()
    unsafe tamalloc_statistics_count_pages(mm, &pages)
    return pages
  }
}
