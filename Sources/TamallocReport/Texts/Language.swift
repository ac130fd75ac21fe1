// SPDX-License-Identifier: MIT

internal import ArgumentParser

/// A language that the report is written in.
enum Language: String, CaseIterable, Sendable, ExpressibleByArgument {
  case english = "en"
  case spanish = "es"
}
