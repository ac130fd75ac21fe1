// SPDX-License-Identifier: MIT

/// The report as Markdown: the same texts and tables, with the names of the pictures.
struct MarkdownWriter {
  let language: Language

  func text(_ sections: [WrittenSection], subtitle: String) -> String {
    "# \(Phrase.reportTitle.text(language))\n\n\(subtitle)\n"
      + sections.map { section in
        "\n## \(section.title(language))\n"
          + section.blocks.map { "\n" + markdown($0) }.joined()
      }.joined()
  }

  private func markdown(_ block: ReportBlock) -> String {
    switch block {
    case .heading(let text): return "### \(text)\n"
    case .prose(let text): return text.hasSuffix("\n") ? text : text + "\n"
    case .table(let table): return self.table(table)
    case .pictures(let pictures):
      let names = pictures.map { "“\($0.title)”" }.joined(separator: ", ")
      return "*\(Phrase.picturesElsewhere.text(language)) \(names)*\n"
    case .output(let text): return "```\n\(text)\n```\n"
    case .missing(let text): return "> \(text)\n"
    case .source(let text): return "*\(text)*\n"
    case .page(let title, _): return "*\(Phrase.picturesElsewhere.text(language)) “\(title)”*\n"
    }
  }

  private func table(_ table: Table) -> String {
    func row(_ cells: [String]) -> String {
      "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
    }
    let rule = table.header.indices.map { $0 < table.words ? "---" : "--:" }
    return row(table.header) + "|" + rule.joined(separator: "|") + "|\n"
      + table.rows.map(row).joined()
  }

  private func escaped(_ cell: String) -> String {
    cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
