// SPDX-License-Identifier: MIT

// Windows through which a 32-bit kernel sees frames that have no address of their own (kmap).
//
//     frame 300000 ──▶ window 5 (0xff805000), used by 2
//
// A window stays on its frame after its last user has gone, until the windows run out: then all
// unused ones are cleared at once (flush_all_zero_pkmaps), and the search goes round again.
//
// Invariant: a frame's record has a window's address iff that window shows the frame. A window with no
// users may still show a frame; one that shows none has no users.
//
// Source: mm/highmem.c (map_new_virtual, flush_all_zero_pkmaps), Linux 2.6 to 6.12.

internal import Pages

/// The windows on high memory.
struct HighMemoryWindows: ~Copyable {
  /// The number of windows (LAST_PKMAP without PAE).
  static let limit = 1024

  /// What one shows, and to how many.
  struct Window {
    var frame: PageFrameNumber?
    var users = 0
  }

  var windows: [Window] = []
  var area: AddressArea
  /// Where the search for a window goes on.
  var next = 0
  /// How often all unused windows were cleared.
  var flushes = 0

  /// Makes the windows that a plan has room for: all, or none.
  init(plan: KernelAddressPlan) throws(AllocationError) {
    area = try AddressArea(
      start: plan.windows.lowerBound, size: ByteCount(Self.limit << PageFrameNumber.shift))
    windows = plan.windows.isEmpty ? [] : Array(repeating: Window(), count: Self.limit)
  }

  func address(_ window: Int) -> KernelAddress {
    area.start + ByteCount(window << PageFrameNumber.shift)
  }

  func window(at address: UInt64) -> Int {
    Int(address &- area.start.rawValue) >> PageFrameNumber.shift
  }
}

extension PhysicalFrames {
  /// Gives a frame an address (kmap): its own where it has one, else a window's.
  mutating func map(_ frame: PageFrameNumber) throws(MachineError) -> KernelAddress {
    guard isRAM(frame) else { throw .noSuchFrame(UInt64(frame.rawValue)) }
    if frame.index < plan.directFrames { return directAddress(of: frame) }
    let known = records[frame].windowAddress
    if known != 0 {
      windows.windows[windows.window(at: known)].users += 1
      return KernelAddress(rawValue: known)
    }
    let window = try freeWindow()
    let address = windows.address(window)
    do throws(AllocationError) {
      try windows.area.show(frame, at: address, of: ram)
    } catch {
      throw .host(error)
    }
    windows.windows[window] = HighMemoryWindows.Window(frame: frame, users: 1)
    records[frame].windowAddress = address.rawValue
    return address
  }

  /// Gives a window back (kunmap); its frame may keep it until others need it.
  mutating func unmap(_ frame: PageFrameNumber) throws(MachineError) {
    guard isRAM(frame) else { throw .noSuchFrame(UInt64(frame.rawValue)) }
    if frame.index < plan.directFrames { return }
    let known = records[frame].windowAddress
    guard known != 0 else { throw .notMapped(frame) }
    let window = windows.window(at: known)
    guard windows.windows[window].users > 0 else { throw .notMapped(frame) }
    windows.windows[window].users -= 1
  }

  /// Windows that are in use now, and how many there are.
  var windowUsage: (used: Int, limit: Int) {
    (windows.windows.count { $0.users > 0 }, windows.windows.count)
  }

  /// A window that shows nothing.
  private mutating func freeWindow() throws(MachineError) -> Int {
    for attempt in 0..<2 {
      while windows.next < windows.windows.count {
        let window = windows.next
        windows.next += 1
        if windows.windows[window].frame == nil { return window }
      }
      if attempt == 0 { try clearUnusedWindows() }
    }
    throw .noWindow(limit: windows.windows.count)
  }

  /// Takes every window without users off its frame.
  private mutating func clearUnusedWindows() throws(MachineError) {
    windows.next = 0
    windows.flushes += 1
    for window in windows.windows.indices {
      guard windows.windows[window].users == 0, windows.windows[window].frame != nil else {
        continue
      }
      try clearWindow(window)
    }
  }

  private mutating func clearWindow(_ window: Int) throws(MachineError) {
    guard let frame = windows.windows[window].frame else { return }
    do throws(AllocationError) {
      try windows.area.hide(windows.address(window))
    } catch {
      throw .host(error)
    }
    records[frame].windowAddress = 0
    windows.windows[window].frame = nil
  }

  /// Takes the windows off a block that is freed.
  mutating func forgetWindows(_ frame: PageFrameNumber, count: Int) {
    for window in windows.windows.indices {
      guard let shown = windows.windows[window].frame, shown >= frame,
        shown.index < frame.index + count
      else { continue }
      windows.windows[window].users = 0
      // Where the host refuses, the window goes on showing the frame, and both know: it is the
      // frame's window still when that is allocated again.
      try? clearWindow(window)
    }
  }
}
