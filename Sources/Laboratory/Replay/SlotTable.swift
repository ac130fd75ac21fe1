// SPDX-License-Identifier: MIT

// Which slot an id has, and how large its block is, for ids that are live: memory follows the blocks
// that live at one time, and not the length of the trace.
//
// Ids are requested in order, so that the last of them have a place each in a *window*, a ring: to look
// one up takes no search. What is still live when the ring comes round again moves to a dictionary, as
// in LiveIDs.swift.
//
//     ids     0 ──────────── known − capacity ─────────── known
//             │ dictionary          │ window: a place each  │ not requested yet
//
// Slots that no block has stand on a stack, the one to be used next on top.
//
// Invariants: the capacity is a power of two, and until it is the largest that it may be the window has
// every id; a place that no live id has is 0; a slot below the stack's capacity is either on the stack
// once or in the table once, but for one that a resize is about to reclaim.

/// The live ids, their slots and their sizes.
@safe
struct SlotTable: ~Copyable {
  struct Entry: BitwiseCopyable {
    var slot: UInt32
    /// Bytes.
    var size: Int32
  }

  /// Of each id the slot and one, or 0.
  private var window: UnsafeMutablePointer<UInt32>
  private var capacity: Int
  private let mostCapacity: Int
  private var older: [Int: UInt32] = [:]
  /// One more than the largest id so far.
  private var known = 0
  /// The known ids at which the window has to grow.
  private var room: Int

  private var spare: UnsafeMutablePointer<UInt32>
  /// Bytes, by slot.
  private var sizes: UnsafeMutablePointer<Int32>
  private var spareCount = 1 << 10
  private var spareCapacity = 1 << 10
  /// The fewest slots that were spare since the stack grew.
  private var leastSpare = 1 << 10

  /// How many slots were in use at one time.
  var slotCount: Int { spareCapacity - leastSpare }

  /// No ids.
  ///
  /// - Parameters:
  ///   - ids: how many there will be, about.
  ///   - mostCapacity: up to how many places the window grows, of 4 bytes each; a power of two.
  init(ids: Int = 0, mostCapacity: Int = 1 << 20) {
    self.mostCapacity = max(mostCapacity, 1 << 10)
    capacity = 1 << 10
    while capacity < min(ids, self.mostCapacity) { capacity *= 2 }
    room = capacity < self.mostCapacity ? capacity : .max
    unsafe window = .allocate(capacity: capacity)
    unsafe window.initialize(repeating: 0, count: capacity)
    unsafe spare = .allocate(capacity: spareCapacity)
    unsafe sizes = .allocate(capacity: spareCapacity)
    unsafe sizes.initialize(repeating: 0, count: spareCapacity)
    fillSpare(from: 0)
  }

  deinit {
    unsafe window.deallocate()
    unsafe spare.deallocate()
    unsafe sizes.deallocate()
  }

  /// Appends the steps of requests and frees, up to the first event that is not as usual; returns how
  /// many there were.
  ///
  /// Requests and frees follow each other at random: without a branch between them none is guessed
  /// wrong. A request takes the top of the stack and a free puts its slot there, which writes the same
  /// place: that of the slot.
  ///
  /// - Complexity: O(n).
  mutating func appendSteps(of events: Span<UInt64>, largest: Int, to steps: inout [Step]) -> Int {
    var done = 0
    while done < events.count {
      let piece = min(events.count - done, Self.pieceLength)
      let count = unsafe withUnsafeTemporaryAllocation(of: Step.self, capacity: piece) { piece in
        let count = unsafe self.steps(of: events.extracting(droppingFirst: done), largest, piece)
        unsafe steps.append(contentsOf: UnsafeBufferPointer(rebasing: piece[..<count]))
        return count
      }
      done += count
      if count < piece { break }
    }
    return done
  }

  private static var pieceLength: Int { 1024 }

  /// Writes the steps of events into a piece, and returns how many.
  @inline(__always)
  private mutating func steps(
    of events: Span<UInt64>, _ largest: Int, _ piece: UnsafeMutableBufferPointer<Step>
  ) -> Int {
    // What changes with each event stays in registers.
    let (window, spare, sizes) = unsafe (window, spare, sizes)
    let steps = unsafe piece.baseAddress.unsafelyUnwrapped
    let ring = capacity &- 1
    var (known, spareCount, leastSpare) = (known, spareCount, leastSpare)
    var index = 0
    while index < piece.count {
      // SAFETY: a piece is no longer than the events.
      let event = PackedEvent(word: unsafe events[unchecked: index])
      let isFree = event.kind >> 1
      let place = event.id & ring
      // SAFETY: the place is within the ring.
      let found = unsafe window[place]
      let age = UInt(bitPattern: known &- event.id &- isFree)
      guard
        event.kind & 1 == 0, (found != 0) == (isFree != 0),
        age <= UInt(bitPattern: ring &* isFree), known < room,
        spareCount > 0, event.size <= largest
      else { break }
      let top = spareCount &- 1 &+ isFree
      let mask = 0 &- UInt32(truncatingIfNeeded: isFree)
      // SAFETY: top < spareCapacity, for a slot that is freed is not on the stack; a slot is below
      // spareCapacity.
      let fresh = unsafe spare[top]
      let slot = fresh ^ ((fresh ^ (found &- 1)) & mask)
      unsafe spare[top] = slot
      spareCount = top &+ isFree
      leastSpare = min(leastSpare, spareCount)
      unsafe window[place] = (slot &+ 1) & ~mask
      let signs = Int32(bitPattern: mask)
      let size =
        unsafe Int32(truncatingIfNeeded: event.size) & ~signs | sizes[Int(slot)] & signs
      unsafe sizes[Int(slot)] = size
      known &+= 1 &- isFree
      unsafe (steps + index).initialize(to: Step(slot: slot, code: size ^ signs))
      index &+= 1
    }
    (self.known, self.spareCount, self.leastSpare) = (known, spareCount, leastSpare)
    return index
  }

