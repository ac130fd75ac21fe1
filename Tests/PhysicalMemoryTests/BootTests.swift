// SPDX-License-Identifier: MIT

import Testing

@testable import PhysicalMemory

@Suite struct BootTests {
  @Test func `a frame record has 64 bytes`() {
    #expect(MemoryLayout<PageFrame>.size == 64)
    #expect(MemoryLayout<PageFrame>.stride == 64)
  }
}
