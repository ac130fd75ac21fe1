// SPDX-License-Identifier: MIT

internal import MemoryStatistics
internal import NIOHTTP1

/// What is said to a request.
struct MetricsAnswer: Sendable {
  var status: HTTPResponseStatus
  var headers: HTTPHeaders
  var body: String

  init(status: HTTPResponseStatus, type: String = "text/plain; charset=utf-8", body: String? = nil)
  {
    self.status = status
    self.body = body ?? "\(status.code) \(status.reasonPhrase)\n"
    headers = [
      "content-type": type, "x-content-type-options": "nosniff", "cache-control": "no-store",
    ]
  }
}

/// The pages: the metrics, one that leads to them, and nothing else.
struct MetricsSite: Sendable {
  let scanner: MetricsScanner
  let telemetryPath: String

  func answer(to head: HTTPRequestHead) -> MetricsAnswer {
    guard let path = RequestTarget(head.uri).path else { return MetricsAnswer(status: .badRequest) }
    guard path == telemetryPath || path == "/" else { return MetricsAnswer(status: .notFound) }
    guard head.method == .GET || head.method == .HEAD else {
      var answer = MetricsAnswer(status: .methodNotAllowed)
      answer.headers.add(name: "allow", value: "GET, HEAD")
      return answer
    }
    return path == telemetryPath ? metrics(accept: head.headers["accept"]) : landingPage
  }

  private func metrics(accept: [String]) -> MetricsAnswer {
    let format = MetricsFormat(accept: accept.joined(separator: ","))
    do {
      var answer = MetricsAnswer(
        status: .ok, type: format.contentType, body: try scanner.page())
      answer.headers.add(name: "vary", value: "Accept")
      return answer
    } catch {
      return MetricsAnswer(status: .serviceUnavailable, body: "\(error)\n")
    }
  }

  private var landingPage: MetricsAnswer {
    let path = telemetryPath.unicodeScalars.map { scalar in
      switch scalar {
      case "<": "&lt;"
      case "&": "&amp;"
      case "\"": "&quot;"
      default: String(scalar)
      }
    }.joined()
    return MetricsAnswer(
      status: .ok, type: "text/html; charset=utf-8",
      body: """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>tamalloc export</title></head>
        <body><h1>tamalloc export</h1>
        <p>Reserved and committed memory of this machine's processes, for Prometheus:
        <a href="\(path)">\(path)</a></p></body></html>

        """)
  }
}
