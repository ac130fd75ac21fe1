// SPDX-License-Identifier: MIT

// One connection. Its states, and what ends them:
//
//   waiting ──whole request──▶ answering ──all bytes sent──▶ waiting │ closed
//      └── deadline ──▶ closed      └── deadline ──▶ closed
//
// A deadline is absolute: a client that sends or takes a byte now and then does not move it. So a slow
// or a broken client holds one connection for a bounded time, and nothing else.

internal import MemoryStatistics
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Asks a connection to end when it has nothing more to say.
struct StopEvent: Sendable {}

/// Answers the requests of one connection.
final class MetricsHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// For a first request to arrive, and for an answer to be taken.
  static let patience = TimeAmount.seconds(10)
  /// For the next request of a connection that stays open, which is longer than scrapes are apart.
  static let keepAlive = TimeAmount.seconds(90)
  /// More than a request for metrics has any reason to carry.
  private static let mostBodyBytes = 16_384

  private let site: MetricsSite
  private let pool: NIOThreadPool
  private var head: HTTPRequestHead?
  private var bodyBytes = 0
  private var isAnswering = false
  private var isStopping = false
  private var deadline: Scheduled<Void>?

  init(site: MetricsSite, pool: NIOThreadPool) {
    self.site = site
    self.pool = pool
  }

  func channelActive(context: ChannelHandlerContext) {
    setDeadline(Self.patience, context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      bodyBytes = 0
    case .body(let buffer):
      bodyBytes += buffer.readableBytes
      if bodyBytes > Self.mostBodyBytes { context.close(promise: nil) }
    case .end:
      guard let head else { return }
      self.head = nil
      answer(head, context)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is StopEvent {
      isStopping = true
      if !isAnswering { context.close(promise: nil) }
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  // MARK: Answers

  private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    isAnswering = true
    setDeadline(Self.patience, context)
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    // A look at all processes takes milliseconds: other connections go on meanwhile.
    pool.runIfActive(eventLoop: context.eventLoop) { [site] in site.answer(to: head) }
      .whenComplete { result in
        let answer = (try? result.get()) ?? MetricsAnswer(status: .internalServerError)
        handler.value.send(answer, to: head, bound.value)
      }
  }

  private func send(
    _ answer: MetricsAnswer, to head: HTTPRequestHead, _ context: ChannelHandlerContext
  ) {
    let staysOpen = head.isKeepAlive && !isStopping
    var headers = answer.headers
    headers.replaceOrAdd(name: "content-length", value: "\(answer.body.utf8.count)")
    headers.replaceOrAdd(name: "connection", value: staysOpen ? "keep-alive" : "close")
    let response = HTTPResponseHead(version: head.version, status: answer.status, headers: headers)
    context.write(wrapOutboundOut(.head(response)), promise: nil)
    if head.method != .HEAD {
      let body = context.channel.allocator.buffer(string: answer.body)
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { result in
      let context = bound.value
      handler.value.isAnswering = false
      switch result {
      case .success where staysOpen && !handler.value.isStopping:
        handler.value.setDeadline(Self.keepAlive, context)
      default: context.close(promise: nil)
      }
    }
  }

  private func setDeadline(_ time: TimeAmount, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }
}
