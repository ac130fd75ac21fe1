// SPDX-License-Identifier: MIT

// Functions that others give a machine, and that it calls with itself: what holds memory gives some back
// (``Shrinker``), what is left when nothing helps is ended (``OutOfMemoryHandler``), and objects are made
// ready (``SlabConstructor``). Owners know nothing of them: they can use the machine's verbs, and so
// stand above all owners.

/// Something that holds memory which it can give back, such as the slab caches of the kernel's tables.
public struct Shrinker {
  /// For the views.
  public var name: String
  /// How many objects could be given back now.
  public var count: (borrowing Machine) -> Int
  /// Looks at up to that many objects, gives back what it can, and returns how many frames became free.
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

/// Makes an object ready when its slab is made, and not when it is allocated.
public typealias SlabConstructor = (inout Machine, KernelAddress) -> Void

/// All that was given to a machine.
struct MachineHooks {
  /// The first is that of the slab caches.
  var shrinkers: [Shrinker?] = [
    Shrinker(
      name: "slab", count: { $0.slabs.emptyObjects },
      scan: { machine, _, _ in machine.reapSlabCaches() })
  ]
  var outOfMemoryHandler: OutOfMemoryHandler? = { machine, _ in machine.endWorst() }
  /// Constructors of slab caches, by the index of the cache.
  var constructors: [Int: SlabConstructor] = [:]
}
