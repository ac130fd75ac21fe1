// SPDX-License-Identifier: MIT

import Foundation

/// A C program of the tests, compiled once for each run of them.
public enum CompiledProgram {
  /// A process whose memory is known: MemoryStatisticsTests/Programs/subject.c. Nil where there is no C
  /// compiler.
  public static let subject = path(of: "MemoryStatisticsTests/Programs/subject.c")

  private static func path(of source: String) -> String? {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let name = (source as NSString).lastPathComponent
    let program = NSTemporaryDirectory() + "tamalloc-\(name)-\(getpid())"
    let compiler = Process()
    compiler.executableURL = URL(filePath: "/usr/bin/env")
    compiler.arguments = [
      "cc", "-O1", "-Wall", "-pthread", "-o", program, tests.appending(path: source).path,
    ]
    do { try compiler.run() } catch { return nil }
    compiler.waitUntilExit()
    return compiler.terminationStatus == 0 ? program : nil
  }
}
