// SPDX-License-Identifier: MIT

import Glibc

/// A page mapped at a given address, so that nothing can grow over it.
public struct Blocker {
  private let address: UnsafeMutableRawPointer?

  /// Maps a page at `address`, or leaves what is there.
  public init(after address: UInt) throws {
    let noReplace: Int32 = 0x100000
    let place = UnsafeMutableRawPointer(bitPattern: address)
    let page = mmap(place, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | noReplace, -1, 0)
    self.address = page == place ? page : nil
  }

  public func remove() {
    if let address { munmap(address, 4096) }
  }
}
