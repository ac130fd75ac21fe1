// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// Real programs under the heap, by the built command.
@Suite(.serialized) struct RunHeapTests {
  private static let built = Result {
    try BuiltCommand.run([], by: RunCommandTests.root + "/Malloc/build")
  }

  init() throws {
    let built = try Self.built.get()
    try #require(built.status == 0, "\(built.complaint)")
  }

  private let python = ["python3", "-c", "x = bytearray(30 << 20); print(len(x))"]

  @Test func `a command runs as it would without, and with its own status`() throws {
    let outcome = try BuiltCommand.run(["run", "--"] + python)
    #expect(outcome.status == 0 && outcome.complaint == "")
    #expect(try BuiltCommand.run(["run", "--", "sh", "-c", "exit 7"]).status == 7)
  }

  @Test func `statistics come at the end`() throws {
    let outcome = try BuiltCommand.run(["run", "--stats", "--"] + python)
    #expect(outcome.status == 0)
    #expect(outcome.complaint.contains("not cleared"), "\(outcome.complaint)")
    #expect(outcome.complaint.contains(#/larger +\d+ +\d\d\.\d MiB/#), "\(outcome.complaint)")
  }

  @Test func `the hardened mode finds a block that is freed twice`() throws {
    let program = """
      import ctypes
      c = ctypes.CDLL(None); c.malloc.restype = ctypes.c_void_p; c.free.argtypes = [ctypes.c_void_p]
      p = c.malloc(1000); c.free(p); c.free(p)
      """
    let outcome = try BuiltCommand.run(["run", "--hardened", "--", "python3", "-c", program])
    #expect(outcome.status == 128 + 6)
    #expect(outcome.complaint.contains("was freed before"), "\(outcome.complaint)")
  }

  @Test func `children belong to recordings`() throws {
    #expect(try BuiltCommand.run(["run", "--children", "--", "true"]).status == 2)
  }
}
