// SPDX-License-Identifier: MIT

// Where the table's slots lie, and which of them are an address's home.

internal import Pages
internal import Reservations
internal import Synchronization
internal import System

extension BlockTable {
  /// A slot's block. Beside it, in the same page, stands how often it was written, twice over: odd while it is.
  struct Place: ~Copyable {
    let version: Atomic<UInt>
    var block: BlockRecord
  }

  /// A generation's memory: the marks of all its slots, then the places of their blocks.
  struct Generation {
    let start: VirtualAddress
    let capacity: Int

    // SAFETY: of both: a generation has room for `capacity` marks and places, and is never unmapped
    // while the table lives. Zeroed memory is an atomic word that holds 0.

    /// - Precondition: 0 ≤ index < capacity
    func mark(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt>> {
      unsafe start.pointer.unsafelyUnwrapped.assumingMemoryBound(to: Atomic<UInt>.self) + index
    }

    /// - Precondition: 0 ≤ index < capacity
    func place(_ index: Int) -> UnsafeMutablePointer<Place> {
      let places = start + ByteCount(capacity &* MemoryLayout<Atomic<UInt>>.stride)
      return unsafe places.pointer.unsafelyUnwrapped.assumingMemoryBound(to: Place.self) + index
    }
  }

  /// log2 of the number of buckets: 3, 6, 9, …
  private static func exponent(of generation: Int) -> Int { 3 &* (generation &+ 1) }

  /// Slots in a generation.
  static func capacity(of generation: Int) -> Int { bucketSize << exponent(of: generation) }

  static func size(ofGeneration generation: Int) -> ByteCount {
    let slot = MemoryLayout<Atomic<UInt>>.stride &+ MemoryLayout<Place>.stride
    return ByteCount(capacity(of: generation) &* slot)
  }

  /// The slots of an address's bucket.
  ///
  /// Multiplied by 2^64 divided by the golden ratio, addresses at any regular distance spread evenly
  /// over the highest bits (Knuth, volume 3, 6.4).
  static func home(of address: VirtualAddress, in generation: Int) -> Range<Int> {
    let product = UInt64(address.rawValue >> 12) &* 0x9E37_79B9_7F4A_7C15
    let bucket = Int(truncatingIfNeeded: product >> UInt64(64 &- exponent(of: generation)))
    let first = bucket &* bucketSize
    return unsafe Range(uncheckedBounds: (first, first &+ bucketSize))
  }

  static func isHome(_ slot: Slot, of address: VirtualAddress) -> Bool {
    home(of: address, in: slot.generation).contains(slot.index)
  }

  /// A generation's memory, if it is mapped.
  func memory(_ generation: Int) -> Generation? {
    let start = generations[generation].load(ordering: .acquiring)
    if start == 0 { return nil }
    return Generation(
      start: VirtualAddress(rawValue: start), capacity: Self.capacity(of: generation))
  }

  /// A generation's memory, mapped now if it was not.
  func mapped(_ generation: Int) throws(AllocationError) -> Generation {
    if let memory = memory(generation) { return memory }
    let size = Self.size(ofGeneration: generation)
    let start: VirtualAddress
    do throws(SystemCallFailure) {
      start = try Syscalls.mapAnonymous(size: size, traits: MappingTraits())
    } catch {
      throw MappingLimits.explain(error, size: size, isAccounted: false)
    }
    let (isFirst, present) = generations[generation].compareExchange(
      expected: 0, desired: start.rawValue, ordering: .acquiringAndReleasing)
    if !isFirst { Syscalls.unmapOwn(start, size: size) }
    return Generation(
      start: isFirst ? start : VirtualAddress(rawValue: present),
      capacity: Self.capacity(of: generation))
  }
}
