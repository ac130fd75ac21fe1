// SPDX-License-Identifier: MIT

// The part of the door to C and the operating system that the heap alone uses.

internal import CTamalloc
package import Pages

extension Syscalls {
  /// Something that no other living thread has.
  @inline(__always)
  package static var threadIdentity: UInt { UInt(ctamalloc_thread_identity()) }

  package static var processNumber: Int { Int(ctamalloc_process_number()) }

  /// How many mappings this process has, or nil without /proc.
  package static var mappingCount: Int? { KernelFile.lineCount(of: "/proc/self/maps") }

  /// A moment between two looks at a word that another processor will change.
  @inline(__always)
  package static func pause() { ctamalloc_pause() }

  /// Sleeps while a word has a value, for some time at most.
  package static func wait(
    on word: UnsafeMutablePointer<UInt32>, while value: UInt32, microseconds: Int
  ) {
    unsafe ctamalloc_wait_word(word, value, microseconds)
  }

  /// Wakes one who sleeps on a word.
  package static func wake(on word: UnsafeMutablePointer<UInt32>) {
    unsafe ctamalloc_wake_word(word)
  }

  /// Whether a page is in memory.
  package static func isResident(_ page: VirtualAddress) -> Bool {
    unsafe ctamalloc_is_resident(page.pointer) != 0
  }

  package static func sleep(microseconds: Int) { ctamalloc_sleep(microseconds) }

  /// Milliseconds of a clock that only goes forward.
  package static var milliseconds: Int { Int(ctamalloc_milliseconds()) }

  /// What errno says where there is no memory.
  package static var noMemory: Int32 { ENOMEM }

  package static var errorNumber: Int32 {
    get { ctamalloc_errno() }
    set { ctamalloc_set_errno(newValue) }
  }

  /// The number that an environment variable holds, if it holds one that is not negative.
  package static func environmentNumber(_ name: StaticString) -> Int? {
    guard var next = unsafe ctamalloc_environment() else { return nil }
    while let setting = unsafe next.pointee {
      if let value = unsafe value(of: setting, called: name) { return unsafe number(value) }
      unsafe next += 1
    }
    return nil
  }

  /// What stands behind a setting's name and "=", if it has this name.
  private static func value(
    of setting: UnsafeMutablePointer<CChar>, called name: StaticString
  ) -> UnsafeMutablePointer<CChar>? {
    // SAFETY: a setting ends in NUL, and no byte behind one that differs is looked at.
    for index in 0..<name.utf8CodeUnitCount {
      if unsafe setting[index] != CChar(bitPattern: name.utf8Start[index]) { return nil }
    }
    let end = unsafe setting + name.utf8CodeUnitCount
    return unsafe end.pointee == CChar(bitPattern: UInt8(ascii: "=")) ? end + 1 : nil
  }

  private static func number(_ text: UnsafeMutablePointer<CChar>) -> Int? {
    var digit = unsafe text
    guard unsafe digit.pointee != 0 else { return nil }
    var number = 0
    while unsafe digit.pointee != 0 {
      let value = unsafe Int(digit.pointee) - 48
      guard value >= 0, value <= 9, number < 1 << 50 else { return nil }
      number = number * 10 + value
      unsafe digit += 1
    }
    return number
  }

  /// A number that nobody can guess, as far as the kernel has one.
  package static var randomWord: UInt { UInt(ctamalloc_random_word()) }

  /// Makes address space from ``mapNothing(size:at:)`` memory; returns false where a limit is met.
  package static func makeAccessible(_ start: VirtualAddress, size: ByteCount) -> Bool {
    unsafe ctamalloc_mprotect(start.pointer, size.rawValue, PROT_READ | PROT_WRITE) == 0
  }

  /// Makes pages such that any access to them ends the program; returns false where a limit is met.
  package static func makeInaccessible(_ start: VirtualAddress, size: ByteCount) -> Bool {
    unsafe ctamalloc_mprotect(start.pointer, size.rawValue, PROT_NONE) == 0
  }

  /// Moves a descriptor to a number not below another; leaves it where that can't be.
  package static func raiseDescriptor(_ descriptor: Int32, _ lowest: Int32) -> Int32 {
    let raised = ctamalloc_raise_descriptor(descriptor, lowest)
    if raised < 0 { return descriptor }
    close(descriptor)
    return raised
  }

  /// Clears `size` bytes, a multiple of 16, at a multiple of 16.
  @inline(__always)
  package static func clear(_ address: UInt, _ size: Int) {
    unsafe ctamalloc_clear(UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped, size)
  }

