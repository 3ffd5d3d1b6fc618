/// Reads the server name of a TLS ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3) from a connection's first
/// bytes. The message may lie in several records, and each of them in several pieces.
///
/// ```
/// record:     type 1 (22), version 2, length 2
/// handshake:  type 1 (1), length 3
/// hello:      version 2, random 32, session ID 1+n, cipher suites 2+n, compression methods 1+n, extensions 2+n
/// extension:  type 2 (0: server_name), length 2
/// server_name: list length 2, then each: type 1 (0: host_name), length 2, name
/// ```
///
/// It answers when the whole message is there: a second server name behind the first has to be refused, for the
/// server might take that one.
public struct ClientHelloReader: Sendable {
  /// The longest message that is read, in bytes. Browsers' are below 2,000, with post-quantum key shares too.
  public static let maximumLength = 16_384
  /// RFC 8446 section 5.1.
  static let maximumRecordLength = 16_384
  static let handshake: UInt8 = 22

  private var answer = HostNameReading.needMore
  /// Of a record's header, as far as it is there.
  private var header: [UInt8] = []
  /// Bytes of the record that are still to come.
  private var rest = 0
  /// The handshake message, as far as it is there.
  private var message: [UInt8] = []

  public init() {}

  /// - Parameter bytes: what follows the bytes of the calls before.
  public mutating func read(_ bytes: some Collection<UInt8>) -> HostNameReading {
    guard answer == .needMore else { return answer }
    var bytes = bytes[...]
    while !bytes.isEmpty, answer == .needMore {
      if rest == 0 {
        readHeader(bytes.removeFirst())
      } else {
        let part = bytes.prefix(rest)
        bytes = bytes.dropFirst(part.count)
        rest -= part.count
        message += part
        readMessage()
      }
    }
    return answer
  }

  /// What is wrong with a header is said as soon as it shows.
  private mutating func readHeader(_ byte: UInt8) {
    header.append(byte)
    switch header.count {
    case 1: if byte != Self.handshake { answer = .malformed(.notHandshake) }
    case 2: if byte != 3 { answer = .malformed(.recordVersion) }
    case 5:
      rest = Int(header[3]) << 8 | Int(header[4])
      header.removeAll(keepingCapacity: true)
      if !(1...Self.maximumRecordLength).contains(rest) { answer = .malformed(.recordLength) }
    default: break
    }
  }

  private mutating func readMessage() {
    if message[0] != 1 {
      answer = .malformed(.notClientHello)
      return
    }
    guard message.count >= 4 else { return }
    let length = Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3])
    if length > Self.maximumLength {
      answer = .malformed(.helloTooLong)
    } else if message.count >= 4 + length {
      answer = Self.serverName(message[4..<4 + length])
      message = []
    }
  }

  private static func serverName(_ hello: ArraySlice<UInt8>) -> HostNameReading {
    var body = Cursor(hello)
    guard body.skip(34), let session = body.vector(1), session.count <= 32,
      let suites = body.vector(2), suites.count >= 2, suites.count.isMultiple(of: 2),
      let compressions = body.vector(1), !compressions.isEmpty
    else { return .malformed(.helloLengths) }
    // Before TLS 1.3 a message could end here.
    if body.isEmpty { return .none }
    guard let list = body.vector(2), body.isEmpty else { return .malformed(.helloLengths) }
    var extensions = Cursor(list)
    var found: HostNameReading?
    while !extensions.isEmpty {
      guard let type = extensions.number(2), let data = extensions.vector(2) else {
        return .malformed(.helloLengths)
      }
      guard type == 0 else { continue }
      if found != nil { return .malformed(.repeatedServerName) }
      found = names(data)
    }
    return found ?? .none
  }

  /// RFC 6066: one name of each type; only type 0 is defined, and it is never an address.
  private static func names(_ data: ArraySlice<UInt8>) -> HostNameReading {
    var outer = Cursor(data)
    guard let list = outer.vector(2), outer.isEmpty, !list.isEmpty else {
      return .malformed(.serverName)
    }
    var names = Cursor(list)
    var found: HostNameReading?
    while !names.isEmpty {
      guard let type = names.number(1), let name = names.vector(2) else {
        return .malformed(.serverName)
      }
      guard type == 0 else { continue }
      if found != nil { return .malformed(.repeatedServerName) }
      guard case .name(let text) = HostName.read(name) else { return .malformed(.serverName) }
      found = .name(text)
    }
    return found ?? .none
  }
}

/// Reads numbers and length-prefixed vectors (RFC 8446 section 3.4) from the front; nil where bytes are missing.
private struct Cursor {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  var isEmpty: Bool { bytes.isEmpty }

  mutating func skip(_ count: Int) -> Bool {
    guard bytes.count >= count else { return false }
    bytes = bytes.dropFirst(count)
    return true
  }

  mutating func number(_ width: Int) -> Int? {
    guard bytes.count >= width else { return nil }
    defer { bytes = bytes.dropFirst(width) }
    return bytes.prefix(width).reduce(0) { $0 << 8 | Int($1) }
  }

  /// - Parameter width: of the length before it, in bytes.
  mutating func vector(_ width: Int) -> ArraySlice<UInt8>? {
    guard let count = number(width), bytes.count >= count else { return nil }
    defer { bytes = bytes.dropFirst(count) }
    return bytes.prefix(count)
  }
}
