// SPDX-License-Identifier: GPL-2.0 OR MIT

// How runs come and go. See RunLists.swift for the terms; nothing here is on the fast path.

public import Pages

extension RunLists {
  /// Takes the first page, and lays out the root in its last chunk.
  @inlinable @inline(never)
  mutating func found<Source: PageSource & ~Copyable>(_ source: inout Source) -> Bool {
    guard let page = source.takePage() else { return false }
    let pageShift = source.pageBytes.trailingZeroBitCount
    let chunkBytes = 1 &<< (pageShift &- Self.chunksShift)
    let last = page + (source.pageBytes &- chunkBytes)
    last.clear(Root.byteCount(pageShift: pageShift))
    let root = Root(last)
    root.pageShift = pageShift
    root.noteCapacities()
    entry = last
    let chunks = RunBase(page, isPage: true)
    let buffers = (1 &<< Self.chunksShift) &- 1
    open(chunks, root.chunkShift, buffers, live: 1, root)
    return true
  }

  /// Lays a descriptor out in the last of a run's buffers, and puts the run into its list.
  @inlinable
  func open(_ base: RunBase, _ shift: Int, _ buffers: Int, live: Int, _ root: Root) {
    let run = Run(base.at + (8 &+ root.stride(shift) &* (buffers &- 1)))
    run.open(live: live, uncut: buffers &- 1)
    base.descriptor = base.position(run.at)
    root.push(run, shift)
  }

  /// Opens a run of a class whose list is empty, and puts it into the list.
  ///
  /// - Returns: nil where no page is left; then everything is as before.
  @inlinable
  mutating func openRun<Source: PageSource & ~Copyable>(
    _ shift: Int, _ root: Root, _ source: inout Source
  ) -> Run? {
    let chunkShift = root.chunkShift
    let base: RunBase
    if shift >= chunkShift {
      guard let page = source.takePage() else { return nil }
      base = RunBase(page, isPage: true)
    } else {
      guard let chunks = root[chunkShift] ?? openRun(chunkShift, root, &source) else { return nil }
      base = RunBase(take(chunks, chunkShift, root) - 8, isPage: false)
    }
    open(base, shift, root.capacity(shift), live: 0, root)
    return root[shift]
  }

  /// Closes a run that holds nothing.
  @inlinable @inline(never)
  mutating func close<Source: PageSource & ~Copyable>(
    _ run: Run, _ base: RunBase, _ shift: Int, _ root: Root, _ source: inout Source
  ) {
    root.unlink(run, shift)
    release(base, root, &source)
  }

  /// Gives the page or chunk of a run back.
  @inlinable
  mutating func release<Source: PageSource & ~Copyable>(
    _ base: RunBase, _ root: Root, _ source: inout Source
  ) {
    if base.isPage {
      source.returnPage(base.at)
    } else {
      give(base.at + 8, root.chunkShift, root, &source)
    }
  }

  /// Returns the first page where no block is left: it holds nothing but the root. Nothing may be about
  /// to be closed: it would need the root.
  @inlinable @inline(never)
  mutating func dissolve<Source: PageSource & ~Copyable>(_ root: Root, _ source: inout Source) {
    guard root.blocks == 0 else { return }
    entry = nil
    source.returnPage(root.at.roundedDown(to: source.pageBytes))
  }
}
