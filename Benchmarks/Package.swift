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
    .package(name: "tamalloc", path: ".."),
    // Without traits: nothing here counts malloc calls, and the counting would slow them down.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    // The yardstick: clocks, /proc and mmap, shared by the benchmarks and by all peers in C.
    .target(name: "CMeasure"),

    .executableTarget(
      name: "LazyMemoryBenchmarks",
      dependencies: [
        "CMeasure",
        .product(name: "Tamalloc", package: "tamalloc"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/LazyMemoryBenchmarks",
      swiftSettings: strict + alignedLoops,
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),

    .executableTarget(
      name: "PhysicalMemoryBenchmarks",
      dependencies: [
        "CMeasure",
        .product(name: "PhysicalMemory", package: "tamalloc"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/PhysicalMemoryBenchmarks",
      swiftSettings: strict + alignedLoops,
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),

    // Holds what was measured against limits.json.
    .executableTarget(name: "Verdict", swiftSettings: strict),

    // What Peers/ has in C and Python, on LazyMemory.
    .executableTarget(
      name: "TamallocPeer",
      dependencies: ["CMeasure", .product(name: "Tamalloc", package: "tamalloc")],
      swiftSettings: strict),
  ]
)
