// SPDX-License-Identifier: MIT

// Pages of files in memory.
//
//     not cached ──read──▶ clean ──written to──▶ dirty ──write-back──▶ being written ──time──▶ clean
//          ▲                 │ reclaim
//          └─────────────────┘
//
// Invariant: a frame is in the cache under (file, index) iff its owner is that file and its index that
// index; the page cache holds one reference to it.
//
// Source: mm/filemap.c; Gorman, chapter 10.

internal import Pages

/// The number of a file.
public struct FileNumber: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }
}

/// Files, and which of their pages are in memory.
struct PageCache: ~Copyable {
  struct File {
    /// The first of its pages on the disk.
    var start: Int
    var pages: Int
    var isRemoved = false
  }

  struct Key: Hashable {
    var file: Int
    var index: Int
  }

  var files: [File] = []
  var frames: [Key: PageFrameNumber] = [:]
  /// The disk, as large as anybody may want: reserved when the first file is made.
  var disk: BlockDevice?
  var diskPages = 0

  /// 1 TiB.
  static let diskPages = 1 << 28
}

extension Machine {
  /// Makes a file whose bytes are zero.
  ///
  /// - Throws: ``MachineError/invalidSize(_:)`` for no page, or more than the disk has left.
  public mutating func createFile(pages: Int) throws(MachineError) -> FileNumber {
    let room = PageCache.diskPages - reclaim.pageCache.diskPages
    guard pages > 0, pages <= room else {
      throw .invalidSize(
        ByteCount(pages.multipliedReportingOverflow(by: PageFrameNumber.size.rawValue).partialValue)
      )
    }
    if reclaim.pageCache.disk == nil {
      do throws(AllocationError) {
        reclaim.pageCache.disk = try BlockDevice(pages: PageCache.diskPages)
      } catch {
        throw .host(error)
      }
    }
    reclaim.pageCache.files.append(
      PageCache.File(start: reclaim.pageCache.diskPages, pages: pages))
    reclaim.pageCache.diskPages += pages
    return FileNumber(rawValue: reclaim.pageCache.files.count - 1)
  }

  private func check(_ file: FileNumber, _ index: Int) throws(MachineError) {
    guard reclaim.pageCache.files.indices.contains(file.rawValue),
      !reclaim.pageCache.files[file.rawValue].isRemoved
    else { throw .noSuchFile(file) }
    let pages = reclaim.pageCache.files[file.rawValue].pages
    guard index >= 0, index < pages else {
      throw .beyondEndOfFile(file, index: index, pages: pages)
    }
  }

  /// The frame that holds a page of a file, if any does.
  public func cachedPage(_ file: FileNumber, _ index: Int) -> PageFrameNumber? {
    reclaim.pageCache.frames[PageCache.Key(file: file.rawValue, index: index)]
  }

  /// Reads a page of a file: from memory, or from the disk into a new frame.
  public mutating func readPage(
    _ file: FileNumber, _ index: Int, flags: GFPFlags = .highUserMovable
  ) throws(MachineError) -> PageFrameNumber {
    try check(file, index)
    if let frame = cachedPage(file, index) {
      markAccessed(frame)
      return frame
    }
    let frame = try allocatePages(flags: flags)
    let page = reclaim.pageCache.files[file.rawValue].start + index
    try unsafe withBytes(of: frame) { bytes in
      unsafe reclaim.pageCache.disk!.read(page, into: bytes)
    }
    frames[frame].owner = FrameOwner(.file, number: UInt64(file.rawValue))
    frames[frame].index = UInt64(index)
    reclaim.pageCache.frames[PageCache.Key(file: file.rawValue, index: index)] = frame
    pages.add(1, to: .filePages, of: frame)
    try addToReclaim(frame, isAnonymous: false)
    pages.events.pagesIn += 1
    return frame
  }

  /// Says that a cached page was written to.
  public mutating func markDirty(_ frame: PageFrameNumber) throws(MachineError) {
    guard frame.index < spannedFrames else { throw .noSuchFrame(UInt64(frame.rawValue)) }
    guard frames[frame].flags.contains(.allocated) else { throw .notAllocated(frame) }
    guard !frames[frame].flags.contains(.dirty) else { return }
    frames[frame].flags.formUnion(.dirty)
    guard frames[frame].owner.kind == .file else { return }
    pages.add(1, to: .dirty, of: frame)
    pages.add(1, to: .everDirtied, of: frame)
    zones[Int(frames[frame].zoneIndex)].writePending += 1
    reclaim.writeBack.dirtied.append((frame, clock.now))
  }

  /// Drops a file's pages from memory, written or not, and the file (truncate and unlink).
  public mutating func remove(_ file: FileNumber) throws(MachineError) {
    try check(file, 0)
    let pages = reclaim.pageCache.frames.filter { $0.key.file == file.rawValue }.values
    if let busy = pages.first(where: { frames[$0].mapCount > 0 || frames[$0].referenceCount > 1 }) {
      throw .stillInUse(busy, frames[busy].flags, mapCount: Int(frames[busy].mapCount))
    }
    for frame in pages.sorted() { dropCached(frame) }
    reclaim.pageCache.files[file.rawValue].isRemoved = true
  }

  /// Takes a page out of the cache and frees its frame.
  ///
  /// - Precondition: it is a file's, and nobody else uses it.
  mutating func dropCached(_ frame: PageFrameNumber) {
    if frames[frame].flags.contains(.writeBack) { forgetWrite(frame) }
    if frames[frame].flags.contains(.dirty) { clearDirty(frame) }
    removeFromReclaim(frame)
    reclaim.pageCache.frames[
      PageCache.Key(
        file: Int(frames[frame].owner.number), index: Int(frames[frame].index))] = nil
    pages.add(-1, to: .filePages, of: frame)
    frames[frame].flags.subtract([.referenced, .active])
    pages.release(frame, 0, cold: false)
  }

  mutating func clearDirty(_ frame: PageFrameNumber) {
    frames[frame].flags.remove(.dirty)
    guard frames[frame].owner.kind == .file else { return }
    pages.add(-1, to: .dirty, of: frame)
    zones[Int(frames[frame].zoneIndex)].writePending -= 1
  }
}
