// SPDX-License-Identifier: MIT

// Every page frame of a machine: its record (mem_map), its bytes (a memory file), and the window that maps
// it if it has no permanent address. The ``PageAllocator`` above decides who uses a frame.
//
// Invariant: a frame's record has a window's address iff that window shows the frame; a window that shows
// nothing has no users.

internal import Pages

/// The records, bytes and windows of a machine's page frames.
package struct PhysicalFrames: ~Copyable {
  let layout: MachineLayout
  let plan: KernelAddressPlan
  /// Frames from 0 to the last one of RAM, holes included.
  let spannedFrames: Int
  let ram: RAM
  package let records: RecordTable<PageFrame>
  var windows: HighMemoryWindows
  private let recordMemory: RecordMemory<PageFrame>
  private let stays = StaysInPlace()

  /// Makes the frames of a plan, and commits nothing.
  ///
  /// - Precondition: the plan was checked.
  init(_ layout: MachineLayout) throws(AllocationError) {
    let last = layout.ranges[layout.ranges.count - 1]
    let count = (Int(last.start.rawValue) + last.size.rawValue) >> PageFrameNumber.shift
    let plan = KernelAddressPlan(layout.architecture, frames: count)
    // Whole blocks, so that every frame's buddy has a record.
    let block = Order.largest.frameCount
    let recordMemory = try RecordMemory<PageFrame>(count: (count + block - 1) / block * block)
    let ram = try RAM(frames: count, directFrames: plan.directFrames)
    let windows = try HighMemoryWindows(plan: plan)
    self.layout = layout
    self.plan = plan
    spannedFrames = count
    records = RecordTable(recordMemory)
    self.recordMemory = recordMemory
    self.ram = ram
    self.windows = windows
  }

  /// Checks that windows and records agree.
  ///
  /// - Returns: what does not hold, and where.
  func checkInvariants() -> [String] {
    var broken: [String] = []
    for window in windows.windows.indices {
      let state = windows.windows[window]
      if let frame = state.frame {
        if records[frame].windowAddress != windows.address(window).rawValue {
          broken.append("window \(window): frame \(frame) does not know it")
        }
      } else if state.users != 0 {
        broken.append("window \(window): shows nothing, to \(state.users)")
      }
    }
    return broken
  }
}
