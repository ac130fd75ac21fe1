// SPDX-License-Identifier: GPL-2.0 OR MIT

// How runs come and go. See RunLists.swift for the terms; nothing here is on the fast path.

public import Pages

extension RunLists {
  /// Takes the first page, and lays out the root in it.
  @inlinable @inline(never)
  mutating func found<Source: PageSource & ~Copyable>(_ source: inout Source) -> Bool {
    let pageBytes = source.pageBytes
    guard let page = source.takePage() else { return false }
    let root = Root(page)
    let pageShift = pageBytes.trailingZeroBitCount
    (page + 56).clear(Root.byteCount(pageShift: pageShift))
    root.pageShift = pageShift
    entry = page
    selfHost(page, rootBytes: Root.byteCount(pageShift: pageShift), root)
    return true
  }

  /// Makes the first page one of chunks whose chunk 0 holds the root and descriptors, the page's own
  /// first.
  @inlinable
  mutating func selfHost(_ page: Place, rootBytes: Int, _ root: Root) {
    let pageRun = Run(page + (8 &+ Run.byteCount &+ rootBytes))
    let descriptors = openDescriptors(
      page, byteCount: root.chunkBytes, parent: pageRun, rootBytes: rootBytes, root)
    descriptors.carved = 1
    descriptors.live = 1
    pageRun.open(
      base: page, parent: nil, capacity: 1 << Self.chunksShift,
      classIndex: Root.index(root.chunkShift))
    pageRun.carved = 1
    pageRun.live = 1
    page.store(0, pageRun)
    root.push(pageRun)
  }

  /// Makes the first chunk, or a page, one of descriptors, its own first.
  @inlinable
  func openDescriptors(
    _ start: Place, byteCount: Int, parent: Run?, rootBytes: Int, _ root: Root
  ) -> Run {
    let run = Run(start + 8)
    let room = byteCount &- 8 &- Run.byteCount &- rootBytes
    run.open(
      base: start + (Run.byteCount &+ rootBytes), parent: parent, capacity: room / Run.byteCount,
      classIndex: 0)
    root.push(run)
    return run
  }

  /// Takes a descriptor: from the first chunk as long as it has any, then from pages of their own.
  @inlinable
  mutating func takeDescriptor<Source: PageSource & ~Copyable>(
    _ root: Root, _ source: inout Source
  ) -> Run? {
    if root[0] == nil {
      guard let page = source.takePage() else { return nil }
      _ = openDescriptors(page, byteCount: root.pageBytes, parent: nil, rootBytes: 0, root)
    }
    let run = root[0]!
    let place: Place
    if let free = run.firstFree {
      place = free
      run.firstFree = free.link(0)
    } else {
      place = run.base + (8 &+ Run.byteCount &* Int(run.carved))
      run.carved &+= 1
    }
    root.countTaken(run)
    return Run(place)
  }

  /// Gives a descriptor back.
  @inlinable
  mutating func giveDescriptor<Source: PageSource & ~Copyable>(
    _ run: Run, _ root: Root, _ source: inout Source
  ) {
    give(run.at, Run(run.at.roundedDown(to: root.pageBytes) + 8), root, &source)
  }

  /// Opens a run of a class whose list is empty, and puts it into the list.
  ///
  /// - Returns: nil where no page is left; then everything is as before.
  @inlinable
  mutating func openRun<Source: PageSource & ~Copyable>(
    _ shift: Int, _ root: Root, _ source: inout Source
  ) -> Run? {
    let chunkShift = root.chunkShift
    guard let run = takeDescriptor(root, &source) else { return nil }
    var parent: Run?
    let base: Place
    if shift >= chunkShift {
      guard let page = source.takePage() else {
        giveDescriptor(run, root, &source)
        return nil
      }
      base = page
    } else {
      guard let chunks = root[Root.index(chunkShift)] ?? openRun(chunkShift, root, &source) else {
        giveDescriptor(run, root, &source)
        return nil
      }
      base = take(chunks, chunkShift, root) - 8
      parent = chunks
    }
    let bytes = shift >= chunkShift ? root.pageBytes : root.chunkBytes
    run.open(
      base: base, parent: parent,
      capacity: shift == chunkShift
        ? 1 << Self.chunksShift
        : (Marking.isPerBuffer ? bytes : bytes &- 8) / Marking.stride(shift: shift),
      classIndex: Root.index(shift))
    if !Marking.isPerBuffer { base.store(0, run) }
    root.push(run)
    return run
  }

  /// Closes a run that holds nothing. The first page stays: runs that are about to close need the root.
  @inlinable @inline(never)
  mutating func close<Source: PageSource & ~Copyable>(
    _ run: Run, _ root: Root, _ source: inout Source
  ) {
    root.unlink(run)
    if run.classIndex == 0 {
      source.returnPage(run.at - 8)
      return
    }
    let base = run.base
    let parent = run.parent
    giveDescriptor(run, root, &source)
    if let parent {
      base.store(0, parent)
      give(base + 8, parent, root, &source)
    } else {
      source.returnPage(base)
    }
  }

  /// Returns the first page where it holds nothing but the root and its own descriptor.
  @inlinable @inline(never)
  mutating func dissolve<Source: PageSource & ~Copyable>(_ root: Root, _ source: inout Source) {
    let descriptors = root.homeRun
    guard root.blocks == 0, descriptors.live == 1, descriptors.parent!.live == 1 else { return }
    entry = nil
    source.returnPage(root.at)
  }
}
