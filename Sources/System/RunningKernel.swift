// SPDX-License-Identifier: MIT

// What the running kernel has. Its release says how old it is; whether it has Tamalloc's system calls it is asked
// itself, for a name proves nothing: anybody may build a kernel under any, ours under another one, too.
//
//     unknown ──ask──▶ absent      ENOSYS, or answers that are not those of these calls
//                 └──▶ present
//
// Under a seccomp filter they are not asked for: a filter may end a program for a call that it does not know,
// and what these calls do can be done without them.
//
// Answers are kept in one atomic word, without a lock: threads that ask at once get the same answer.

internal import CTamalloc
internal import Synchronization

/// The kernel that this process runs on.
package enum RunningKernel {
  /// Groups of system calls that a kernel has or lacks.
  package enum Calls: UInt32 {
    /// `tamalloc` and `tamalloc_extended`.
    case reservations = 1
    /// `tamalloc_process_statistics` and `tamalloc_total_statistics`.
    case statistics = 4
  }

  /// Of each group a bit that it was asked for, and one above that it is there.
  private static let answers = Atomic<UInt32>(0)

  /// Whether the kernel has some of Tamalloc's calls. The first question costs some system calls.
  package static func has(_ calls: Calls) -> Bool {
    let known = answers.load(ordering: .relaxed)
    if known & calls.rawValue != 0 { return known & calls.rawValue << 1 != 0 }
    let before = Syscalls.errorNumber
    let isThere = isFiltered == false && ask(for: calls)
    Syscalls.errorNumber = before
    answers.bitwiseOr(calls.rawValue * (isThere ? 3 : 1), ordering: .relaxed)
    return isThere
  }

  private static func ask(for calls: Calls) -> Bool {
    switch calls {
    case .reservations: Syscalls.askForReservations()
    case .statistics: Syscalls.askForStatistics()
    }
  }

  /// Whether a seccomp filter judges this process's calls; nil where /proc does not tell.
  private static var isFiltered: Bool? {
    let status: StaticString = "/proc/self/status"
    if let mode = KernelFile.number(in: status, after: "Seccomp:") { return mode != 0 }
    // A kernel that is built without filters has no such line.
    return KernelFile.number(in: status, after: "Pid:") == nil ? nil : false
  }

  /// Whether mmap with MAP_STACK already means "no huge pages" (Linux 6.7 and later), which saves
  /// the madvise that says so.
  package static let stackMeansPageGranular: Bool = withRelease { version(of: $0) >= (6, 7) }

  /// The first two numbers of a release: 6 and 12 of `6.12.117-tamalloc`.
  package static func version(of release: RawSpan) -> (major: Int, minor: Int) {
    var numbers: (major: Int, minor: Int) = (0, 0)
    var dots = 0
    for index in 0..<release.byteCount {
      let byte = unsafe release.unsafeLoad(fromByteOffset: index, as: UInt8.self)
      if byte == UInt8(ascii: ".") {
        dots += 1
      } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        let digit = Int(byte - UInt8(ascii: "0"))
        if dots == 0 { numbers.major = numbers.major &* 10 &+ digit }
        if dots == 1 { numbers.minor = numbers.minor &* 10 &+ digit }
      } else {
        break
      }
    }
    return numbers
  }

  /// Hands on the running kernel's release, such as `6.12.117-tamalloc`.
  package static func withRelease<Result>(_ body: (RawSpan) -> Result) -> Result {
    var name = utsname()
    guard unsafe ctamalloc_system_name(&name) == 0 else { return body(RawSpan()) }
    return unsafe withUnsafeBytes(of: &name.release) { release in
      let length = unsafe release.firstIndex(of: 0) ?? release.count
      return unsafe body(
        RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: release[..<length])))
    }
  }
}
