/// One end of a TCP or UDP conversation.
public struct TransportAddress: Hashable, Sendable {
  public var address: IPAddress
  public var port: UInt16

  public init(_ address: IPAddress, _ port: UInt16) {
    self.address = address
    self.port = port
  }
}

/// The two ends of a conversation, as its packets from one side have them: what names a TCP connection (RFC 9293 section
/// 3.3.1).
public struct ConnectionEnds: Hashable, Sendable {
  public var source: TransportAddress
  public var destination: TransportAddress

  public init(source: TransportAddress, destination: TransportAddress) {
    self.source = source
    self.destination = destination
  }
}

extension ConnectionEnds: CustomStringConvertible {
  public var description: String { "\(source) to \(destination)" }
}

extension TransportAddress: LosslessStringConvertible {
  /// `address:port`, with brackets around IPv6 (RFC 5952 section 6).
  public var description: String {
    address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
  }

  /// That form alone.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    var written = text[..<colon]
    let isBracketed = written.hasPrefix("[") && written.hasSuffix("]")
    if isBracketed { written = written.dropFirst().dropLast() }
    let digits = text[text.index(after: colon)...]
    guard let address = IPAddress(String(written)), address.isIPv4 != isBracketed,
      digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let port = UInt16(digits)
    else { return nil }
    self.init(address, port)
  }
}
