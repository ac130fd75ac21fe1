// SPDX-License-Identifier: MIT

import Pages
import Testing

@testable import PhysicalMemory

@Suite struct WatermarkTests {
  /// The table in the comment above init_per_zone_wmark_min() of mm/page_alloc.c: memory in MiB and
  /// min_free_kbytes, which Linux rounds down and this model up.
  static let published = [
    (16, 512), (32, 724), (64, 1024), (128, 1448), (256, 2048), (512, 2896), (1024, 4096),
    (2048, 5792), (4096, 8192), (8192, 11584), (16384, 16384),
  ]

  @Test(arguments: published)
  func `min_free_kbytes is the square root that Linux publishes`(mebibytes: Int, kibibytes: Int) {
    let ours = PageAllocator.minFree(directlyMapped: mebibytes << 10)
    // The published figures are rounded down, some of them to multiples of 4.
    #expect(ours >= kibibytes && ours - kibibytes <= 5, "\(ours) against \(kibibytes)")
  }

  @Test func `min_free_kbytes is within 128 and 65,536`() {
    #expect(PageAllocator.minFree(directlyMapped: 4) == 128)
    #expect(PageAllocator.minFree(directlyMapped: 1 << 30) == 65_536)
    #expect(PageAllocator.minFree(directlyMapped: 1025) == 129)
  }

  @Test func `each zone has its share and marks of 5 and 6 quarters`() throws {
    let machine = try Machine(.x86_64(ram: .gibibytes(64)))
    #expect(machine.minFreeKibibytes == 32_768)
    let sum = machine.populatedZones.reduce(0) { $0 + $1.watermarks.min }
    #expect(sum <= 8192 && sum > 8192 - 3)
    for zone in machine.populatedZones {
      #expect(zone.watermarks.min == 8192 * zone.managed / (1 << 24))
      #expect(zone.watermarks.low == zone.watermarks.min * 5 / 4)
      #expect(zone.watermarks.high == zone.watermarks.min * 3 / 2)
    }
  }

  @Test func `high memory counts not in the sum and keeps 128 frames at most`() throws {
    let machine = try Machine(.i386(ram: .gibibytes(4)))
    #expect(machine.minFreeKibibytes == PageAllocator.minFree(directlyMapped: 896 << 10))
    #expect(try machine.zone(.highMemory).watermarks.min == 128)
  }

  @Test func `the older rule is frames by 128 within 20 and 255`() throws {
    var machine = try Machine(.i386(ram: .gibibytes(1)))
    machine.setWatermarkPolicy(.linear)
    #expect(try machine.zone(.dma).watermarks == Watermarks(min: 32, low: 64, high: 96))
    #expect(try machine.zone(.normal).watermarks == Watermarks(min: 255, low: 510, high: 765))
    machine.setWatermarkPolicy(.squareRoot)
    #expect(try machine.zone(.normal).watermarks.min > 255)
  }

  @Test func `a change of min_free_kbytes changes the marks at once`() throws {
    var machine = try Machine(.x86_64(ram: .gibibytes(1)))
    let before = try machine.zone(.dma32).watermarks
    try machine.setMinFree(kibibytes: machine.minFreeKibibytes * 2)
    #expect(try machine.zone(.dma32).watermarks.min == before.min * 2)
    #expect(throws: MachineError.self) { try machine.setMinFree(kibibytes: -1) }
    #expect(throws: MachineError.self) { try machine.setMinFree(kibibytes: .max) }
    #expect(machine.checkInvariants() == [])
  }
}
