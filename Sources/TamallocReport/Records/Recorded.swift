// SPDX-License-Identifier: MIT

// What commands print as JSON, as far as the report reads it. The other half of each record, which says all
// of its keys, is in the program that writes it; it is named here.

/// The records of commands.
enum Recorded {
  /// `scripts/describe-machine --json`: names and values.
  typealias Machine = [String: String]

  /// A line of `git log`, by the plan's format.
  struct Commit: Decodable {
    let commit: String
    /// In ISO 8601, with the author's own time zone.
    let time: String
  }

  /// `tamalloc lab compare --json` (ReplayRecord).
  struct Contest: Decodable {
    struct Trace: Decodable {
      let trace: String
      let events: Int
      let allocators: [Allocator]
    }
    struct Allocator: Decodable {
      struct Latency: Decodable { let p99: Int }
      let name: String
      let passed: Bool
      let penalty: Double
      let utilisation: Double
      let pagesPeak: Int
      let nanosecondsPerOperation: Double?
      let score: Double?
      let allocate: Latency?
    }
    let traces: [Trace]
  }

  /// `tamalloc lab machine --json` (MachineRecord).
  struct Model: Decodable {
    struct Script: Decodable {
      let statements: Int
      let expectations: Int
    }
    let script: Script
  }

  /// A line of `tamalloc stat --json` (StatisticsJSON).
  struct Holder: Decodable {
    let pid: Int
    let name: String?
    let reservedBytes: Int?
    let committedBytes: Int?
    let swapBytes: Int?
  }

  /// The line of `tamalloc stat --json --total`.
  struct Totals: Decodable {
    let processes: Int
    let addressSpaces: Int
    let reservedBytes: Int?
    let committedBytes: Int?
    let committedOnceBytes: Int?
    let swapBytes: Int?
  }

  /// `compare-sources --json`.
  struct Comparison: Decodable {
    struct Test: Decodable {
      let key: String
      let passed: Bool
      let complaints: [String]
    }
    let tests: [Test]
    /// At each look.
    let processesCompared: [Int]
  }

  /// `Benchmarks/peers --json`.
  struct Peers: Decodable {
    struct Row: Decodable {
      let name: String
      /// How it gets its memory.
      let how: String
      let fill: Int
      let nanoseconds, minorFaults, residentBytes, residentTouchedBytes: Double
    }
    let gibibytes: Int
    let runs: Int
    let rows: [Row]
    let absent: [String]
  }

  /// `Benchmarks/statistics/run --json`.
  struct StatisticsCost: Decodable {
    struct Row: Decodable {
      let name: String
      let key: String?
      let milliseconds, wallMilliseconds: Double?
      let microsecondsPerProcess, wallMicrosecondsPerProcess: Double?
      let ofFloor, wallOfFloor: Double?
    }
    /// Milliseconds.
    struct Scrape: Decodable { let first, others: Double }
    let processes: Int
    let once: [Row]
    /// Milliseconds of the processor for each second.
    let live: [Row]
    let scrape: Scrape
  }

  /// `Benchmarks/run --json` (VerdictRecord).
  struct Verdict: Decodable {
    struct Row: Decodable {
      let benchmark, number: String
      let p25, median, p75: Double
      let limit: Double?
    }
    let rows: [Row]
  }

  /// `Benchmarks/heap/run --json`.
  struct Heap: Decodable {
    struct Table: Decodable {
      let kind: String
      /// Ours first.
      let allocators: [String]
      let rows: [Row]
      /// How many times as long as ours each of the others takes.
      let means: [String: Double]
    }
    struct Row: Decodable {
      let work, touch: String
      /// Of its blocks: one, or the least and the most.
      let sizes: [Int]
      /// Of each allocator; nil where it failed.
      let results: [Result?]
    }
    struct Result: Decodable {
      let nanoseconds, kibibytes: Double
    }
    struct Start: Decodable {
      let allocator: String
      let microseconds, kibibytes: Double
    }
    let tables: [Table]
    let starts: [Start]
  }
}

extension Recorded.Heap.Row {
  /// Our time as a multiple of the quickest other one's.
  var ratio: Double? {
    guard let ours = results.first ?? nil,
      let best = results.dropFirst().compactMap({ $0?.nanoseconds }).min(), best > 0
    else { return nil }
    return ours.nanoseconds / best
  }
}
