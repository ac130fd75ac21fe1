// SPDX-License-Identifier: MIT

// The course of CMeasure's report.h on a LazyMemory.
//
//     TamallocPeer GIB FILL

internal import CMeasure
internal import Glibc
internal import Pages
internal import Tamalloc

func run(_ arguments: [String]) throws -> Int32 {
  guard arguments.count == 2, let gibibytes = Int(arguments[0]), let fill = UInt8(arguments[1])
  else {
    print("usage: TamallocPeer GIB FILL")
    return 2
  }
  let size = ByteCount.gibibytes(gibibytes)
  var report = report_begin(size.rawValue, fill)
  var memory = try LazyMemory(size: size, fill: .byte(fill))
  return unsafe memory.withUnsafeMutableBytes { bytes in
    unsafe report_allocated(&report, bytes.baseAddress)
    unsafe report_touched(&report, bytes.baseAddress)
    return unsafe report_print(&report, bytes.baseAddress)
  }
}

exit(try run(Array(CommandLine.arguments.dropFirst())))
