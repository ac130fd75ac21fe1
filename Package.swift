// swift-tools-version: 6.2
// SPDX-License-Identifier: MIT

import PackageDescription

/// Every target is built so: unsafe code is marked where it stands, and spans may be returned.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Tests look at memory from outside, where marking each look would say nothing.
let test: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableExperimentalFeature("Lifetimes")]

/// What the commands and the laboratory need of others, the libraries don't: who takes those alone says
/// `traits: []` of this package, and none of it is fetched.
let programs: TargetDependencyCondition? = .when(traits: ["Programs"])

let package = Package(
  name: "tamalloc",
  products: [
    .library(name: "Tamalloc", targets: ["Tamalloc"]),
    .library(
      name: "PhysicalMemory",
      targets: ["PhysicalMemory", "MachineScript", "PageRecordings", "Pages"]),
    .executable(name: "tamalloc", targets: ["TamallocCommand"]),
    .executable(name: "tamalloc-export", targets: ["TamallocExport"]),
    .executable(name: "tamalloc-report", targets: ["TamallocReport"]),
    .executable(name: "sparse-array", targets: ["SparseArrayExample"]),
  ],
  traits: [
    .trait(name: "Programs", description: "The commands, the laboratory and the report."),
    .default(enabledTraits: ["Programs"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    // Floor 1: the vocabulary.
    .target(name: "Pages", swiftSettings: strict),

    // Beside it: C headers, which System alone imports.
    .target(name: "CTamalloc"),

    // Floor 2: the allocators, pictures, and the door to the operating system.
    .target(name: "Allocators", dependencies: ["Pages"], swiftSettings: strict),
    .target(name: "Charts", swiftSettings: strict),
    .target(name: "System", dependencies: ["Pages", "CTamalloc"], swiftSettings: strict),

    // Floor 3: ranges of address space, and statistics.
    .target(name: "Reservations", dependencies: ["Pages", "System"], swiftSettings: strict),

    // Floor 4: the capabilities. The heap is for Malloc/, and for tests; nothing here depends on it.
    .target(
      name: "Tamalloc", dependencies: ["Pages", "System", "Reservations"], swiftSettings: strict),
    .target(
      name: "Heap", dependencies: ["Pages", "System", "Reservations"], swiftSettings: strict),
    .target(
      name: "Laboratory",
      dependencies: [
        "Pages", "Allocators", "Tamalloc", "PhysicalMemory",
        .product(name: "Histogram", package: "hdrhistogram-swift", condition: programs),
      ],
      resources: [.embedInCode("Report/Page")],
      swiftSettings: strict),

    .target(name: "MemoryStatistics", dependencies: ["Pages", "CTamalloc"], swiftSettings: strict),

    // Between floors 2 and 3: the model of Linux's physical memory.
    .target(
      name: "PhysicalMemory", dependencies: ["Pages", "Tamalloc"], swiftSettings: strict),
    // Above it: scripts that are run on it, and recordings of real kernels to compare it with.
    .target(
      name: "MachineScript", dependencies: ["Pages", "PhysicalMemory"], swiftSettings: strict),
    .target(
      name: "PageRecordings", dependencies: ["Pages", "PhysicalMemory"], swiftSettings: strict),

    // Floor 4: the command, and the exporter, which it becomes for `tamalloc export`.
    .target(
      name: "ExportArguments",
      dependencies: [
        "MemoryStatistics", "CTamalloc",
        .product(name: "ArgumentParser", package: "swift-argument-parser", condition: programs),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "TamallocExport",
      dependencies: [
        "MemoryStatistics", "ExportArguments",
        .product(name: "ArgumentParser", package: "swift-argument-parser", condition: programs),
        .product(name: "NIOCore", package: "swift-nio", condition: programs),
        .product(name: "NIOHTTP1", package: "swift-nio", condition: programs),
        .product(name: "NIOPosix", package: "swift-nio", condition: programs),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "TamallocCommand",
      dependencies: [
        "Pages", "Reservations", "Charts", "Tamalloc", "Laboratory", "PhysicalMemory",
        "MachineScript",
        "PageRecordings", "MemoryStatistics", "ExportArguments", "CTamalloc",
        .product(name: "ArgumentParser", package: "swift-argument-parser", condition: programs),
      ],
      swiftSettings: strict),

    // The report drives the others by their commands, and so imports none of them.
    .executableTarget(
      name: "TamallocReport",
      dependencies: [
        "Charts",
        .product(name: "ArgumentParser", package: "swift-argument-parser", condition: programs),
      ],
      resources: [.embedInCode("Texts/Prose")],
      swiftSettings: strict),

    // What the README shows.
    .executableTarget(
      name: "SparseArrayExample", dependencies: ["Tamalloc"], path: "Examples/SparseArray",
      swiftSettings: strict),

    // Tests mirror the sources; what they measure with stands apart.
    .target(
      name: "Instruments", path: "Tests/Instruments", exclude: ["Browser"], swiftSettings: test),
    .testTarget(name: "PagesTests", dependencies: ["Pages"], swiftSettings: test),
    .testTarget(
      name: "SystemTests", dependencies: ["System", "Pages", "Instruments"], swiftSettings: test),
    .testTarget(
      name: "ReservationsTests",
      dependencies: ["Reservations", "Tamalloc", "System", "Pages", "Instruments"],
      swiftSettings: test),
    .testTarget(
      name: "TamallocTests",
      dependencies: ["Tamalloc", "Reservations", "System", "Pages", "Instruments"],
      swiftSettings: test),
    .testTarget(
      name: "HeapTests", dependencies: ["Heap", "Pages", "Instruments"],
      exclude: ["Programs", "Models"], swiftSettings: test),
    .testTarget(
      name: "AllocatorsTests", dependencies: ["Allocators", "Pages", "Instruments"],
      swiftSettings: test),
    .testTarget(
      name: "LaboratoryTests", dependencies: ["Laboratory", "Allocators", "Pages", "Instruments"],
      exclude: ["Fuzz"], swiftSettings: test),
    .testTarget(
      name: "PhysicalMemoryTests", dependencies: ["PhysicalMemory", "Pages", "Instruments"],
      swiftSettings: test),
    .testTarget(
      name: "MachineScriptTests",
      dependencies: ["MachineScript", "PhysicalMemory", "Pages", "Instruments"],
      swiftSettings: test),
    .testTarget(
      name: "PageRecordingsTests",
      dependencies: ["PageRecordings", "PhysicalMemory", "Pages", "Instruments"],
      exclude: ["Recordings"], swiftSettings: test),
    .testTarget(name: "HouseTests", dependencies: ["SparseArrayExample"], swiftSettings: test),
    .testTarget(name: "ChartsTests", dependencies: ["Charts"], swiftSettings: test),
    .testTarget(
      name: "MemoryStatisticsTests",
      dependencies: ["MemoryStatistics", "Pages", "CTamalloc", "Instruments"],
      exclude: ["Programs"], swiftSettings: test),
    .testTarget(
      name: "TamallocCommandTests",
      dependencies: [
        "TamallocCommand", "Laboratory", "Pages", "Charts", "MemoryStatistics", "Instruments",
      ],
      exclude: ["Commands/Run/Programs", "Commands/Lab/Programs"], swiftSettings: test),
    .testTarget(
      name: "TamallocReportTests", dependencies: ["TamallocReport", "Charts", "Instruments"],
      exclude: ["Recordings"], swiftSettings: test),
    .testTarget(
      name: "TamallocExportTests", dependencies: ["TamallocExport", "Instruments"],
      swiftSettings: test),
    .testTarget(
      name: "CLibraryTests", dependencies: ["Heap", "Reservations", "Pages", "Instruments"],
      exclude: ["Programs"], swiftSettings: test),
  ]
)
