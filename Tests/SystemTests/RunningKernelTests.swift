// SPDX-License-Identifier: MIT

import Foundation
import System
import Testing

@Suite struct RunningKernelTests {
  /// What the kernel lists of its own functions: addresses may be hidden, names are not.
  private func kernelDefines(_ function: String) throws -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/grep")
    process.arguments = ["-q", "_sys_\(function)$", "/proc/kallsyms"]
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  private func isFiltered() throws -> Bool {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    return !status.contains("Seccomp:\t0\n")
  }

  @Test(arguments: [
    (RunningKernel.Calls.reservations, "tamalloc_extended"),
    (RunningKernel.Calls.statistics, "tamalloc_total_statistics"),
  ])
  func `the kernel has the calls that it lists`(
    calls: RunningKernel.Calls, function: String
  ) throws {
    let listsAny = try kernelDefines("mmap")
    try #require(listsAny, "the kernel lists none of its functions")
    let expected = try kernelDefines(function) && !isFiltered()
    errno = 7
    #expect(RunningKernel.has(calls) == expected)
    #expect(errno == 7)
    #expect(RunningKernel.has(calls) == expected)
  }

  @Test(arguments: [
    ("6.12.117-tamalloc", 6, 12), ("4.9", 4, 9), ("6.7.0-rc3", 6, 7), ("10.0", 10, 0), ("", 0, 0),
    ("5", 5, 0), ("6.12+deb13", 6, 12),
  ])
  func `a release begins with two numbers`(release: String, major: Int, minor: Int) {
    let version = RunningKernel.version(of: release.utf8Span.span.bytes)
    #expect(version.major == major)
    #expect(version.minor == minor)
  }

  @Test func `the release is that of uname`() throws {
    let known = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
    let told = RunningKernel.withRelease { span in
      String(decoding: span.withUnsafeBytes { Array($0) }, as: UTF8.self)
    }
    #expect(told + "\n" == known)
  }
}
