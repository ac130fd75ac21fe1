// swift-tools-version: 6.2
// SPDX-License-Identifier: MIT

import PackageDescription

/// As the package that is measured here is built.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Each inner loop starts on a cache line. Where it starts otherwise changes with every edit, and is
/// worth more than the 5 % that are looked for here.
#if arch(x86_64)
  let alignedLoops: [SwiftSetting] = [
    .unsafeFlags(["-Xllvm", "-x86-experimental-pref-innermost-loop-alignment=6"])
  ]
#else
  let alignedLoops: [SwiftSetting] = []
#endif

let package = Package(
  name: "tamalloc-benchmarks",
  dependencies: [
    // Named, because the directory above may be called anything.
    .package(name: "tamalloc", path: "..")
  ],
  targets: [
    // The yardstick: clocks, /proc and mmap, shared by the benchmarks and by all peers in C.
    .target(name: "CMeasure"),

    // Runs benchmarks and writes down what they measured.
    .target(name: "Measuring", dependencies: ["CMeasure"], swiftSettings: strict),

    .executableTarget(
      name: "LazyMemoryBenchmarks",
      dependencies: [
        "CMeasure", "Measuring",
        .product(name: "Tamalloc", package: "tamalloc"),
      ],
      path: "Benchmarks/LazyMemoryBenchmarks",
      swiftSettings: strict + alignedLoops),

    .executableTarget(
      name: "PhysicalMemoryBenchmarks",
      dependencies: [
        "CMeasure", "Measuring",
        .product(name: "PhysicalMemory", package: "tamalloc"),
      ],
      path: "Benchmarks/PhysicalMemoryBenchmarks",
      swiftSettings: strict + alignedLoops),

    // Holds what was measured against limits.json.
    .executableTarget(name: "Verdict", swiftSettings: strict),

    // What Peers/ has in C and Python, on LazyMemory.
    .executableTarget(
      name: "TamallocPeer",
      dependencies: ["CMeasure", .product(name: "Tamalloc", package: "tamalloc")],
      swiftSettings: strict),
  ]
)