  /// Puts an id that is not there into a slot of its own, and says which.
  ///
  /// - Complexity: O(1) amortised, for ids that come in order.
  mutating func insert(_ id: Int, size: Int) -> UInt32 {
    if spareCount == 0 { growSpare() }
    spareCount -= 1
    leastSpare = min(leastSpare, spareCount)
    // SAFETY: slots are below spareCapacity.
    let slot = unsafe spare[spareCount]
    unsafe sizes[Int(slot)] = Int32(truncatingIfNeeded: size)
    while known <= id { makeKnown() }
    if isInWindow(id) {
      // SAFETY: the place is within the ring.
      unsafe window[id & (capacity - 1)] = slot + 1
    } else {
      older[id] = slot
    }
    return slot
  }

  /// Takes an id out; nil where it is not there.
  ///
  /// - Complexity: O(1) on average.
  mutating func remove(_ id: Int) -> Entry? {
    guard let entry = removeKeepingSlot(id) else { return nil }
    reclaim(entry.slot)
    return entry
  }

  /// Takes an id out whose slot is reclaimed later.
  mutating func removeKeepingSlot(_ id: Int) -> Entry? {
    guard isInWindow(id) else { return older.removeValue(forKey: id).map { entry($0) } }
    let place = id & (capacity - 1)
    // SAFETY: the place is within the ring.
    let found = unsafe window[place]
    unsafe window[place] = 0
    return found == 0 ? nil : entry(found - 1)
  }

  /// Lets a slot be used again.
  mutating func reclaim(_ slot: UInt32) {
    // SAFETY: there is room for every slot, and each is spare once.
    unsafe spare[spareCount] = slot
    spareCount += 1
  }

  /// All that are live, in no order.
  var live: [Entry] {
    var live = older.values.map { entry($0) }
    for place in 0..<capacity {
      // SAFETY: the place is within the ring.
      let found = unsafe window[place]
      if found != 0 { live.append(entry(found - 1)) }
    }
    return live
  }

  private func entry(_ slot: UInt32) -> Entry {
    // SAFETY: slots are below spareCapacity.
    Entry(slot: slot, size: unsafe sizes[Int(slot)])
  }

  private func isInWindow(_ id: Int) -> Bool { id < known && id >= known - capacity }

  /// Gives the next id the place of the one that is `capacity` older.
  private mutating func makeKnown() {
    if known == room { growWindow() }
    let place = known & (capacity - 1)
    // SAFETY: the place is within the ring.
    let found = unsafe window[place]
    if found != 0 { older[known - capacity] = found - 1 }
    unsafe window[place] = 0
    known += 1
  }

  private mutating func growWindow() {
    let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: 2 * capacity)
    // SAFETY: all ids are below the capacity, so that their slots stay where they are.
    unsafe larger.update(from: window, count: capacity)
    unsafe (larger + capacity).initialize(repeating: 0, count: capacity)
    unsafe window.deallocate()
    unsafe window = larger
    capacity *= 2
    room = capacity < mostCapacity ? capacity : .max
  }

  /// Makes as many slots more, while none is spare.
  private mutating func growSpare() {
    let slots = spareCapacity
    spareCapacity *= 2
    unsafe spare.deallocate()
    unsafe spare = .allocate(capacity: spareCapacity)
    let larger = UnsafeMutablePointer<Int32>.allocate(capacity: spareCapacity)
    // SAFETY: the first half has the sizes so far.
    unsafe larger.update(from: sizes, count: slots)
    unsafe (larger + slots).initialize(repeating: 0, count: slots)
    unsafe sizes.deallocate()
    unsafe sizes = larger
    spareCount = slots
    leastSpare = slots
    fillSpare(from: slots)
  }

  /// Puts slots on the stack, the first one on top.
  private mutating func fillSpare(from first: Int) {
    for index in 0..<spareCount {
      // SAFETY: spareCount ≤ spareCapacity.
      unsafe spare[index] = UInt32(first + spareCount - 1 - index)
    }
  }
}
