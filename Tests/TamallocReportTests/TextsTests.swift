// SPDX-License-Identifier: MIT

import Testing

@testable import TamallocReport

/// Both languages say the same things.
@Suite struct TextsTests {
  @Test(arguments: Phrase.allCases)
  func `each phrase has a text in both languages`(phrase: Phrase) {
    #expect(!phrase.text(.english).isEmpty, "\(phrase) has no English")
    #expect(!phrase.text(.spanish).isEmpty, "\(phrase) has no Spanish")
  }

  @Test func `what is a sentence differs between the languages`() {
    for phrase in Phrase.allCases where phrase.text(.english).split(separator: " ").count > 2 {
      #expect(phrase.text(.english) != phrase.text(.spanish), "\(phrase)")
    }
  }

  @Test(arguments: SectionName.allCases.filter { $0 != .machine })
  func `each section's prose has the same shape in both languages`(section: SectionName) throws {
    let english = try #require(Texts.prose(section, .english))
    let spanish = try #require(Texts.prose(section, .spanish))
    #expect(english != spanish)
    for mark in ["### ", "| ", "- ", "```"] {
      let counts = [english, spanish].map { text in
        text.split(separator: "\n").filter { $0.hasPrefix(mark) }.count
      }
      #expect(counts[0] == counts[1], "\(section): lines that begin with \(mark)")
    }
  }

  @Test func `a phrase has the same holes in both languages`() {
    for phrase in Phrase.allCases {
      let holes = Language.allCases.map { phrase.text($0).ranges(of: "{}").count }
      #expect(holes[0] == holes[1], "\(phrase)")
    }
    #expect(Phrase.timedOut.text(.spanish, "7") == "sin terminar tras 7 s")
  }

  @Test func `the Spanish has the field's terms`() {
    let texts =
      SectionName.allCases.compactMap { Texts.prose($0, .spanish) }.joined()
      + Phrase.allCases.map { $0.text(.spanish) }.joined(separator: " ")
    for term in ["reservada", "comprometida", "fallo de página", "conjunto residente"] {
      #expect(texts.contains(term), "\(term)")
    }
  }
}
