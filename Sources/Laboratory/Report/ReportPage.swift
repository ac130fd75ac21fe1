// SPDX-License-Identifier: MIT

/// The report as one page that needs nothing else: style, script and data are in it.
public enum ReportPage {
  /// The page with its data.
  ///
  /// - Parameter data: a ``Comparison`` as JSON. A `<` in it, which only a text can have, is written
  ///   as JSON writes any character, so that no trace's name can end the script.
  public static func html(data: String) -> String {
    html(
      PackageResources.page_html,
      [PackageResources.charts_js, PackageResources.maps_js, PackageResources.page_js], data)
  }

  /// The page of a machine, in the same style.
  ///
  /// - Parameter data: its moments as JSON, as `tamalloc lab machine --report` writes them.
  public static func machine(data: String) -> String {
    html(PackageResources.machine_html, [PackageResources.machine_js], data)
  }

  private static func html(_ template: [UInt8], _ scripts: [[UInt8]], _ data: String) -> String {
    let common = [
      PackageResources.language_js, PackageResources.player_js, PackageResources.plot_js,
    ]
    let script = (common + scripts).map(text).joined(separator: "\n")
    var page = ""
    var rest = text(template)[...]
    for (mark, content) in [
      ("%STYLE%", text(PackageResources.page_css)), ("%DATA%", escaped(data)), ("%SCRIPT%", script),
    ] {
      guard let place = rest.range(of: mark) else { continue }
      page += rest[..<place.lowerBound] + content
      rest = rest[place.upperBound...]
    }
    return page + rest
  }

  private static func escaped(_ data: String) -> String {
    data.split(separator: "<", omittingEmptySubsequences: false).joined(separator: "\\u003C")
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension Substring {
  /// Where a text of ASCII first stands.
  fileprivate func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
