// SPDX-License-Identifier: MIT

/// The screen's content, so that only changed lines are written, in a single write.
struct Screen {
  private var lines: [String] = []
  private var columns = 0

  /// The output that turns the screen into these lines.
  mutating func update(to new: [String], rows: Int, columns: Int) -> String {
    var text = ""
    if columns != self.columns || rows < lines.count {
      text += "\u{1B}[2J"
      lines = []
    }
    self.columns = columns
    let shown = Array(new.prefix(rows))
    for index in 0..<max(shown.count, lines.count) {
      let line = index < shown.count ? shown[index] : ""
      if index < lines.count, lines[index] == line { continue }
      text += "\u{1B}[\(index + 1);1H\(line)\u{1B}[0m\u{1B}[K"
    }
    lines = shown
    // Synchronized output: a terminal that knows it shows the new picture at once.
    return text.isEmpty ? "" : "\u{1B}[?2026h\(text)\u{1B}[?2026l"
  }

  /// Forgets the content, so that everything is redrawn.
  mutating func invalidate() {
    columns = 0
  }
}
