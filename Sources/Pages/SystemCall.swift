// SPDX-License-Identifier: GPL-2.0 OR MIT

/// The system calls whose failure an ``AllocationError`` may name.
public enum SystemCall: Sendable, Hashable, CaseIterable {
  /// Controls a descriptor: seals a file.
  case fcntl
  /// Sets a file's length.
  case ftruncate
  /// Asks a device or file: PAGEMAP_SCAN.
  case ioctl
  /// Advises on, or acts on, a range of memory.
  case madvise
  /// Makes a file in memory.
  case memfdCreate
  /// Maps memory.
  case mmap
  /// Resizes or moves a mapping.
  case mremap
  /// Takes a mapping away.
  case munmap
  /// Opens a file.
  case open
  /// Reads from a descriptor.
  case read
  /// Reserves lazily committed memory, in a kernel that has it.
  case tamalloc
  /// Writes to a descriptor.
  case write
}

extension SystemCall: CustomStringConvertible {
  /// The call's name as its manual page spells it.
  public var description: String {
    switch self {
    case .fcntl: "fcntl"
    case .ftruncate: "ftruncate"
    case .ioctl: "ioctl"
    case .madvise: "madvise"
    case .memfdCreate: "memfd_create"
    case .mmap: "mmap"
    case .mremap: "mremap"
    case .munmap: "munmap"
    case .open: "open"
    case .read: "read"
    case .tamalloc: "tamalloc"
    case .write: "write"
    }
  }
}
