// SPDX-License-Identifier: MIT

// The one door to the operating system. Every call that the libraries make is a function of this module that
// returns or throws; no other module of theirs imports CTamalloc. None of them allocates.

internal import CTamalloc
package import Pages

/// A system call's failure as the kernel put it.
package struct SystemCallFailure: Error {
  package let call: SystemCall
  package let number: Int32

  package init(call: SystemCall, number: Int32) {
    self.call = call
    self.number = number
  }

  package static func last(_ call: SystemCall) -> SystemCallFailure {
    SystemCallFailure(call: call, number: ctamalloc_errno())
  }

  package var isOutOfMemory: Bool { number == ENOMEM }
  package var isDescriptorLimit: Bool { number == EMFILE || number == ENFILE }
  package var isNoSpace: Bool { number == ENOMEM || number == ENOSPC }
  package var isInvalid: Bool { number == EINVAL }
  package var isOccupied: Bool { number == EEXIST }
  /// What mremap says of a range that lies in several mappings.
  package var spansMappings: Bool { number == EFAULT }
}

/// How a new mapping is accounted, and which pages may stand behind it.
package struct MappingTraits {
  /// Counted against the commit limit instead of `MAP_NORESERVE`.
  package var isAccounted = false
  /// Page-granular whatever the system's setting for transparent huge pages is.
  package var isPageGranular = true

  package init(isAccounted: Bool = false, isPageGranular: Bool = true) {
    self.isAccounted = isAccounted
    self.isPageGranular = isPageGranular
  }
}

