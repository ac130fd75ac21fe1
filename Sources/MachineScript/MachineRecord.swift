// SPDX-License-Identifier: MIT

internal import Pages
internal import PhysicalMemory

/// A machine as `--json` writes it. Sizes are in frames of 4,096 bytes unless the name says bytes.
package struct MachineRecord: Encodable {
  struct Hardware: Encodable {
    var model: String
    var frameBytes: Int
    var presentFrames: Int
    var freeFrames: Int
    /// The node of each processor.
    var processors: [Int]
    /// How far each node is from each.
    var distances: [[Int]]
    var minFreeKibibytes: Int
    var swapSlots: Int
    var freeSwapSlots: Int
    var ticks: Int
  }

  struct Marks: Encodable {
    var min, low, high: Int
  }

  struct Cache: Encodable {
    var processor, frames, batch, high: Int
  }

  struct ZoneRecord: Encodable {
    var node: Int
    var type: String
    /// The first frame, and the one after the last.
    var start, end: Int
    var present, managed, free: Int
    /// Free blocks of each order, from 0 on.
    var freeBlocks: [Int]
    /// The unusable free space index of each order.
    var unusable: [Double]
    var watermarks: Marks
    /// Frames reserved against requests that could use zones up to the one named.
    var lowmemReserve: [String: Int]
    var perCPU: [Cache]
    var allocations, frees: Int
    var numaHit, numaMiss, numaForeign, numaLocal, numaOther: Int
  }

  struct NodeRecord: Encodable {
    var node: Int
    var kswapdAwake: Bool
    /// What the node's frames are used for.
    var counters: [String: Int]
  }

  struct SlabRecord: Encodable {
    var name: String
    var objectBytes, strideBytes: Int
    var objectsPerSlab, framesPerSlab: Int
    var colours: Int
    var offSlab: Bool
    var objects, liveObjects, cachedObjects: Int
    var fullSlabs, partialSlabs, emptySlabs: Int
    var grown, givenBack, constructed: Int
  }

  struct PoolRecord: Encodable {
    var number: Int
    /// Elements that the reserve should have, and has.
    var reserve, current: Int
    var inUse, waiters, wakes, reserveUses: Int
  }

  struct ProcessRecord: Encodable {
    var number: Int
    var name: String
    var parent: Int?
    var reserved, resident, peakResident, swapped, pageTables: Int
    var minorFaults, majorFaults: Int
    var score, scoreAdjustment: Int
  }

  struct KillRecord: Encodable {
    var process: Int
    var name: String
    var points, resident, tick: Int
  }

  struct ScriptRecord: Encodable {
    var statements: Int
    var expectations: Int
    /// What the script showed.
    var shown: String
    /// Why it stopped early.
    var failure: String?
  }

  var machine: Hardware
  var zones: [ZoneRecord]
  var nodes: [NodeRecord]
  var slabCaches: [SlabRecord]
  var memoryPools: [PoolRecord]
  var processes: [ProcessRecord]
  var kills: [KillRecord]
  /// What happened since boot, by the names of /proc/vmstat where it has one.
  var events: [String: Int]
  var script: ScriptRecord
}

extension MachineRecord {
  package init(_ run: borrowing ScriptRun, shown: String, failure: String?) {
    machine = Hardware(run.machine)
    zones = run.machine.populatedZones.map { ZoneRecord($0, of: run.machine) }
    nodes = (0..<run.machine.nodeCount).map { NodeRecord(NodeNumber($0), of: run.machine) }
    slabCaches = run.machine.slabCaches.compactMap { cache in
      (try? run.machine.statistics(of: cache)).map(SlabRecord.init)
    }
    memoryPools = run.machine.memoryPools.compactMap { number in
      guard let pool = try? run.machine.memoryPool(number) else { return nil }
      return PoolRecord(
        number: number.rawValue, reserve: pool.reserve, current: pool.current,
        inUse: pool.inUse, waiters: pool.waiters, wakes: pool.wakes,
        reserveUses: pool.reserveUses)
    }
    processes = run.machine.allProcesses.map { process in
      ProcessRecord(process, score: (try? run.machine.outOfMemoryScore(of: process.number)) ?? 0)
    }
    kills = run.machine.outOfMemoryKills.map {
      KillRecord(
        process: $0.process.rawValue, name: $0.name, points: $0.points, resident: $0.resident,
        tick: $0.tick)
    }
    events = Dictionary(uniqueKeysWithValues: run.machine.eventFigures)
    script = ScriptRecord(
      statements: run.steps, expectations: run.expectations, shown: shown, failure: failure)
  }
}

