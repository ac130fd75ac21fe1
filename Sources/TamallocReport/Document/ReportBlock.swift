// SPDX-License-Identifier: MIT

// A section is built once, as blocks, and written twice: as HTML and as Markdown. Texts within blocks are
// Markdown with code, emphasis and links; nothing else has a meaning there.

/// A part of a section.
enum ReportBlock: Sendable, Hashable {
  /// A heading below the section's own.
  case heading(String)
  /// Markdown of several paragraphs, lists and tables.
  case prose(String)
  case table(Table)
  /// Pictures side by side where there is room, as SVG documents; Markdown names their titles.
  case pictures([Picture])
  /// What a program printed.
  case output(String)
  /// What could not be shown, and why.
  case missing(String)
  /// The commands that made what stands above.
  case source(String)
  /// A whole page within the page.
  case page(title: String, html: String)
}

/// A picture with the name that it has in its own title.
struct Picture: Sendable, Hashable {
  let title: String
  let svg: String
}

/// A table whose first columns are words, and whose others are numbers.
struct Table: Sendable, Hashable {
  var header: [String]
  var rows: [[String]]
  /// How many columns hold words.
  var words = 1
}
