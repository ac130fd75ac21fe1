// SPDX-License-Identifier: MIT

// Whom reclaim asks: those who hold memory that it can't take by itself. Each gets the machine for the
// time of the call.

/// Something that holds memory which it can give back, such as the slab caches of the kernel's tables.
public struct Shrinker {
  /// For the views.
  public var name: String
  /// How many objects could be given back now.
  public var count: (borrowing Machine) -> Int
  /// Looks at so many objects, gives back what it can, and says how many frames became free.
  public var scan: (inout Machine, Int, GFPFlags) -> Int

  /// A shrinker of that name; see the two functions.
  public init(
    name: String, count: @escaping (borrowing Machine) -> Int,
    scan: @escaping (inout Machine, Int, GFPFlags) -> Int
  ) {
    self.name = name
    self.count = count
    self.scan = scan
  }
}

/// The number under which a shrinker is registered.
public struct ShrinkerNumber: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }
}

/// Who keeps the page tables that point to frames with a map count.
public struct PageTableOwner {
  /// Whether any page table entry of the frame was used since it was last asked; forgets it
  /// (page_referenced).
  public var testAndClearReferenced: (inout Machine, PageFrameNumber) -> Bool
  /// Takes the frame out of all page tables, which afterwards have the slot in its place, or nothing
  /// where there is none (try_to_unmap).
  ///
  /// The map count is 0 afterwards, and the slot has a user more for each entry. False: it can't be
  /// done, and nothing has changed.
  public var unmap: (inout Machine, PageFrameNumber, SwapSlot?) -> Bool

  /// An owner of page tables; see the two functions.
  public init(
    testAndClearReferenced: @escaping (inout Machine, PageFrameNumber) -> Bool,
    unmap: @escaping (inout Machine, PageFrameNumber, SwapSlot?) -> Bool
  ) {
    self.testAndClearReferenced = testAndClearReferenced
    self.unmap = unmap
  }
}

/// A request for which no memory is left.
public struct OutOfMemory: Sendable, Hashable {
  /// The order of the block that was asked for.
  public var order: Order
  /// The flags that it was asked for with.
  public var flags: GFPFlags
  /// The node that it was asked of.
  public var node: NodeNumber
}

/// Ends something so that memory becomes free, and says whether it found anything to end.
public typealias OutOfMemoryHandler = (inout Machine, OutOfMemory) -> Bool

extension Machine {
  /// Has reclaim ask a shrinker from now on.
  public mutating func register(_ shrinker: Shrinker) -> ShrinkerNumber {
    reclaim.shrinkers.append(shrinker)
    return ShrinkerNumber(rawValue: reclaim.shrinkers.count - 1)
  }

  /// Has reclaim ask it no more.
  public mutating func unregister(_ number: ShrinkerNumber) {
    guard reclaim.shrinkers.indices.contains(number.rawValue) else { return }
    reclaim.shrinkers[number.rawValue] = nil
  }

  /// Who keeps page tables.
  public var pageTables: PageTableOwner? {
    get { reclaim.pageTables }
    set { reclaim.pageTables = newValue }
  }

  /// What is done when nothing else helps.
  public var outOfMemoryHandler: OutOfMemoryHandler? {
    get { reclaim.outOfMemoryHandler }
    set { reclaim.outOfMemoryHandler = newValue }
  }

  /// Asks every shrinker for its share: twice what it has, by 2^priority (do_shrink_slab with the usual
  /// two seeks).
  mutating func runShrinkers(priority: Int, flags: GFPFlags) -> Int {
    var freed = 0
    for index in reclaim.shrinkers.indices {
      guard let shrinker = reclaim.shrinkers[index] else { continue }
      let count = shrinker.count(self)
      let share = min(count, 2 * (count >> priority))
      if share > 0 { freed += shrinker.scan(&self, share, flags) }
    }
    pages.events.shrunk += freed
    return freed
  }

  /// Has something ended, where the request is one that others may die for: it may sleep and call file
  /// systems, its block is small, any zone's end would help it, and it does not insist on a node.
  mutating func endSomething(_ request: PageAllocator.Request) -> Bool {
    let flags = request.flags
    guard flags.contains(.fs), request.order <= Self.costlyOrder, flags.highestZone >= .normal,
      !flags.contains(.thisNode), let handler = reclaim.outOfMemoryHandler
    else { return false }
    pages.events.outOfMemory += 1
    return handler(
      &self,
      OutOfMemory(
        order: Order(unchecked: request.order), flags: flags, node: NodeNumber(request.node)))
  }
}