package enum Syscalls {
  /// Bytes in a page of this machine.
  package static let pageSize: PageSize =
    PageSize(ByteCount(Int(getpagesize()))) ?? PageSize(4096)!

  // MARK: Mappings

  /// Maps zeroed private memory that is committed page by page.
  package static func mapAnonymous(
    size: ByteCount, traits: MappingTraits
  ) throws(SystemCallFailure) -> VirtualAddress {
    var flags = MAP_PRIVATE | MAP_ANONYMOUS
    if !traits.isAccounted { flags |= MAP_NORESERVE }
    let viaStack = traits.isPageGranular && RunningKernel.stackMeansPageGranular
    if viaStack { flags |= MAP_STACK }
    let start = unsafe ctamalloc_mmap(nil, size.rawValue, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let start = unsafe start else { throw .last(.mmap) }
    // A kernel without huge pages refuses the advice with EINVAL, and needs none.
    if traits.isPageGranular && !viaStack {
      unsafe _ = ctamalloc_madvise(start, size.rawValue, MADV_NOHUGEPAGE)
    }
    return unsafe VirtualAddress(start)
  }

  /// Maps address space that can't be accessed, as a place for other mappings: where the kernel
  /// likes, or at `place`, and then fails with EEXIST where anything is mapped (Linux 4.17).
  package static func mapNothing(
    size: ByteCount, at place: VirtualAddress? = nil
  ) throws(SystemCallFailure) -> VirtualAddress {
    var flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    if place != nil { flags |= Int32(ctamalloc_map_fixed_noreplace) }
    let start = unsafe ctamalloc_mmap(place?.pointer, size.rawValue, PROT_NONE, flags, -1, 0)
    guard let start = unsafe start else { throw .last(.mmap) }
    if let place, unsafe VirtualAddress(start) != place {
      // Before Linux 4.17 the place is a mere hint.
      unsafe _ = ctamalloc_munmap(start, size.rawValue)
      throw SystemCallFailure(call: .mmap, number: EEXIST)
    }
    return unsafe VirtualAddress(start)
  }

  /// Maps a private copy-on-write view of a file over what is mapped at `address`.
  package static func mapFile(
    _ descriptor: Int32, offset: ByteCount, at address: VirtualAddress, size: ByteCount,
    traits: MappingTraits
  ) throws(SystemCallFailure) {
    var flags = MAP_PRIVATE | MAP_FIXED
    if !traits.isAccounted { flags |= MAP_NORESERVE }
    if traits.isPageGranular && RunningKernel.stackMeansPageGranular { flags |= MAP_STACK }
    let start = unsafe ctamalloc_mmap(
      address.pointer, size.rawValue, PROT_READ | PROT_WRITE, flags, descriptor,
      off_t(offset.rawValue))
    guard unsafe start != nil else { throw .last(.mmap) }
  }

  /// Gives a range of address space back.
  package static func unmap(_ start: VirtualAddress, size: ByteCount) throws(SystemCallFailure) {
    guard unsafe ctamalloc_munmap(start.pointer, size.rawValue) == 0 else { throw .last(.munmap) }
  }

  /// Gives back what this library mapped itself, where munmap has no reason to fail but the limit on
  /// mappings, and then there is nothing better to do than to keep the address space.
  package static func unmapOwn(_ start: VirtualAddress, size: ByteCount) {
    unsafe _ = ctamalloc_munmap(start.pointer, size.rawValue)
  }

  /// Where ``remap(_:size:to:move:)`` may put the memory.
  package enum Move {
    case never
    case anywhere
    /// Over what is mapped there.
    case to(VirtualAddress)
    /// The same, and the old place stays mapped, as if never touched (Linux 5.13).
    case leaving(VirtualAddress)
  }

  /// Resizes or moves a mapping with its contents.
  @discardableResult
  package static func remap(
    _ start: VirtualAddress, size: ByteCount, to newSize: ByteCount, move: Move
  ) throws(SystemCallFailure) -> VirtualAddress {
    let flags: Int32
    var target: VirtualAddress?
    switch move {
    case .never: flags = 0
    case .anywhere: flags = Int32(ctamalloc_mremap_maymove)
    case .to(let address):
      flags = Int32(ctamalloc_mremap_maymove | ctamalloc_mremap_fixed)
      target = address
    case .leaving(let address):
      flags = Int32(
        ctamalloc_mremap_maymove | ctamalloc_mremap_fixed | ctamalloc_mremap_dontunmap)
      target = address
    }
    let moved = unsafe ctamalloc_mremap(
      start.pointer, size.rawValue, newSize.rawValue, flags, target?.pointer)
    guard let moved = unsafe moved else { throw .last(.mremap) }
    return unsafe VirtualAddress(moved)
  }

  /// What the kernel is told of a range that is mapped.
  package enum Advice {
    /// Give the pages back; they read as at first.
    case discard
    /// The same for pages that are locked in memory (Linux 5.18).
    case discardLocked
    /// Commit every page (Linux 5.14).
    case populate
    case hugePages
    case pageGranular
    /// Read as zero in the child of a fork (Linux 4.14).
    case wipeOnFork
  }

  package static func advise(
    _ start: VirtualAddress, size: ByteCount, _ advice: Advice
  ) throws(SystemCallFailure) {
    let number: Int32 =
      switch advice {
      case .discard: MADV_DONTNEED
      case .discardLocked: Int32(ctamalloc_madv_dontneed_locked)
      case .populate: Int32(ctamalloc_madv_populate_write)
      case .hugePages: MADV_HUGEPAGE
      case .pageGranular: MADV_NOHUGEPAGE
      case .wipeOnFork: Int32(ctamalloc_madv_wipeonfork)
      }
    while unsafe ctamalloc_madvise(start.pointer, size.rawValue, number) != 0 {
      if ctamalloc_errno() == EINTR { continue }
      throw .last(.madvise)
    }
  }

  /// Commits the page that holds `address`, and leaves its bytes as they are.
  ///
  /// - Precondition: the page is mapped writable, and nobody else writes the byte meanwhile.
  package static func touch(_ address: VirtualAddress) {
    unsafe ctamalloc_touch(address.pointer)
  }

  // MARK: Files

  /// An anonymous file in memory that takes seals.
  package static func memoryFile() throws(SystemCallFailure) -> Int32 {
    let descriptor = unsafe ctamalloc_memfd("tamalloc-fill")
    guard descriptor >= 0 else { throw .last(.memfdCreate) }
    return descriptor
  }

  /// Gives a file a length; what is new reads as zero and takes no memory before it is written.
  package static func setLength(_ descriptor: Int32, _ size: ByteCount) throws(SystemCallFailure) {
    // The kernel would end the program by SIGXFSZ.
    guard UInt64(size.rawValue) <= ctamalloc_limit(Int32(ctamalloc_file_size)) else {
      throw SystemCallFailure(call: .ftruncate, number: EFBIG)
    }
    while ctamalloc_set_length(descriptor, off_t(size.rawValue)) != 0 {
      if ctamalloc_errno() == EINTR { continue }
      throw .last(.ftruncate)
    }
  }

  /// Maps part of a file, shared with all its other mappings: over what is mapped at `place`, or where
  /// the kernel likes.
  package static func mapShared(
    _ descriptor: Int32, offset: ByteCount, size: ByteCount, at place: VirtualAddress? = nil
  ) throws(SystemCallFailure) -> VirtualAddress {
    let flags = MAP_SHARED | MAP_NORESERVE | (place == nil ? 0 : MAP_FIXED)
    let start = unsafe ctamalloc_mmap(
      place?.pointer, size.rawValue, PROT_READ | PROT_WRITE, flags, descriptor,
      off_t(offset.rawValue))
    guard let start = unsafe start else { throw .last(.mmap) }
    return unsafe VirtualAddress(start)
  }

  /// Takes access away from a range, which stays reserved.
  package static func mapNothing(over place: VirtualAddress, size: ByteCount)
    throws(SystemCallFailure)
  {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED
    let start = unsafe ctamalloc_mmap(place.pointer, size.rawValue, PROT_NONE, flags, -1, 0)
    guard unsafe start != nil else { throw .last(.mmap) }
  }

  /// Appends `size` bytes from `start` to a file.
  package static func write(
    _ descriptor: Int32, from start: VirtualAddress, size: ByteCount
  ) throws(SystemCallFailure) {
    var done: ByteCount = 0
    // The kernel would end the program by SIGXFSZ.
    let end = UInt64(max(ctamalloc_position(descriptor), 0)) &+ UInt64(size.rawValue)
    guard end <= ctamalloc_limit(Int32(ctamalloc_file_size)) else {
      throw SystemCallFailure(call: .write, number: EFBIG)
    }
    while done < size {
      let written = unsafe ctamalloc_write(
        descriptor, (start + done).pointer, (size - done).rawValue)
      if written < 0 && ctamalloc_errno() == EINTR { continue }
      guard written > 0 else { throw .last(.write) }
      done += ByteCount(written)
    }
  }

  /// Maps the first `size` bytes of a file to be read.
  package static func mapForReading(
    _ descriptor: Int32, size: ByteCount
  ) throws(SystemCallFailure) -> VirtualAddress {
    let start = unsafe ctamalloc_mmap(nil, size.rawValue, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let start = unsafe start else { throw .last(.mmap) }
    return unsafe VirtualAddress(start)
  }

  /// Forbids every further change of a memory file.
  package static func seal(_ descriptor: Int32) throws(SystemCallFailure) {
    guard ctamalloc_seal(descriptor) == 0 else { throw .last(.fcntl) }
  }

  package static func close(_ descriptor: Int32) {
    _ = ctamalloc_close(descriptor)
  }

  /// Reads a small file of the kernel's into `buffer`; returns how many bytes it had, at most those.
  package static func readFile(
    _ path: StaticString, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemCallFailure) -> Int {
    // SAFETY: a literal lives as long as the program, and ends in NUL.
    let text = unsafe UnsafeRawPointer(path.utf8Start).assumingMemoryBound(to: CChar.self)
    return try unsafe readFile(at: text, into: buffer)
  }

  /// The same of a path that is made up on the way.
  static func readFile(
    at path: UnsafePointer<CChar>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemCallFailure) -> Int {
    let descriptor = unsafe ctamalloc_open_read(path)
    guard descriptor >= 0 else { throw .last(.open) }
    defer { close(descriptor) }
    var done = 0
    while done < buffer.count {
      let count = try unsafe read(
        descriptor, into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Reads on in a file; returns 0 at its end.
  package static func read(
    _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemCallFailure) -> Int {
    while true {
      let count = unsafe ctamalloc_read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      guard ctamalloc_errno() == EINTR else { throw .last(.read) }
    }
  }

  package static func openForReading(_ path: StaticString) throws(SystemCallFailure) -> Int32 {
    // SAFETY: a literal lives as long as the program, and ends in NUL.
    let text = unsafe UnsafeRawPointer(path.utf8Start).assumingMemoryBound(to: CChar.self)
    let descriptor = unsafe ctamalloc_open_read(text)
    guard descriptor >= 0 else { throw .last(.open) }
    return descriptor
  }

  // MARK: Limits

  /// The soft limit on this process's address space, or nil where there is none.
  package static var addressSpaceLimit: ByteCount? {
    let limit = ctamalloc_limit(Int32(ctamalloc_address_space))
    return limit > UInt64(Int.max) ? nil : ByteCount(Int(limit))
  }
}
