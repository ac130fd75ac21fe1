// SPDX-License-Identifier: MIT

/// The two formats that a page of metrics may be asked for in (RFC 9110, section 12.5.1).
public enum MetricsFormat: Sendable, Hashable {
  /// OpenMetrics 1.0.
  case openMetrics
  /// Prometheus's own text format.
  case text

  /// What an answer's header calls it.
  public var contentType: String {
    switch self {
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    case .text: "text/plain; version=0.0.4; charset=utf-8"
    }
  }

  /// The format that a request's Accept header prefers; the older one where it says nothing of use.
  public init(accept: String) {
    var best: (format: MetricsFormat, quality: Double) = (.text, 0)
    for range in accept.split(separator: ",") {
      let parts = range.split(separator: ";").map { part in
        part.filter { $0 != " " && $0 != "\t" }.lowercased()
      }
      guard let type = parts.first else { continue }
      let format: MetricsFormat
      switch type {
      case "application/openmetrics-text": format = .openMetrics
      case "text/plain", "text/*", "*/*": format = .text
      default: continue
      }
      // Versions that do not exist yet are not spoken.
      if format == .openMetrics, let version = parts.first(where: { $0.hasPrefix("version=") }),
        version != "version=1.0.0", version != "version=0.0.1"
      {
        continue
      }
      let quality = parts.first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
      if quality > best.quality { best = (format, quality) }
    }
    self = best.format
  }
}
