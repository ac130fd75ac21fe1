// SPDX-License-Identifier: MIT

// What is kept of a run for pictures: samples at even distances, few enough for a page that is read
// over the net, whatever the trace's length.
//
// Invariant: curves have a sample at event 0, then every `stride` events, and at the last; the map has
// one at each of the curves' samples whose index is a multiple of `mapStride`, and at the last.

internal import Pages

/// A run over events.
public struct History: Sendable {
  /// The number of the event that a sample was taken behind.
  public internal(set) var events: [Int] = [0]
  /// Bytes requested and not freed.
  public internal(set) var liveBytes: [Int] = [0]
  /// Pages in use at each sample.
  public internal(set) var pagesInUse: [Int] = [0]
  /// Which of the samples have a map.
  public internal(set) var mapSamples: [Int] = []
  /// The maps, of the samples that have one.
  public internal(set) var maps: [PageMap] = []

  /// The most samples, but for the first and the last.
  public static var most: Int { 960 }
  static var samplesPerMap: Int { 4 }
}

/// The state of every page at a moment.
///
/// States: 0 the page is free; 1 it is in use and holds no block, but control data or nothing;
/// 2 to 43 it holds blocks, and is as full as the state is high.
public struct PageMap: Sendable, Hashable {
  /// One for each page, up to the last that is in use.
  public internal(set) var states: [UInt8] = []

  /// The state of a page that blocks of so many bytes lie in.
  static func state(liveBytes: Int, pageBytes: Int) -> UInt8 {
    liveBytes <= 0 ? 1 : UInt8(2 + min(41, liveBytes * 42 / pageBytes))
  }
}

/// Takes the samples.
struct HistoryRecorder {
  private(set) var history = History()
  private let stride: Int
  private let pageBytes: Int
  private var liveByPage: [Int32] = []
  private var nextEvent: Int

  /// - Parameter events: how many there will be.
  init(events: Int, pageBytes: Int) {
    stride = max(1, (events + History.most - 1) / History.most)
    nextEvent = stride
    self.pageBytes = pageBytes
    history.mapSamples = [0]
    history.maps = [PageMap()]
  }

  /// Counts bytes that a page has more, or less.
  mutating func count(_ bytes: Int, inPage page: Int) {
    if page >= liveByPage.count {
      liveByPage.append(contentsOf: repeatElement(0, count: page + 1 - liveByPage.count))
    }
    liveByPage[page] += Int32(bytes)
  }

  @inline(__always)
  mutating func endEvent<Pages: ReplayPages & ~Copyable>(
    _ event: Int, liveBytes: Int, in pages: borrowing Pages
  ) {
    guard event == nextEvent else { return }
    sample(event, liveBytes, pages)
    if (history.events.count - 1) % History.samplesPerMap == 0 { map(pages) }
    nextEvent += stride
  }

  mutating func finish<Pages: ReplayPages & ~Copyable>(
    _ event: Int, liveBytes: Int, in pages: borrowing Pages
  ) {
    if history.events.last != event { sample(event, liveBytes, pages) }
    if history.mapSamples.last != history.events.count - 1 { map(pages) }
  }

  private mutating func sample<Pages: ReplayPages & ~Copyable>(
    _ event: Int, _ liveBytes: Int, _ pages: borrowing Pages
  ) {
    history.events.append(event)
    history.liveBytes.append(liveBytes)
    history.pagesInUse.append(pages.statistics.inUse)
  }

  private mutating func map<Pages: ReplayPages & ~Copyable>(_ pages: borrowing Pages) {
    var map = PageMap()
    var found = 0
    var page = 0
    let inUse = pages.statistics.inUse
    while found < inUse {
      if pages.isInUse(frame: page) {
        let live = page < liveByPage.count ? Int(liveByPage[page]) : 0
        map.states.append(PageMap.state(liveBytes: live, pageBytes: pageBytes))
        found += 1
      } else {
        map.states.append(0)
      }
      page += 1
    }
    history.mapSamples.append(history.events.count - 1)
    history.maps.append(map)
  }
}
