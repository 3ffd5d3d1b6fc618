/// What the beginning of a connection says about the host that it is meant for (I2).
public enum HostNameReading: Hashable, Sendable {
  /// It is not whole yet: give the bytes that follow.
  case needMore
  /// In lower case, without a dot at the end.
  case name(String)
  /// It is whole, and names no host.
  case none
  case malformed(HostNameProblem)
}

/// Why no host name can be read from the beginning of a connection: its name is that of a counter.
public enum HostNameProblem: String, Error, CaseIterable, Hashable, Sendable {
  case notHandshake = "tls-not-handshake"
  case recordVersion = "tls-record-version"
  case recordLength = "tls-record-length"
  case notClientHello = "tls-not-client-hello"
  case helloTooLong = "tls-hello-too-long"
  case helloLengths = "tls-hello-lengths"
  case repeatedServerName = "tls-repeated-server-name"
  case serverName = "tls-server-name"
  case notRequest = "http-not-request"
  case requestTooLong = "http-request-too-long"
  case lineEnd = "http-line-end"
  case requestLine = "http-request-line"
  case version = "http-version"
  case field = "http-field"
  case repeatedHost = "http-repeated-host"
  case hostMissing = "http-host-missing"
  case host = "http-host"
  case hostsDiffer = "http-hosts-differ"

  /// What is wrong.
  public var sentence: String {
    switch self {
    case .notHandshake: "the TLS record is no handshake record"
    case .recordVersion: "the TLS record's version does not begin with 3"
    case .recordLength: "the TLS record is empty or longer than 16,384 bytes"
    case .notClientHello: "the first TLS handshake message is no ClientHello"
    case .helloTooLong: "the ClientHello is longer than \(ClientHelloReader.maximumLength) bytes"
    case .helloLengths: "lengths in the ClientHello contradict each other"
    case .repeatedServerName: "the ClientHello has two server names"
    case .serverName: "the TLS server name is not a host name"
    case .notRequest: "what came is not the beginning of an HTTP request"
    case .requestTooLong:
      "the HTTP request's head is longer than \(HTTPHostReader.maximumLength) bytes"
    case .lineEnd: "a line of the HTTP request does not end with CR LF"
    case .requestLine: "the HTTP request line is not method, target and version"
    case .version: "the HTTP version is not 1.x"
    case .field: "a header field of the HTTP request is malformed"
    case .repeatedHost: "the HTTP request has two Host fields"
    case .hostMissing: "the HTTP/1.1 request has no Host field"
    case .host: "the HTTP request's host is not a host name"
    case .hostsDiffer: "the HTTP request's target and its Host field name two hosts"
    }
  }
}

/// Reads the host name at the beginning of a connection's data, of TLS or of HTTP: the first byte tells.
///
/// Pieces come in order, cut anywhere; the answer does not depend on where. Once it is not `needMore` it stays.
public struct HostNameReader: Sendable {
  private enum Kind: Sendable {
    case unknown
    case tls(ClientHelloReader)
    case http(HTTPHostReader)
  }

  private var kind = Kind.unknown

  public init() {}

  /// What `read` takes a beginning for; false of none.
  public static func isHTTP(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.first.map { $0 != ClientHelloReader.handshake } ?? false
  }

  /// - Parameter bytes: what follows the bytes of the calls before.
  public mutating func read(_ bytes: some Collection<UInt8>) -> HostNameReading {
    if case .unknown = kind {
      guard let first = bytes.first else { return .needMore }
      kind =
        first == ClientHelloReader.handshake ? .tls(ClientHelloReader()) : .http(HTTPHostReader())
    }
    switch kind {
    case .unknown: return .needMore
    case .tls(var reader):
      // Given up first, so that what it has gathered is not copied.
      kind = .unknown
      defer { kind = .tls(reader) }
      return reader.read(bytes)
    case .http(var reader):
      kind = .unknown
      defer { kind = .http(reader) }
      return reader.read(bytes)
    }
  }
}
