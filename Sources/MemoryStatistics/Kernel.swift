// SPDX-License-Identifier: MIT

// The only door to the operating system: every call that this library makes stands here, and nobody
// else imports CTamalloc. A failure is an errno; whoever calls knows what it means there.

internal import CTamalloc
internal import Glibc
internal import Pages

/// A file descriptor that is closed with its owner.
struct Descriptor: ~Copyable {
  let number: Int32

  init(_ number: Int32) {
    self.number = number
  }

  deinit {
    _ = close(number)
  }
}

/// A system call's errno.
struct KernelFailure: Error {
  let number: Int32

  static var last: KernelFailure { KernelFailure(number: ctamalloc_errno()) }

  /// Whether what was asked for has ended.
  var isGone: Bool { number == ENOENT || number == ESRCH }
  var isNoSystemCall: Bool { number == ENOSYS }
  var isDescriptorLimit: Bool { number == EMFILE || number == ENFILE }
}

enum Kernel {
  static let pageSize = ByteCount(max(sysconf(Int32(_SC_PAGESIZE)), 1))

  static var processors: Int { max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1) }

  /// Nanoseconds of the monotonic clock.
  static var now: Int {
    let time = clock(CLOCK_MONOTONIC)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  /// The unit of start times: so many make a second.
  static let ticksPerSecond = max(sysconf(Int32(_SC_CLK_TCK)), 1)

  /// Ticks since the machine started.
  static var ticks: Int {
    let time = clock(CLOCK_BOOTTIME)
    return time.tv_sec * ticksPerSecond + time.tv_nsec / (1_000_000_000 / ticksPerSecond)
  }

  /// Seconds since 1970 at which the machine started.
  static var bootTime: Double {
    let (now, since) = (clock(CLOCK_REALTIME), clock(CLOCK_BOOTTIME))
    return Double(now.tv_sec - since.tv_sec) + Double(now.tv_nsec - since.tv_nsec) / 1e9
  }

  private static func clock(_ number: clockid_t) -> timespec {
    var time = timespec()
    unsafe clock_gettime(number, &time)
    return time
  }

  // MARK: Files

  static func openFolder(_ path: String) throws(KernelFailure) -> Descriptor {
    let descriptor = unsafe ctamalloc_open_folder(path)
    guard descriptor >= 0 else { throw .last }
    return Descriptor(descriptor)
  }

  /// Opens a file whose path, relative to a folder, ends in NUL.
  static func open(
    _ path: [CChar], in folder: borrowing Descriptor
  ) throws(KernelFailure) -> Descriptor {
    let descriptor = unsafe ctamalloc_open_at(folder.number, path)
    guard descriptor >= 0 else { throw .last }
    return Descriptor(descriptor)
  }

  /// Reads from the beginning of a file on, at most what `buffer` has room for.
  static func read(
    _ file: borrowing Descriptor, at offset: Int, into buffer: inout [UInt8]
  ) throws(KernelFailure) -> Int {
    while true {
      let start = min(offset, buffer.count)
      // SAFETY: the pointer stays inside the array for the time of the call.
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe pread(
          file.number, bytes.baseAddress.map { unsafe $0 + start }, bytes.count - start,
          off_t(start))
      }
      if count >= 0 { return count }
      guard ctamalloc_errno() == EINTR else { throw .last }
    }
  }

  /// Reads entries of a folder, as struct linux_dirent64; 0 bytes at the end.
  ///
  /// - Parameter length: the most bytes that are wanted.
  static func readFolder(
    _ folder: borrowing Descriptor, upTo length: Int, into buffer: inout [UInt8]
  ) throws(KernelFailure) -> Int {
    // SAFETY: the pointer stays inside the array for the time of the call.
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe ctamalloc_read_folder(folder.number, bytes.baseAddress, min(length, bytes.count))
    }
    guard count >= 0 else { throw .last }
    return count
  }

  /// Has the next reading of a folder begin at a position: 0, or one that an entry gave.
  static func seek(_ folder: borrowing Descriptor, to position: Int) {
    _ = lseek(folder.number, off_t(position), SEEK_SET)
  }

  /// Who owns a file, or nil.
  static func owner(of path: [CChar], in folder: borrowing Descriptor) -> UInt32? {
    var status = stat()
    return unsafe fstatat(folder.number, path, &status, 0) == 0 ? status.st_uid : nil
  }

  /// Lets this process open as many files as it may.
  static func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return 256
    }
    limit.rlim_cur = limit.rlim_max
    unsafe _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    unsafe _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_cur)
  }

  /// Opens a folder of processes.
  ///
  /// - Parameter isKernels: whether it has to be the kernel's: a chroot or a mount namespace may have
  ///   an empty folder in its place, which is the same as none.
  static func openProcesses(
    _ path: String, isKernels: Bool
  ) throws(KernelFailure) -> Descriptor {
    let folder = try openFolder(path)
    if isKernels && ctamalloc_is_proc(folder.number) == 0 { throw KernelFailure(number: ENOENT) }
    return folder
  }

  /// The file system that an open file is on; 0 if that is unknown.
  static func device(of file: borrowing Descriptor) -> UInt64 {
    ctamalloc_device(file.number)
  }

  // MARK: The machine

  /// RAM, swap and free swap in bytes, from sysinfo(2), which no mount can stand in front of.
  static func machine() -> (ram: UInt64, swap: UInt64, swapFree: UInt64)? {
    var machine = ctamalloc_machine()
    guard unsafe ctamalloc_machine(&machine) == 0 else { return nil }
    return (machine.ram, machine.swap, machine.swap_free)
  }

  // MARK: Threads

  /// Runs work in this thread and other work beside it, and returns when all is done. What can't have a
  /// thread is done here too.
  static func runTogether(_ others: [@Sendable () -> Void], _ own: () -> Void) {
    var threads: [pthread_t] = []
    for run in others {
      if let thread = start(run) {
        moveElsewhere(thread)
        threads.append(thread)
      } else {
        run()
      }
    }
    own()
    for thread in threads { _ = pthread_join(thread, nil) }
  }

  /// Runs work in a thread that nobody waits for; nothing where there can be none.
  static func runBeside(_ run: @escaping @Sendable () -> Void) {
    if let thread = start(run) { pthread_detach(thread) }
  }

  /// What a thread is to do.
  private final class Piece {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts a thread, or returns nil where there can be none.
  private static func start(_ run: @escaping @Sendable () -> Void) -> pthread_t? {
    let piece = unsafe Unmanaged.passRetained(Piece(run))
    var thread = pthread_t()
    let result = unsafe pthread_create(
      &thread, nil,
      { argument in
        // SAFETY: the thread is given the one reference, and takes it.
        if let argument = unsafe argument {
          unsafe Unmanaged<Piece>.fromOpaque(argument).takeRetainedValue().run()
        }
        return nil
      }, piece.toOpaque())
    if result == 0 { return thread }
    unsafe piece.release()
    return nil
  }

  /// Has a thread begin on another processor than this one's: Linux often leaves it with its creator for
  /// some milliseconds, longer than its work takes, even while others are idle.
  private static func moveElsewhere(_ thread: pthread_t) {
    // Room for as many processors as Linux may have.
    var allowed = [UInt](repeating: 0, count: 8192 / UInt.bitWidth)
    let processor = Int(ctamalloc_processor())
    let size = allowed.count * MemoryLayout<UInt>.size
    guard processor >= 0, unsafe ctamalloc_allowed_processors(&allowed, size) > 0 else { return }
    allowed[processor / UInt.bitWidth] &= ~(1 << UInt(processor % UInt.bitWidth))
    if allowed.allSatisfy({ $0 == 0 }) { return }
    _ = unsafe ctamalloc_confine(thread, allowed, size)
  }

  // MARK: Processes

  /// What kcmp(2) says of two address spaces.
  enum Comparison {
    case same, different
    /// The caller may not ask, or the kernel lacks the call.
    case refused
  }

  /// Compares the address spaces of two tasks; those of a task that has ended are no one else's.
  static func compareAddressSpaces(
    _ first: ProcessIdentifier, _ second: ProcessIdentifier
  ) -> Comparison {
    let result = ctamalloc_compare_address_spaces(first.rawValue, second.rawValue)
    if result == 0 { return .same }
    return result > 0 || KernelFailure.last.isGone ? .different : .refused
  }

  // MARK: Tamalloc's system calls

  /// Whether the running kernel is one of ours: on any other one the numbers may mean anything.
  static let hasStatisticsCalls: Bool = {
    var name = utsname()
    guard unsafe uname(&name) == 0 else { return false }
    let suffix = "-tamalloc"
    let release = unsafe withUnsafeBytes(of: &name.release) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return release.hasSuffix(suffix)
  }()

  /// Fills `rows` from `query.cursor` on, and moves the cursor; returns how many it filled.
  static func processStatistics(
    _ query: inout tamalloc_process_query, into rows: inout [tamalloc_process_statistics]
  ) throws(KernelFailure) -> Int {
    // SAFETY: the pointer stays inside the array for the time of the call.
    let count = unsafe rows.withUnsafeMutableBufferPointer { buffer in
      unsafe ctamalloc_process_statistics(&query, buffer.baseAddress, UInt32(buffer.count))
    }
    guard count >= 0 else { throw .last }
    return count
  }

  static func totalStatistics() throws(KernelFailure) -> tamalloc_total_statistics {
    var totals = tamalloc_total_statistics()
    guard unsafe ctamalloc_total_statistics(&totals) == 0 else { throw .last }
    return totals
  }

  // MARK: Names

  /// A moment as `2026-01-31 23:59:59` in the user's time zone.
  static func localTime(_ seconds: Double) -> String {
    guard seconds.magnitude < 1e11 else { return "" }
    var moment = time_t(seconds.rounded(.down))
    var parts = unsafe tm()
    var text = [CChar](repeating: 0, count: 32)
    // SAFETY: the C library fills both for the time of the calls.
    unsafe _ = localtime_r(&moment, &parts)
    let count = unsafe strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
    return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func errorText(_ number: Int32) -> String {
    // SAFETY: the text stays until this thread's next call.
    unsafe String(cString: strerror(number))
  }

  /// The name of a user.
  static func userName(_ number: UInt32) -> UserNameAnswer {
    var buffer = [CChar](repeating: 0, count: 4096)
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    let result = unsafe getpwuid_r(number, &entry, &buffer, buffer.count, &found)
    // Several words for the same (getpwnam(3)).
    let isNone = [0, ENOENT, ESRCH, EBADF, EPERM].contains(result)
    guard unsafe found != nil, let name = unsafe entry.pw_name else {
      return isNone ? .none : .failed
    }
    // SAFETY: the name lies in `buffer`, which is still alive.
    return .name(unsafe String(cString: name))
  }

  /// The number of a user, or nil where there is none.
  static func userNumber(_ name: String) -> UInt32? {
    var buffer = [CChar](repeating: 0, count: 4096)
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    guard unsafe getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0,
      unsafe found != nil
    else { return nil }
    return unsafe entry.pw_uid
  }
}