extension MachineRecord.Hardware {
  fileprivate init(_ machine: borrowing Machine) {
    let nodes = 0..<machine.nodeCount
    let layout = machine.layout
    let slots = machine.swapSlots
    self.init(
      model: layout.architecture.rawValue, frameBytes: PageFrameNumber.size.rawValue,
      presentFrames: machine.presentFrames, freeFrames: machine.freeFrames,
      processors: layout.processors.map(\.rawValue),
      distances: nodes.map { from in nodes.map { layout.distance(from, $0) } },
      minFreeKibibytes: machine.minFreeKibibytes, swapSlots: slots.all, freeSwapSlots: slots.free,
      ticks: machine.clock.now)
  }
}

extension MachineRecord.ZoneRecord {
  fileprivate init(_ zone: Zone, of machine: borrowing Machine) {
    let orders = (0..<Order.count).compactMap { try? Order($0) }
    let number = ZoneNumber(zone.type, of: zone.node)
    let higher = ZoneType.allCases.filter { $0 > zone.type }
    self.init(
      node: zone.node.rawValue, type: zone.type.description, start: Int(zone.start.rawValue),
      end: Int(zone.end.rawValue), present: zone.present, managed: zone.managed, free: zone.free,
      freeBlocks: orders.map { zone.freeBlocks($0) },
      unusable: orders.map { order in
        (machine.unusableFreeSpace(order, in: zone) * 10_000).rounded() / 10_000
      },
      watermarks: MachineRecord.Marks(
        min: zone.watermarks.min, low: zone.watermarks.low, high: zone.watermarks.high),
      lowmemReserve: Dictionary(
        uniqueKeysWithValues: higher.map { ($0.description, zone.lowmemReserve(against: $0)) }),
      perCPU: machine.layout.processors.indices.map { cpu in
        MachineRecord.Cache(
          processor: cpu,
          frames: machine.perCPUPages(ProcessorNumber(cpu), zone: number)?.count ?? 0,
          batch: zone.perCPUMarks.batch, high: zone.perCPUMarks.high)
      },
      allocations: zone.allocations, frees: zone.frees, numaHit: zone.hits, numaMiss: zone.misses,
      numaForeign: zone.foreign, numaLocal: zone.locals, numaOther: zone.others)
  }
}

extension MachineRecord.NodeRecord {
  fileprivate init(_ node: NodeNumber, of machine: borrowing Machine) {
    var counters: [String: Int] = [:]
    for counter in NodeCounter.allCases {
      counters["\(counter)"] = (try? machine.count(counter, of: node)) ?? 0
    }
    for list in ReclaimList.allCases {
      counters["\(list)"] = (try? machine.count(list, of: node)) ?? 0
    }
    self.init(
      node: node.rawValue, kswapdAwake: (try? machine.kswapd(of: node).isAwake) ?? false,
      counters: counters)
  }
}

extension MachineRecord.SlabRecord {
  fileprivate init(_ cache: SlabCacheStatistics) {
    self.init(
      name: cache.name, objectBytes: cache.objectSize.rawValue,
      strideBytes: cache.stride.rawValue, objectsPerSlab: cache.objectsPerSlab,
      framesPerSlab: cache.order.frameCount, colours: cache.colours, offSlab: cache.isOffSlab,
      objects: cache.objects, liveObjects: cache.liveObjects, cachedObjects: cache.cachedObjects,
      fullSlabs: cache.fullSlabs, partialSlabs: cache.partialSlabs, emptySlabs: cache.emptySlabs,
      grown: cache.grown, givenBack: cache.givenBack, constructed: cache.constructed)
  }
}

extension MachineRecord.ProcessRecord {
  fileprivate init(_ process: Process, score: Int) {
    self.init(
      number: process.number.rawValue, name: process.name, parent: process.parent?.rawValue,
      reserved: process.reserved, resident: process.resident, peakResident: process.peakResident,
      swapped: process.swapped, pageTables: process.pageTables, minorFaults: process.minorFaults,
      majorFaults: process.majorFaults, score: score, scoreAdjustment: process.scoreAdjustment)
  }
}
