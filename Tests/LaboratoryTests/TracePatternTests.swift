// SPDX-License-Identifier: MIT

import Testing

@testable import Laboratory

/// Each hostile trace makes its allocator worse than the ordinary trace does, or than the others are.
@Suite struct TracePatternTests {
  /// What is compared; more is worse.
  enum Measure: String, Sendable {
    case penalty, overhead, pagesPerOperation, wordsPerOperation
    /// The share of the last row of requests for which pages with holes had no place.
    case missed
  }

  struct Claim: Sendable, CustomTestStringConvertible {
    var pattern: HostilePattern
    var victims: [AllocatorName]
    var measure: Measure
    /// At least so many times what the victim comes to on the ordinary trace.
    var timesOrdinary = 0.0
    /// More than these come to on the same trace.
    var others: [AllocatorName] = []
    /// At least so much.
    var least = 0.0
    var testDescription: String { "\(pattern.rawValue) \(measure.rawValue)" }
  }

  static let fits: [AllocatorName] = [.firstFit, .bestFit, .worstFit, .nearBestFit]
  static let buddies: [AllocatorName] = [.buddy, .lazyBuddy]
  static let lists: [AllocatorName] = [.powerOfTwo, .mcKusickKarels]
  static let all = fits + buddies + lists

  static let claims: [Claim] = [
    Claim(pattern: .pageEach, victims: [.dummy], measure: .overhead, others: all),
    Claim(pattern: .pinned, victims: all, measure: .penalty, timesOrdinary: 10),
    Claim(pattern: .pinnedRandom, victims: all, measure: .penalty, timesOrdinary: 10),
    Claim(pattern: .pageBounce, victims: all, measure: .pagesPerOperation, timesOrdinary: 3),
    Claim(pattern: .largestAndLeast, victims: all, measure: .pagesPerOperation, timesOrdinary: 3),
    Claim(pattern: .firstFitComb, victims: [.firstFit], measure: .missed, least: 0.7),
    Claim(pattern: .firstFitStaircase, victims: [.firstFit], measure: .penalty, timesOrdinary: 4),
    Claim(pattern: .bestFitSlivers, victims: [.bestFit], measure: .missed, others: [.firstFit]),
    Claim(
      pattern: .bestFitScatter, victims: [.bestFit, .nearBestFit], measure: .penalty,
      others: [.firstFit, .worstFit]),
    Claim(
      pattern: .worstFitShred, victims: [.worstFit], measure: .penalty,
      others: [.firstFit, .bestFit, .nearBestFit]),
    Claim(
      pattern: .buddyJustAbove, victims: buddies, measure: .overhead, timesOrdinary: 1.5,
      others: fits),
    Claim(pattern: .buddySplitMerge, victims: buddies, measure: .wordsPerOperation, others: fits),
    Claim(
      pattern: .buddySplitMerge, victims: [.lazyBuddy], measure: .wordsPerOperation,
      timesOrdinary: 1.5),
    Claim(
      pattern: .buddyCheckerboard, victims: [.buddy], measure: .missed, others: fits, least: 0.7),
    Claim(
      pattern: .lazyThrash, victims: [.lazyBuddy], measure: .wordsPerOperation, timesOrdinary: 1.2,
      others: [.buddy]),
    Claim(
      pattern: .lazyHoard, victims: [.lazyBuddy], measure: .missed, others: [.buddy], least: 0.7),
    Claim(
      pattern: .powerOfTwoExact, victims: [.powerOfTwo], measure: .overhead, timesOrdinary: 1.5,
      others: fits),
    Claim(
      pattern: .classPerPage, victims: lists, measure: .pagesPerOperation, others: fits + buddies),
    Claim(
      pattern: .mckusickClassPerPage, victims: [.mcKusickKarels], measure: .missed, others: fits,
      least: 0.9),
    Claim(
      pattern: .mckusickJustAbove, victims: [.mcKusickKarels], measure: .overhead,
      timesOrdinary: 1.5, others: fits),
    Claim(pattern: .nearFitWindow, victims: [.nearBestFit], measure: .missed, others: [.bestFit]),
    Claim(pattern: .nearFitMisses, victims: [.nearBestFit], measure: .missed, least: 0.7),
    Claim(
      pattern: .lowPageHole, victims: [.nearBestFit], measure: .pagesPerOperation, timesOrdinary: 3),
  ]

  static let ordinary = Trace(
    TraceRecipe(count: 1000, distribution: .log, sizes: 8...8000, lifetime: .uniform, seed: 1))

  private static func figure(
    _ allocator: AllocatorName, _ trace: Trace, _ measure: Measure
  ) throws -> Double {
    var weigh = Weigh(trace: trace, countsWords: measure == .wordsPerOperation, limit: 1024)
    let weight = try allocator.accept(&weigh)
    return switch measure {
    case .penalty: weight.penalty
    case .overhead: weight.overhead
    case .pagesPerOperation: Double(weight.pagesRequested) / Double(weight.operations)
    case .wordsPerOperation: weight.wordsChanged
    case .missed: 1 - Double(weight.servedFromOldPages) / Double(max(1, weight.lastRow))
    }
  }

  @Test func `every pattern has a claim`() {
    #expect(Set(Self.claims.map(\.pattern)) == Set(HostilePattern.allCases))
  }

  @Test(arguments: claims)
  func `the pattern is worst where it says`(claim: Claim) throws {
    let trace = claim.pattern.trace(count: 1500)
    for victim in claim.victims {
      let figure = try Self.figure(victim, trace, claim.measure)
      #expect(figure >= claim.least, "\(victim)")
      if claim.timesOrdinary > 0 {
        let usual = try Self.figure(victim, Self.ordinary, claim.measure)
        #expect(figure >= claim.timesOrdinary * usual, "\(victim): ordinary \(usual)")
      }
      for other in claim.others where other != victim {
        let theirs = try Self.figure(other, trace, claim.measure)
        #expect(figure > theirs, "\(victim) against \(other)")
      }
    }
  }

  @Test(arguments: HostilePattern.allCases)
  func `a pattern is a trace that frees all`(pattern: HostilePattern) throws {
    for (count, page) in [(0, 4096), (1, 8192), (500, 4096), (500, 65536)] {
      let trace = pattern.trace(count: count, pageSize: page)
      #expect(try Trace(reading: BytesInput(Array(trace.text.utf8))) == trace)
      let frees = trace.events.count { if case .free = $0 { true } else { false } }
      #expect(frees == trace.idCount)
      #expect(trace.events.count == 2 * trace.idCount)
    }
    #expect(pattern.trace(count: 300, seed: 5) == pattern.trace(count: 300, seed: 5))
  }
}
