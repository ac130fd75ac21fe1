// SPDX-License-Identifier: GPL-2.0 OR MIT

// The root: the table of lists, in the last chunk of the first page.
//
//     0         8             16        24
//     │ (mark)  │ page shift  │ blocks  │ for each class from 32 on: first run │ capacity │ first run │ …

extension RunLists {
  /// The table of lists.
  @frozen
  @usableFromInline
  struct Root: BitwiseCopyable {
    /// The beginning of the root's chunk.
    @usableFromInline let at: Place

    @inlinable
    init(_ at: Place) { self.at = at }

    /// The place in the table of the class 2^`shift`.
    @inlinable @inline(__always)
    static func index(_ shift: Int) -> Int { shift &- RunLists.smallestShift }

    @inlinable var pageShift: Int {
      get { at.load(8) }
      nonmutating set { at.store(8, newValue) }
    }
    @inlinable var chunkShift: Int { pageShift &- RunLists.chunksShift }
    @inlinable var pageBytes: Int { 1 &<< pageShift }
    @inlinable var chunkBytes: Int { 1 &<< chunkShift }
    /// Blocks that the user holds.
    @inlinable var blocks: Int {
      get { at.load(16) }
      nonmutating set { at.store(16, newValue) }
    }

    /// Bytes of a root for pages of 2^`pageShift`.
    @inlinable
    static func byteCount(pageShift: Int) -> Int { 24 &+ 16 &* index(pageShift &+ 1) }

    /// The first run with room of a class 2^`shift`.
    @inlinable subscript(shift: Int) -> Run? {
      @inline(__always) get { at.load(24 &+ 16 &* Self.index(shift), as: Run?.self) }
      @inline(__always) nonmutating set { at.store(24 &+ 16 &* Self.index(shift), newValue) }
    }

    /// Buffers that a run of a class 2^`shift` has; noted, as it takes a division.
    @inlinable @inline(__always)
    func capacity(_ shift: Int) -> Int { at.load(32 &+ 16 &* Self.index(shift)) }

    /// Notes the capacities.
    @inlinable
    func noteCapacities() {
      for shift in RunLists.smallestShift...pageShift {
        at.store(32 &+ 16 &* Self.index(shift), computedCapacity(shift))
      }
    }

    @inlinable
    func computedCapacity(_ shift: Int) -> Int {
      if shift == chunkShift { return 1 &<< RunLists.chunksShift }
      let bytes = shift > chunkShift ? pageBytes : chunkBytes
      let stride = Marking.stride(shift: shift)
      // The rest of a run of more than 65,535 buffers stays unused, and what 16 bits don't reach.
      let reach = shift > chunkShift ? bytes : min(bytes, 1 &<< 19)
      return min((Marking.isPerBuffer ? reach : reach &- 8) / stride, Int(UInt16.max))
    }

    /// Bytes from one buffer of a class 2^`shift` to the next.
    @inlinable @inline(__always)
    func stride(_ shift: Int) -> Int {
      shift == chunkShift ? chunkBytes : Marking.stride(shift: shift)
    }

    /// The run that a buffer of a class 2^`shift` lies in.
    @inlinable @inline(__always)
    func base(of place: Place, _ shift: Int) -> RunBase {
      let isPage = shift >= chunkShift
      return RunBase((place - 8).roundedDown(to: isPage ? pageBytes : chunkBytes), isPage: isPage)
    }

    /// Puts a run into its list: first where its page is lower than that of the first, else second.
    ///
    /// The first run then tends to be a low one, for O(1).
    @inlinable
    func push(_ run: Run, _ shift: Int) {
      let first = self[shift]
      if let first, run.at - first.at > 0 {
        let next = first.next
        run.next = next
        run.previous = first
        next?.previous = run
        first.next = run
        return
      }
      run.next = first
      run.previous = nil
      first?.previous = run
      self[shift] = run
    }

    /// Takes a run out of its list.
    @inlinable
    func unlink(_ run: Run, _ shift: Int) {
      let next = run.next
      if let previous = run.previous {
        previous.next = next
      } else {
        self[shift] = next
      }
      next?.previous = run.previous
    }
  }
}
