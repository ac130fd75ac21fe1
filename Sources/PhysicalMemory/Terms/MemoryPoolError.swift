// SPDX-License-Identifier: MIT

/// Why a memory pool refuses a request.
public enum MemoryPoolError: Error, Sendable, Hashable {
  /// A reserve below 0, or above a million.
  case invalidReserve(Int)
  /// The pool was destroyed, or never existed.
  case noSuchPool(MemoryPoolNumber)
  /// The pool cannot be destroyed: elements are in use, or requests wait.
  case poolInUse(MemoryPoolNumber, elements: Int, waiters: Int)
  /// The element is not the pool's, or was already freed.
  case notAnElement(MemoryPoolNumber, UInt64)
  /// Source and reserve are both empty, and the caller may not wait.
  case exhausted(MemoryPoolNumber)
  /// Source and reserve are both empty; the caller may wait, but gave no continuation.
  case mustWait(MemoryPoolNumber)
}

extension MemoryPoolError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidReserve(let count):
      "a memory pool can't keep \(count) elements: 0 to 1000000"
    case .noSuchPool(let pool):
      "there is no memory pool \(pool.rawValue)"
    case .poolInUse(let pool, let elements, let waiters):
      "memory pool \(pool.rawValue) is in use: \(elements) elements, \(waiters) waiters"
    case .notAnElement(let pool, let element):
      "0x\(String(element, radix: 16)) is not an element in use of memory pool \(pool.rawValue)"
    case .exhausted(let pool):
      "memory pool \(pool.rawValue) is empty, and the request may not sleep"
    case .mustWait(let pool):
      "memory pool \(pool.rawValue) is empty: the request sleeps until an element is freed"
    }
  }
}
