// SPDX-License-Identifier: MIT

// When memory is reclaimed: by a request that finds too little, and by kswapd as time passes. Which frames
// go is ``Reclaim``'s; whoever registered a ``Shrinker`` is asked, too, and may use the machine.

extension Machine {
  /// Lets time pass: writes are finished, kswapd works where it is awake, and what is dirty for too
  /// long is written.
  public mutating func tick(_ count: Int = 1) {
    guard !clock.isTicking else { return }
    clock.isTicking = true
    defer { clock.isTicking = false }
    for _ in 0..<max(0, count) {
      clock.now += 1
      store.finishWrites(pages)
      store.writeOldPages(at: clock.now, &pages)
      runKswapd()
      retryMemoryPools()
    }
  }

  /// Lets a tick pass where something is being written; false where nothing is, or nobody may wait.
  mutating func waitForWriteBack() -> Bool {
    guard store.writes.count > 0, !clock.isTicking else { return false }
    tick()
    return true
  }

  /// Reclaims on behalf of a request.
  ///
  /// - Returns: the frames that became free.
  mutating func reclaimDirectly(_ request: PageAllocator.Request) -> Int {
    pages.events.stalls += 1
    let before = pages.context
    pages.context.freesMemory = true
    defer { pages.context = before }
    var freed = 0
    for priority in stride(from: 12, through: 0, by: -1) {
      let scan = Scan(
        priority: priority, highest: request.flags.highestZone.rawValue, flags: request.flags,
        byKswapd: false)
      for node in 0..<nodeCount {
        if request.flags.contains(.thisNode), node != request.node { continue }
        freed += reclaim.shrink(node, scan, &pages, &store, &spaces)
      }
      freed += runShrinkers(priority: priority, flags: request.flags)
      if freed >= Reclaim.cluster { break }
    }
    if freed > 0 { reclaim.forgetFailures() }
    return freed
  }

  // MARK: kswapd

  /// A node's reclaim thread.
  public func kswapd(of node: NodeNumber) throws(MachineError) -> Kswapd {
    reclaim.threads[try pages.check(node)]
  }

  /// Lets the threads that are awake work for a tick.
  private mutating func runKswapd() {
    let before = pages.context
    pages.context = TaskContext()
    pages.context.freesMemory = true
    defer { pages.context = before }
    for node in 0..<nodeCount where reclaim.threads[node].isAwake { balance(node) }
  }

  private mutating func balance(_ node: Int) {
    var freed = 0
    var priority = 12
    while freed < Kswapd.framesPerTick {
      if reclaim.sleepIfBalanced(node, pages) { return }
      let scan = Scan(
        priority: priority, highest: reclaim.threads[node].highest, flags: .kernel, byKswapd: true)
      let round =
        reclaim.shrink(node, scan, &pages, &store, &spaces)
        + runShrinkers(priority: priority, flags: .kernel)
      freed += round
      if round == 0 { priority -= 1 }
      if priority < 0 {
        // For large blocks nothing can be done by reclaim: it sees to single frames instead.
        if reclaim.threads[node].order > 0 {
          reclaim.threads[node].order = 0
          priority = 12
          continue
        }
        if freed == 0, store.writes.count == 0 { reclaim.noteFailure(node) }
        return
      }
    }
  }

  // MARK: Who else can help

  /// Has reclaim ask a shrinker from now on.
  public mutating func register(_ shrinker: Shrinker) -> ShrinkerNumber {
    hooks.shrinkers.append(shrinker)
    return ShrinkerNumber(rawValue: hooks.shrinkers.count - 1)
  }

  /// Has reclaim ask it no more.
  public mutating func unregister(_ number: ShrinkerNumber) {
    guard hooks.shrinkers.indices.contains(number.rawValue) else { return }
    hooks.shrinkers[number.rawValue] = nil
  }

  /// Asks every shrinker for its share: twice what it has, by 2^priority (do_shrink_slab with the usual
  /// two seeks).
  private mutating func runShrinkers(priority: Int, flags: GFPFlags) -> Int {
    var freed = 0
    for index in hooks.shrinkers.indices {
      guard let shrinker = hooks.shrinkers[index] else { continue }
      let count = shrinker.count(self)
      let share = min(count, 2 * (count >> priority))
      if share > 0 { freed += shrinker.scan(&self, share, flags) }
    }
    pages.events.shrunk += freed
    return freed
  }

  /// What is done when nothing else helps; at first the worst process is ended.
  public var outOfMemoryHandler: OutOfMemoryHandler? {
    get { hooks.outOfMemoryHandler }
    set { hooks.outOfMemoryHandler = newValue }
  }

  /// Has something ended, where the request is one that others may die for: it may sleep and call file
  /// systems, its block is small, any zone's end would help it, and it does not insist on a node.
  mutating func endSomething(_ request: PageAllocator.Request) -> Bool {
    let flags = request.flags
    guard flags.contains(.fs), request.order <= Self.costlyOrder, flags.highestZone >= .normal,
      !flags.contains(.thisNode), let handler = hooks.outOfMemoryHandler
    else { return false }
    pages.events.outOfMemory += 1
    return handler(
      &self,
      OutOfMemory(
        order: Order(unchecked: request.order), flags: flags, node: NodeNumber(request.node)))
  }

  /// Ends the process that is worst; false where there is none.
  mutating func endWorst() -> Bool {
    spaces.endWorst(at: clock.now, &pages, &store, &areas)
  }
}
