// SPDX-License-Identifier: MIT

import Pages
import Testing

@Suite struct ByteCountTests {
  @Test(arguments: [
    (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"),
    (10_240, "10 KiB"), (1_048_576, "1 MiB"), (1_100_000, "1.05 MiB"), (1 << 40, "1 TiB"),
    (-2048, "-2 KiB"), (Int.max, "8 EiB"), (1_073_741_823, "1024 MiB"),
  ])
  func `describes itself in IEC units`(bytes: Int, text: String) {
    #expect(ByteCount(bytes).description == text)
  }

  @Test func `makes units and holds at the ends`() {
    #expect(ByteCount.kibibytes(3) == 3072)
    #expect(ByteCount.mebibytes(1) == ByteCount.kibibytes(1024))
    #expect(ByteCount.gibibytes(1) == ByteCount.mebibytes(1024))
    #expect(ByteCount.tebibytes(1) == ByteCount.gibibytes(1024))
    #expect(ByteCount.tebibytes(.max) == ByteCount(.max))
    #expect(ByteCount.tebibytes(.min) == ByteCount(.min))
  }

  @Test(arguments: [
    (0, 4096, 0), (1, 4096, 4096), (4096, 4096, 4096), (4097, 12, 4104), (-1, 4096, 0),
    (-4097, 4096, -4096),
  ])
  func `rounds up to multiples`(bytes: Int, unit: Int, expected: Int) {
    #expect(ByteCount(bytes).roundedUp(toMultipleOf: ByteCount(unit)) == ByteCount(expected))
  }

  @Test func `says so where rounding overflows`() {
    #expect(ByteCount(.max).roundedUp(toMultipleOf: 4096) == nil)
  }
}

@Suite struct PageSizeTests {
  @Test(arguments: [0, -4096, 3, 4095, 12288])
  func `refuses what is no power of two`(bytes: Int) {
    #expect(PageSize(ByteCount(bytes)) == nil)
  }

  @Test func `rounds to its boundaries`() throws {
    let page = try #require(PageSize(4096))
    #expect(page.roundingDown(4095) == 0)
    #expect(page.roundingDown(8191) == 4096)
    #expect(page.roundingUp(0) == 0)
    #expect(page.roundingUp(1) == 4096)
    #expect(page.roundingUp(ByteCount(.max)) == nil)
    #expect(page.isAligned(8192))
    #expect(!page.isAligned(8193))
  }
}

@Suite struct VirtualAddressTests {
  @Test func `adds and measures distances`() {
    let address = VirtualAddress(rawValue: 0x7f00_0000_0000)
    #expect((address + 4096) - address == 4096)
    #expect(address - (address + 4096) == -4096)
    #expect(address < address + 1)
  }
}

@Suite struct AllocationErrorTests {
  @Test(arguments: [
    AllocationError.invalidSize(0), .sizeTooLarge(ByteCount(.max)), .invalidCount(-3),
    .invalidAlignment(3), .invalidFillPattern(0), .hugePagesWithFill,
    .invalidRange(lower: 1, upper: 9, size: 8), .invalidElements(lower: 1, upper: 9, count: 8),
    .addressSpaceExhausted(.tebibytes(200)),
    .addressSpaceLimit(.gibibytes(2), limit: .gibibytes(1)), .commitLimit(.gibibytes(2)),
    .mappingLimit(.gibibytes(2), limit: 65530), .descriptorLimit, .outOfMemory(4096),
    .usageUnavailable(errorNumber: 2), .systemCall(.mremap, errorNumber: 14),
  ])
  func `describes itself as one clause that a message can end with`(error: AllocationError) {
    let text = error.description
    #expect(text.count > 20, "\(text)")
    #expect(!text.hasSuffix("."), "\(text)")
    #expect(!text.contains("ByteCount"), "a number without its type: \(text)")
  }

  @Test func `names its input`() {
    #expect(AllocationError.invalidSize(-5).description.contains("-5"))
    #expect(
      AllocationError.systemCall(.memfdCreate, errorNumber: 24).description.contains("memfd_create")
    )
    #expect(Set(SystemCall.allCases.map(\.description)).count == SystemCall.allCases.count)
  }
}
