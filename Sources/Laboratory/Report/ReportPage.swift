// SPDX-License-Identifier: MIT

/// A page that needs nothing else: style, scripts and data are in it. Both pages are one shell with a player
/// around parts and scripts of their own.
public enum ReportPage {
  /// The page that sets allocators side by side.
  ///
  /// - Parameter data: a ``Comparison`` as JSON. A `<` in it, which only a text can have, is written
  ///   as JSON writes any character, so that no trace's name can end the script.
  public static func html(data: String) -> String {
    page(
      title: "Kernel memory allocators, raced", main: PackageResources.compare_html,
      [PackageResources.charts_js, PackageResources.maps_js, PackageResources.compare_js], data)
  }

  /// The page of a machine.
  ///
  /// - Parameter data: its moments as JSON, as `tamalloc lab machine --report` writes them.
  public static func machine(data: String) -> String {
    page(
      title: "A machine’s page frames", main: PackageResources.machine_html,
      [PackageResources.machine_js], data)
  }

  private static func page(
    title: String, main: [UInt8], _ scripts: [[UInt8]], _ data: String
  ) -> String {
    let common = [
      PackageResources.language_js, PackageResources.player_js, PackageResources.plot_js,
    ]
    let script = (common + scripts).map(text).joined(separator: "\n")
    let parts = filled(text(main), [("%PLAYER%\n", text(PackageResources.player_html))])
    return filled(
      text(PackageResources.shell_html),
      [
        ("%TITLE%", title), ("%STYLE%", text(PackageResources.shell_css)), ("%TITLE%", title),
        ("%MAIN%", parts), ("%DATA%", escaped(data)), ("%SCRIPT%", script),
      ])
  }

  /// A template with each mark replaced where it first stands behind the one before.
  private static func filled(_ template: String, _ contents: [(mark: String, text: String)])
    -> String
  {
    var page = ""
    var rest = template[...]
    for (mark, content) in contents {
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
