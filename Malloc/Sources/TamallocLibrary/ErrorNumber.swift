// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Pages
internal import Heap

/// A value of errno.
struct ErrorNumber {
  private let value: Int32

  private init(value: Int32) {
    self.value = value
  }

  /// An invalid argument.
  static var invalid: ErrorNumber { ErrorNumber(value: EINVAL) }

  /// The current errno. A function saves it at its beginning and restores it on success.
  static var current: ErrorNumber { ErrorNumber(value: ctamalloc_errno()) }

  /// The errno value of an error: EINVAL for invalid arguments, ENOMEM for every limit, otherwise the
  /// kernel's.
  init(_ error: AllocationError) {
    value =
      switch error {
      case .invalidSize, .invalidCount, .invalidAlignment, .invalidFillPattern,
        .hugePagesWithFill, .invalidRange, .invalidElements:
        EINVAL
      case .sizeTooLarge, .addressSpaceExhausted, .addressSpaceLimit, .commitLimit,
        .mappingLimit, .descriptorLimit, .outOfMemory:
        ENOMEM
      case .usageUnavailable(let errorNumber), .systemCall(_, let errorNumber):
        errorNumber
      }
  }

  init(_ error: BlockError) {
    switch error {
    case .notABlock: self.init(value: EINVAL)
    case .allocation(let reason): self.init(reason)
    }
  }

  /// Makes it what errno is.
  func set() {
    ctamalloc_set_errno(value)
  }

  /// A size as C counts it. Swift sees a size_t above its own largest number as negative, and to C it
  /// is not wrong but more than there is.
  static func checked(size: Int) throws(BlockError) -> ByteCount {
    guard size >= 0 else { throw .allocation(.sizeTooLarge(ByteCount(Int.max))) }
    return ByteCount(size)
  }
}
