// swift-tools-version: 6.2
// SPDX-License-Identifier: MIT

import PackageDescription

/// The C library: the sources of ../Sources, which stand here as links, as Embedded Swift.
///
/// Whole modules are compiled together, each function into a section of its own, so that the linker
/// leaves out what the C functions don't need: most of all Swift's own runtime.
let embedded: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .enableExperimentalFeature("Embedded"),
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-wmo", "-Xfrontend", "-function-sections"]),
]

let package = Package(
  name: "Malloc",
  products: [
    .library(name: "tamalloc", type: .static, targets: ["TamallocLibrary", "COperators"]),
    .library(name: "tamalloc-record", type: .static, targets: ["TamallocRecorder"]),
  ],
  targets: [
    .target(name: "Pages", swiftSettings: embedded),
    // C++ throws through them, and a program may replace each.
    .target(
      name: "COperators",
      cSettings: [
        .unsafeFlags(["-ffunction-sections", "-fexceptions", "-fsemantic-interposition"])
      ]),
    // A library has no arguments.
    .target(
      name: "CTamalloc", exclude: ["arguments.c"],
      cSettings: [.unsafeFlags(["-ffunction-sections"])]),
    .target(name: "System", dependencies: ["Pages", "CTamalloc"], swiftSettings: embedded),
    .target(name: "Reservations", dependencies: ["Pages", "System"], swiftSettings: embedded),
    .target(
      name: "Heap", dependencies: ["Pages", "System", "Reservations"], swiftSettings: embedded),
    .target(
      name: "TamallocLibrary", dependencies: ["Heap", "Pages", "Reservations", "CTamalloc"],
      swiftSettings: embedded),

    // The preload library that records a program's allocations.
    .target(name: "CRecorder"),
    .target(
      name: "TamallocRecorder", dependencies: ["CRecorder"],
      // One lock guards the state: to check each access would be a function call.
      swiftSettings: embedded + [.unsafeFlags(["-enforce-exclusivity=unchecked"])]),
  ]
)