  /// Whether any number of bytes are all zero.
  package static func isZero(_ address: UInt, _ size: Int) -> Bool {
    // SAFETY: the bytes lie in a block of the heap.
    unsafe ctamalloc_is_zero(UnsafeRawPointer(bitPattern: address).unsafelyUnwrapped, size) != 0
  }

  /// Copies bytes between ranges that do not overlap.
  ///
  /// - Precondition: both are mapped, and nobody else uses the target meanwhile.
  @unsafe
  package static func copyBytes(from source: UInt, to target: UInt, _ count: Int) {
    unsafe UnsafeMutableRawPointer(bitPattern: target).unsafelyUnwrapped.copyMemory(
      from: UnsafeRawPointer(bitPattern: source).unsafelyUnwrapped, byteCount: count)
  }

  /// Clears any number of bytes.
  package static func clearBytes(_ address: UInt, _ size: Int) {
    if size > 0 {
      unsafe _ = memset(UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped, 0, size)
    }
  }
}

extension Syscalls {
  /// Ends the program with SIGABRT.
  package static func abort() -> Never { CTamalloc.abort() }

  /// Writes to standard error; returns how many bytes that were, or -1.
  package static func writeError(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int {
    unsafe ctamalloc_write(2, bytes, count)
  }
}

extension Syscalls {
  /// What came of starting a thread.
  package enum ThreadStart {
    case started
    case notNow
    case notPossible
  }

  /// Starts a thread that the C library knows nothing of. `running` is not 0 while it runs.
  package static func startThread(
    stack: UInt, size: Int, running: UnsafeMutablePointer<Int32>,
    argument: UnsafeMutableRawPointer, body: @convention(c) (UnsafeMutableRawPointer?) -> Int32
  ) -> ThreadStart {
    let outcome = unsafe ctamalloc_start_thread(
      body, argument, UnsafeMutableRawPointer(bitPattern: stack), size, running)
    if outcome == ctamalloc_started { return .started }
    return outcome == ctamalloc_not_now ? .notNow : .notPossible
  }

  /// Sleeps in that thread; returns whether it has to end.
  package static func pauseThread(microseconds: Int) -> Bool {
    ctamalloc_pause_thread(microseconds) != 0
  }

  /// In the child of a fork, where that thread is not.
  package static func forgetThread() { ctamalloc_forget_thread() }

  /// Locks the C library's list of streams: before the heap's own lock, as whoever holds a stream may
  /// wait for the heap.
  package static func lockStreams() { ctamalloc_lock_streams() }
  package static func unlockStreams() { ctamalloc_unlock_streams() }
  package static func resetStreams() { ctamalloc_reset_streams() }

  /// What tells an open file from all others; 0 where the descriptor is not open.
  package static func fileIdentity(_ descriptor: Int32) -> UInt64 {
    ctamalloc_file_identity(descriptor)
  }
}

// MARK: The heap's own words

extension Syscalls {
  /// What the calling thread has kept by ``setThreadWord(_:)``.
  @inline(__always)
  package static var threadWord: UnsafeMutableRawPointer? { unsafe ctamalloc_thread() }

  package static func setThreadWord(_ word: UnsafeMutableRawPointer?) {
    unsafe ctamalloc_set_thread(word)
  }

  /// Counts a block that the calling thread frees without a heap; returns how many there were.
  package static func countFree() -> UInt32 { ctamalloc_count_free() }

  /// What the process has kept by ``publishProcessWord(_:)``.
  @inline(__always)
  package static var processWord: UnsafeMutableRawPointer? { unsafe ctamalloc_process() }

  /// Keeps a word for the process, unless there is one; returns the one that is kept.
  package static func publishProcessWord(
    _ word: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    unsafe ctamalloc_publish_process(word).unsafelyUnwrapped
  }

  /// A key whose value's thread calls `end` when it ends; nil where there is none left.
  package static func makeThreadKey(
    end: @convention(c) (UnsafeMutableRawPointer?) -> Void
  ) -> UInt32? {
    var key: UInt32 = 0
    return unsafe pthread_key_create(&key, end) == 0 ? key : nil
  }

  package static func deleteThreadKey(_ key: UInt32) { _ = pthread_key_delete(key) }

  package static func setThreadKey(_ key: UInt32, _ value: UnsafeMutableRawPointer?) {
    unsafe _ = pthread_setspecific(key, value)
  }

  /// Has three functions called around each fork.
  package static func atFork(
    prepare: @convention(c) () -> Void, parent: @convention(c) () -> Void,
    child: @convention(c) () -> Void
  ) {
    ctamalloc_at_fork(prepare, parent, child)
  }
}
