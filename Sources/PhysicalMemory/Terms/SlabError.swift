// SPDX-License-Identifier: MIT

public import Pages

/// Why the slab allocator refuses a request.
///
/// A debugging cache reports damage once and repairs its own bytes (red zones, poison), so that the same
/// call succeeds when repeated.
public enum SlabError: Error, Sendable, Hashable {
  /// A name of no characters, more than 32, or with white space.
  case invalidName(String)
  /// Another cache has the name.
  case nameInUse(String)
  /// Objects of less than 1 byte, or of more than 128 KiB.
  case invalidObjectSize(ByteCount)
  /// Not a power of two, or above 4,096.
  case invalidAlignment(ByteCount)
  /// The machine has the maximum number of caches.
  case tooManyCaches(limit: Int)
  /// The cache was destroyed, or never existed.
  case noSuchCache(SlabCacheNumber)
  /// No cache has the name.
  case noCacheNamed(String)
  /// The cache is one of kmalloc's, which are permanent.
  case generalCache(String)
  /// A cache can't be destroyed while objects of it are in use.
  case cacheInUse(String, objects: Int)
  /// The object is already free.
  case doubleFree(String, KernelAddress)
  /// No object begins at the address.
  case notAnObject(KernelAddress)
  /// The object belongs to another cache.
  case foreignObject(KernelAddress, owner: String, given: String)
  /// Bytes outside the object were written: `offset` from its first byte.
  case overrun(String, KernelAddress, offset: Int)
  /// A free object was written to: `offset` from its first byte.
  case useAfterFree(String, KernelAddress, offset: Int)
  /// A slab's free list names an object that is not free.
  case corruptedDescriptor(String, PageFrameNumber)
}

extension SlabError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidName(let name):
      "\"\(name)\" can't name a slab cache: 1 to 32 characters without white space"
    case .nameInUse(let name):
      "there already is a slab cache \"\(name)\""
    case .invalidObjectSize(let size):
      "a slab cache can't have objects of \(size.rawValue) bytes: 1 to 131072"
    case .invalidAlignment(let alignment):
      "objects cannot be aligned to \(alignment.rawValue) bytes: a power of two up to 4096"
    case .tooManyCaches(let limit):
      "the machine has \(limit) slab caches, the maximum"
    case .noSuchCache(let number):
      "there is no slab cache \(number.rawValue)"
    case .noCacheNamed(let name):
      "there is no slab cache \"\(name)\""
    case .generalCache(let name):
      "slab cache \(name) is one of kmalloc's, which are permanent"
    case .cacheInUse(let name, let objects):
      "slab cache \(name) still has objects: \(objects) in use"
    case .doubleFree(let name, let address):
      "double free: \(address) of slab cache \(name) is already free"
    case .notAnObject(let address):
      "no object begins at \(address)"
    case .foreignObject(let address, let owner, let given):
      "the object at \(address) belongs to slab cache \(owner), not \(given)"
    case .overrun(let name, let address, let offset):
      "slab cache \(name): the red zone of the object at \(address) was overwritten at byte \(offset)"
    case .useAfterFree(let name, let address, let offset):
      "slab cache \(name): the free object at \(address) was written to at byte \(offset)"
    case .corruptedDescriptor(let name, let frame):
      "slab cache \(name): the list of free objects of the slab at page frame \(frame) is damaged"
    }
  }
}
