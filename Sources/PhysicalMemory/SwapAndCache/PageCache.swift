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

/// Files, and which of their pages are in memory.
struct PageCache: ~Copyable {
  private struct File {
    /// The first of its pages on the disk.
    var start: Int
    var pages: Int
    var isRemoved = false
  }

  /// Which page of which file.
  struct Key: Hashable {
    var file: Int
    var index: Int
  }

  private var files: [File] = []
  fileprivate(set) var frames: [Key: PageFrameNumber] = [:]
  /// The disk, larger than any need: reserved when the first file is made.
  private(set) var disk: BlockDevice?
  private var diskPages = 0

  /// 1 TiB.
  private static let diskPages = 1 << 28

  /// Makes a file whose bytes are zero.
  mutating func create(pages: Int) throws(MachineError) -> FileNumber {
    let room = Self.diskPages - diskPages
    guard pages > 0, pages <= room else {
      throw .invalidSize(
        ByteCount(pages.multipliedReportingOverflow(by: PageFrameNumber.size.rawValue).partialValue)
      )
    }
    if disk == nil {
      do throws(AllocationError) {
        disk = try BlockDevice(pages: Self.diskPages)
      } catch {
        throw .host(error)
      }
    }
    files.append(File(start: diskPages, pages: pages))
    diskPages += pages
    return FileNumber(rawValue: files.count - 1)
  }

  /// Checks that a file has a page.
  func check(_ file: FileNumber, _ index: Int) throws(MachineError) {
    guard files.indices.contains(file.rawValue), !files[file.rawValue].isRemoved else {
      throw .noSuchFile(file)
    }
    let pages = files[file.rawValue].pages
    guard index >= 0, index < pages else {
      throw .beyondEndOfFile(file, index: index, pages: pages)
    }
  }

  /// The frame that holds a page of a file.
  func frame(_ file: FileNumber, _ index: Int) -> PageFrameNumber? {
    frames[Key(file: file.rawValue, index: index)]
  }

  /// Where a page of a file lies on the disk.
  func diskPage(_ file: Int, _ index: Int) -> Int { files[file].start + index }

  /// Forgets a file whose pages have left the cache.
  fileprivate mutating func remove(_ file: FileNumber) { files[file.rawValue].isRemoved = true }
}

extension SwapAndCache {
  /// Reads a page of a file from the disk into a new frame, and caches it.
  mutating func read(
    _ file: FileNumber, _ index: Int, into frame: PageFrameNumber, _ pages: inout PageAllocator
  ) throws(MachineError) {
    let page = cache.diskPage(file.rawValue, index)
    try unsafe pages.physical.withBytes(of: frame) { bytes in
      unsafe cache.disk!.read(page, into: bytes)
    }
    pages.frames[frame].owner = FrameOwner(.file, number: UInt64(file.rawValue))
    pages.frames[frame].index = UInt64(index)
    cache.frames[PageCache.Key(file: file.rawValue, index: index)] = frame
    pages.add(1, to: .filePages, of: frame)
    try add(frame, isAnonymous: false, pages)
    pages.events.pagesIn += 1
  }

  /// Says that a page was written to.
  mutating func markDirty(
    _ frame: PageFrameNumber, at now: Int, _ pages: borrowing PageAllocator
  ) throws(MachineError) {
    guard frame.index < pages.spannedFrames else { throw .noSuchFrame(UInt64(frame.rawValue)) }
    guard pages.frames[frame].flags.contains(.allocated) else { throw .notAllocated(frame) }
    guard !pages.frames[frame].flags.contains(.dirty) else { return }
    pages.frames[frame].flags.formUnion(.dirty)
    guard pages.frames[frame].owner.kind == .file else { return }
    pages.add(1, to: .dirty, of: frame)
    pages.add(1, to: .everDirtied, of: frame)
    pages.zones[Int(pages.frames[frame].zoneIndex)].writePending += 1
    writes.noteDirty(frame, at: now)
  }

  func clearDirty(_ frame: PageFrameNumber, _ pages: borrowing PageAllocator) {
    pages.frames[frame].flags.remove(.dirty)
    guard pages.frames[frame].owner.kind == .file else { return }
    pages.add(-1, to: .dirty, of: frame)
    pages.zones[Int(pages.frames[frame].zoneIndex)].writePending -= 1
  }

  /// Drops a file's pages from memory, written or not, and the file.
  mutating func remove(
    _ file: FileNumber, _ pages: inout PageAllocator
  ) throws(MachineError) {
    try cache.check(file, 0)
    let cached = cache.frames.filter { $0.key.file == file.rawValue }.values
    for frame in cached {
      let record = pages.frames[frame]
      guard record.mapCount == 0, record.referenceCount <= 1 else {
        throw .stillInUse(frame, record.flags, mapCount: Int(record.mapCount))
      }
    }
    for frame in cached.sorted() { dropCached(frame, &pages) }
    cache.remove(file)
  }

  /// Takes a page out of the cache and frees its frame.
  ///
  /// - Precondition: it is a file's, and nothing else uses it.
  mutating func dropCached(_ frame: PageFrameNumber, _ pages: inout PageAllocator) {
    let record = pages.frames[frame]
    assert(record.owner.kind == .file && record.mapCount == 0, "\(record.flags)")
    if record.flags.contains(.writeBack) { forgetWrite(frame, pages) }
    if record.flags.contains(.dirty) { clearDirty(frame, pages) }
    remove(frame, pages)
    cache.frames[PageCache.Key(file: Int(record.owner.number), index: Int(record.index))] = nil
    pages.add(-1, to: .filePages, of: frame)
    pages.frames[frame].flags.subtract([.referenced, .active])
    pages.release(frame, 0, cold: false)
  }
}
