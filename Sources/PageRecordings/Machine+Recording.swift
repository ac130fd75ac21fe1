// SPDX-License-Identifier: MIT

// A machine in the state of a recording's first snapshot: the same RAM, the same marks, the same frames
// free.

internal import Pages
internal import PhysicalMemory

extension Machine {
  /// The machine of a recording, in the state of its first snapshot: zones' marks, free frames. What
  /// the kernel holds in per-CPU lists counts as allocated.
  static func beginning(
    _ recording: borrowing PageRecording
  ) throws(PageRecordingError) -> Machine {
    let first = recording.snapshots[0]
    var layout = MachineLayout(
      .x86_64,
      ranges: recording.ram.map { range in
        MachineLayout.Range(
          start: PhysicalAddress(rawValue: UInt64(range.lowerBound) << 12),
          size: ByteCount(range.count << 12))
      },
      processors: Array(repeating: 0, count: first.zones[0].cached.count))
    layout.hasDMAZone = first.zones.contains { $0.type == .dma }
    var machine = try built(layout)
    for zone in first.zones { machine.adopt(zone) }
    machine.pages.takeAll()
    for stretch in first.free {
      for frame in stretch {
        let number = PageFrameNumber(index: frame)
        guard machine.pages.isTaken(number) else {
          throw PageRecordingError(problem: .noSuchFrame(frame), line: first.line)
        }
        machine.pages.giveSettled(number, order: 0, caching: false)
      }
    }
    return machine
  }

  private static func built(_ layout: MachineLayout) throws(PageRecordingError) -> Machine {
    do throws(MachineError) {
      return try Machine(layout)
    } catch {
      throw PageRecordingError(problem: .machine(error), line: 0)
    }
  }

  /// A zone's marks, as a kernel has them.
  private mutating func adopt(_ zone: PageSnapshot.Zone) {
    pages.setMarks(
      of: zone.type, min: zone.min, low: zone.low, high: zone.high, protection: zone.protection,
      perCPUBatch: zone.batch, perCPUHigh: max(zone.cachedHigh.max() ?? 0, zone.batch * 4))
  }
}
