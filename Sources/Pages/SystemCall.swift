// SPDX-License-Identifier: GPL-2.0 OR MIT

/// The system calls whose failure an ``AllocationError`` may name.
public enum SystemCall: Sendable, Hashable, CaseIterable {
  case fcntl
  case ftruncate
  case ioctl
  case madvise
  case memfdCreate
  case mmap
  case mremap
  case munmap
  case open
  case read
  case tamalloc
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
