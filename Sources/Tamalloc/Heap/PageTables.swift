// SPDX-License-Identifier: MIT

// The page tables as the heap asks them. The descriptor of /proc/self/pagemap is kept open, at a high
// number where no program expects one of its own. A child of a fork has to open it anew, for the one
// that it inherits tells of its parent; a program may have closed it: then the number stands for
// nothing, or for a file that refuses the question, and it is opened anew, too.

internal import Pages

struct PageTables: BitwiseCopyable {
  /// Open since the process with the number beside it began to ask; -1 before.
  private var descriptor: Int32 = -1
  private var process = 0
  /// It was tried in that process and can't be had.
  private var isAbsent = false

  private static let lowestDescriptor: Int32 = 700

  /// What a scan does with the committed pages that it finds.
  enum Action {
    case count
    /// Clears them, unless more than a number of bytes are found: then the rest is only counted.
    case clear(limit: Int)
  }

  /// The bytes that are committed in a range; nil where nobody can tell.
  mutating func committed(_ start: UInt, _ size: Int, _ action: Action) -> Int? {
    guard open() else { return nil }
    if let found = scan(start, size, action) { return found }
    // Perhaps somebody has closed it.
    descriptor = -1
    guard open(), let found = scan(start, size, action) else {
      isAbsent = true
      return nil
    }
    return found
  }

  private mutating func open() -> Bool {
    let now = Syscalls.processNumber
    if now == process {
      if isAbsent { return false }
      if descriptor >= 0 { return true }
    } else {
      // The inherited one is closed only if it is surely ours: nobody else may have its number.
      descriptor = -1
      isAbsent = false
      process = now
    }
    guard let opened = try? Syscalls.openForReading("/proc/self/pagemap") else {
      isAbsent = true
      return false
    }
    descriptor = Syscalls.raiseDescriptor(opened, Self.lowestDescriptor)
    return true
  }

  private func scan(_ start: UInt, _ size: Int, _ action: Action) -> Int? {
    let question = PageScan(excludesFilePages: false, reportsHugePages: false)
    let end = VirtualAddress(rawValue: start &+ UInt(size))
    var position = VirtualAddress(rawValue: start)
    var found = 0
    while position < end {
      do throws(SystemCallFailure) {
        position = try Syscalls.scanPages(descriptor, from: position, to: end, question) { run in
          found &+= (run.end - run.start).rawValue
          if case .clear(let limit) = action, found <= limit {
            Syscalls.clearBytes(run.start.rawValue, (run.end - run.start).rawValue)
          }
        }
      } catch {
        return nil
      }
    }
    return found
  }
}
