// SPDX-License-Identifier: MIT

internal import Charts

/// A section, ready to be written.
struct WrittenSection: Sendable, Hashable {
  let name: SectionName
  let blocks: [ReportBlock]

  func title(_ language: Language) -> String {
    let title = Phrase.title(of: name)
    return language == .english ? title.english : title.spanish
  }
}

/// The report as one page that needs nothing from elsewhere.
struct HTMLWriter {
  let language: Language

  func page(_ sections: [WrittenSection], subtitle: String) -> String {
    let contents = sections.map { section in
      "<a href=\"#\(section.name.rawValue)\">\(Inline.html(section.title(language)))</a>"
    }.joined(separator: "\n")
    let body = sections.map { section in
      "<section id=\"\(section.name.rawValue)\">\n<h2>\(Inline.html(section.title(language)))</h2>\n"
        + section.blocks.map(html).joined() + "</section>\n"
    }.joined()
    return """
      <!doctype html>
      <html lang="\(language.rawValue)">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(markupText(Phrase.reportTitle.text(language)))</title>
      <style>
      \(Texts.style)</style>
      <header>
      <h1>\(Inline.html(Phrase.reportTitle.text(language)))</h1>
      <p>\(Inline.html(subtitle))</p>
      </header>
      <nav>
      \(contents)
      </nav>
      <main>
      \(body)</main>
      </html>

      """
  }

  private func html(_ block: ReportBlock) -> String {
    switch block {
    case .heading(let text): return "<h3>\(Inline.html(text))</h3>\n"
    case .prose(let text): return Prose.html(text)
    case .table(let table):
      return HTMLTable.html(
        header: table.header, rows: table.rows, isNumber: { $0 >= table.words })
    case .pictures(let pictures):
      return "<div class=\"pictures\">\n"
        + pictures.map { "<figure>\(inline($0.svg))</figure>\n" }.joined() + "</div>\n"
    case .output(let text): return "<pre>\(markupText(text))</pre>\n"
    case .missing(let text): return "<p class=\"missing\">\(Inline.html(text))</p>\n"
    case .source(let text): return "<p class=\"source\">\(Inline.html(text))</p>\n"
    case .page(let title, let html):
      return "<details><summary>\(Inline.html(title))</summary>\n"
        + "<iframe loading=\"lazy\" title=\"\(markupText(title))\" srcdoc=\"\(markupText(spoken(html)))\">"
        + "</iframe></details>\n"
    }
  }

  /// A page within this one, in the same language: it has the texts of all, and its first tag chooses.
  private func spoken(_ page: String) -> String {
    let english = "<html lang=\"en-GB\">"
    guard language == .spanish, let tag = page.firstRange(of: english) else { return page }
    return page[..<tag.lowerBound] + "<html lang=\"es\">" + page[tag.upperBound...]
  }

  /// An SVG document as an element: without its declaration, as wide as there is room, and without the
  /// style, which the page has once.
  private func inline(_ svg: String) -> String {
    guard let start = svg.firstRange(of: "<svg "),
      let opening = svg[start.lowerBound...].firstIndex(of: ">")
    else { return "" }
    var body = svg[svg.index(after: opening)...]
    if let style = body.firstRange(of: "<style>"), let end = body.firstRange(of: "</style>") {
      body = body[..<style.lowerBound] + body[end.upperBound...]
    }
    return String(svg[start.lowerBound...opening]) + body
  }
}

extension StringProtocol {
  /// Where a text first stands.
  func firstRange(of text: String) -> Range<Index>? {
    var place = startIndex
    while place < endIndex {
      if self[place...].hasPrefix(text) {
        return place..<index(place, offsetBy: text.count)
      }
      formIndex(after: &place)
    }
    return nil
  }
}
