// SPDX-License-Identifier: MIT

// Memory that can be seen at more than one address.
//
// Terms: a *memory file* has a length and no name (memfd_create); its pages read as zero and are
// committed when they are first written. A *view* is a mapping of part of it. All views of one page
// show the same bytes. An *area* is address space that can't be accessed, a place for views.
//
// Invariant: an area is at every moment covered by views and by address space without access; nothing
// else is ever mapped inside it.

package import Pages
internal import System

/// Lazily committed memory that may be mapped at several addresses at once.
package struct MemoryFile: ~Copyable {
  private let descriptor: Int32
  /// The bytes of the file: whole pages.
  package let size: ByteCount

  /// Makes a file of `size` bytes, rounded up to whole pages, and commits nothing.
  package init(size: ByteCount) throws(AllocationError) {
    guard size > 0 else { throw .invalidSize(size) }
    guard let rounded = Syscalls.pageSize.roundingUp(size) else { throw .sizeTooLarge(size) }
    do throws(SystemCallFailure) {
      let descriptor = try Syscalls.memoryFile()
      do throws(SystemCallFailure) {
        try Syscalls.setLength(descriptor, rounded)
      } catch {
        Syscalls.close(descriptor)
        throw error
      }
      self.descriptor = descriptor
    } catch {
      if error.isDescriptorLimit { throw .descriptorLimit }
      throw MappingLimits.explain(error, size: rounded, isAccounted: false)
    }
    self.size = rounded
  }

  deinit {
    Syscalls.close(descriptor)
  }

  /// Maps a view: over what an area has at `place`, or where the system likes.
  ///
  /// - Precondition: the range lies on page boundaries inside the file, and the place inside an area.
  @discardableResult
  package func map(
    offset: ByteCount, size: ByteCount, at place: VirtualAddress? = nil
  ) throws(AllocationError) -> VirtualAddress {
    do throws(SystemCallFailure) {
      return try Syscalls.mapShared(descriptor, offset: offset, size: size, at: place)
    } catch {
      throw MappingLimits.explain(error, size: size, isAccounted: false)
    }
  }

  /// Reserves an area.
  package static func reserve(_ size: ByteCount) throws(AllocationError) -> VirtualAddress {
    do throws(SystemCallFailure) {
      return try Syscalls.mapNothing(size: size)
    } catch {
      throw MappingLimits.explain(error, size: size, isAccounted: false)
    }
  }

  /// Takes the views in part of an area away; the address space stays reserved.
  package static func withdraw(
    _ place: VirtualAddress, size: ByteCount
  ) throws(AllocationError) {
    do throws(SystemCallFailure) {
      try Syscalls.mapNothing(over: place, size: size)
    } catch {
      throw MappingLimits.explain(error, size: size, isAccounted: false)
    }
  }

  /// Gives a view or an area back.
  package static func release(_ place: VirtualAddress, size: ByteCount) {
    Syscalls.unmapOwn(place, size: size)
  }
}
