// SPDX-License-Identifier: MIT

// From what a person names to addresses: a name may have one in each family, and nothing before the port
// means all of the machine's. Where the system has no IPv6, what was not asked for by its number is left
// out.

internal import ExportArguments
internal import Glibc
internal import NIOCore

/// The addresses that were asked for by one option.
struct ListenPlaces {
  /// A failure in words.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  let asked: ListenAddress
  let addresses: [SocketAddress]

  init(_ asked: ListenAddress) throws {
    self.asked = asked
    // One socket of IPv6 takes IPv4's connections, too.
    addresses =
      try asked.host.isEmpty
      ? [SocketAddress(ipAddress: "::", port: asked.port)]
      : Self.numbers(of: asked.host).map { try SocketAddress(ipAddress: $0, port: asked.port) }
  }

  /// Listens at all of them, on one port where any free one was asked for.
  func listen(by bind: (SocketAddress) throws -> any Channel) throws -> [any Channel] {
    var listeners: [any Channel] = []
    var failure: (any Error)?
    for var address in addresses {
      if let port = listeners.first?.localAddress?.port { address.port = port }
      do {
        listeners.append(try bind(address))
      } catch let error as IOError where Self.isMissingFamily(error) {
        failure = error
      }
    }
    if listeners.isEmpty, asked.host.isEmpty {
      listeners.append(try bind(SocketAddress(ipAddress: "0.0.0.0", port: asked.port)))
    }
    if listeners.isEmpty, let failure { throw failure }
    return listeners
  }

  private static func isMissingFamily(_ error: IOError) -> Bool {
    error.errnoCode == EADDRNOTAVAIL || error.errnoCode == EAFNOSUPPORT
  }

  /// Why it failed, without the names of functions that did.
  func sentence(for error: any Error) -> String {
    let reason: String
    if let error = error as? IOError {
      // SAFETY: the text stays until this thread's next call.
      reason = unsafe String(cString: strerror(error.errnoCode))
    } else {
      reason = "\(error)"
    }
    return "\(asked) can't be listened at: \(reason)"
  }

  /// The addresses of a host, each once, as numbers.
  private static func numbers(of host: String) throws -> [String] {
    // Whatever a file of hosts says (RFC 6761, section 6.3).
    if host == "localhost" { return ["127.0.0.1", "::1"] }
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_PASSIVE
    var list: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(host, nil, &hints, &list)
    guard result == 0 else {
      // SAFETY: a constant text.
      throw Failure(description: unsafe String(cString: gai_strerror(result)))
    }
    // SAFETY: the list is freed once, after its last use.
    defer { unsafe freeaddrinfo(list) }
    var numbers: [String] = []
    var entry = unsafe list
    while let current = unsafe entry {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let status = unsafe getnameinfo(
        current.pointee.ai_addr, current.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0,
        NI_NUMERICHOST)
      let number = String(
        decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if status == 0, !numbers.contains(number) { numbers.append(number) }
      unsafe entry = current.pointee.ai_next
    }
    return numbers
  }
}
