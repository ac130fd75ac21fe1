// SPDX-License-Identifier: MIT

internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// The HTTP server: one thread for all connections, one for looks at the processes.
final class MetricsServer: Sendable {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let pool = NIOThreadPool(numberOfThreads: 1)
  private let connections = Mutex<[ObjectIdentifier: any Channel]>([:])
  private let site: MetricsSite
  /// More are closed at once.
  private let mostConnections: Int

  init(site: MetricsSite, mostConnections: Int) {
    self.site = site
    self.mostConnections = mostConnections
    pool.start()
  }

  /// Listens; returns the channel, whose address has the real port.
  func listen(at address: SocketAddress) throws -> any Channel {
    try ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelInitializer { channel in
        guard self.admit(channel) else {
          return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: true, withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(
            MetricsHandler(site: self.site, pool: self.pool))
        }
      }
      .bind(to: address).wait()
  }

  /// Counts a connection, unless there are too many.
  private func admit(_ channel: any Channel) -> Bool {
    let key = ObjectIdentifier(channel)
    let isAdmitted = connections.withLock { connections in
      guard connections.count < mostConnections else { return false }
      connections[key] = channel
      return true
    }
    if isAdmitted {
      channel.closeFuture.whenComplete { _ in
        self.connections.withLock { _ = $0.removeValue(forKey: key) }
      }
    }
    return isAdmitted
  }

  /// Takes no more connections, lets answers under way go out, and ends within `seconds`.
  func stop(_ listeners: [any Channel], within seconds: Int64) throws {
    for listener in listeners { try? listener.close().wait() }
    let open = connections.withLock { Array($0.values) }
    for channel in open { channel.pipeline.fireUserInboundEventTriggered(StopEvent()) }
    let all = EventLoopFuture.andAllComplete(open.map(\.closeFuture), on: group.next())
    let limit = group.next().scheduleTask(in: .seconds(seconds)) {
      for channel in open { channel.close(promise: nil) }
    }
    try all.wait()
    limit.cancel()
    try pool.syncShutdownGracefully()
    try group.syncShutdownGracefully()
  }
}
