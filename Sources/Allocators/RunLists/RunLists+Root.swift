// SPDX-License-Identifier: GPL-2.0 OR MIT

// The root: the table of lists, in chunk 0 of the first page.
//
//     0         8              56            64      72          80 …
//     │ (mark)  │ descriptor   │ page shift  │ blocks│ list of    │ lists of 16, 32, …
//     │         │ of this chunk│             │       │ descriptors│ up to the page
//
// Behind it lie descriptors, the first of which is that of the first page.

extension RunLists {
  /// The table of lists.
  @frozen
  @usableFromInline
  struct Root: BitwiseCopyable {
    /// The beginning of the first page.
    @usableFromInline let at: Place

    @inlinable
    init(_ at: Place) { self.at = at }

    /// The bytes of the root behind the chunk's descriptor.
    @inlinable static func byteCount(pageShift: Int) -> Int { 16 &+ 8 &* (pageShift &- 2) }

    /// The place in the table of the class 2^`shift`; descriptors have place 0.
    @inlinable @inline(__always)
    static func index(_ shift: Int) -> Int { shift &- 3 }

    @inlinable var pageShift: Int {
      get { at.load(56) }
      nonmutating set { at.store(56, newValue) }
    }
    @inlinable var chunkShift: Int { pageShift &- RunLists.chunksShift }
    @inlinable var pageBytes: Int { 1 << pageShift }
    @inlinable var chunkBytes: Int { 1 << chunkShift }
    /// Blocks that the user holds.
    @inlinable var blocks: Int {
      get { at.load(64) }
      nonmutating set { at.store(64, newValue) }
    }
    /// The run of the descriptors that lie beside the root.
    @inlinable var homeRun: Run { Run(at + 8) }

    /// The first run with room of a class.
    @inlinable subscript(index: Int) -> Run? {
      get { at.load(72 &+ 8 &* index, as: Run?.self) }
      nonmutating set { at.store(72 &+ 8 &* index, newValue) }
    }

    /// Counts a buffer that was taken from a run; a run without room leaves its list.
    @inlinable @inline(__always)
    func countTaken(_ run: Run) {
      let live = run.live &+ 1
      run.live = live
      if live == run.capacity { unlink(run) }
    }

    /// Puts a run into its list: first where its page is lower than that of the first, else second.
    ///
    /// The first run then tends to be a low one, for O(1): a list in full order (a heap was tried)
    /// gives a penalty 2 % better, and takes 5 ns more an operation.
    @inlinable
    func push(_ run: Run) {
      let index = Int(run.classIndex)
      let first = self[index]
      if let first, run.base - first.base > 0 {
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
      self[index] = run
    }

    /// Takes a run out of its list.
    @inlinable
    func unlink(_ run: Run) {
      let next = run.next
      if let previous = run.previous {
        previous.next = next
      } else {
        self[Int(run.classIndex)] = next
      }
      next?.previous = run.previous
    }
  }
}
