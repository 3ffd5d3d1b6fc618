import Wire

extension FiveTuple {
  /// A conversation as it is typed: `tcp 10.0.1.4:40000 20.60.26.132:443`, `icmp 10.0.1.4 10.0.2.4`,
  /// `tcp [2001:db8::4]:40000 [2001:db8::5]:443`.
  /// - Throws: `ReplayError.badProbe`, `.badEndpoint`.
  public init(
    protocol name: String, source: String, destination: String
  ) throws(ReplayError) {
    guard let transport = TransportProtocol(name) else {
      throw .badProbe("'\(name)' is no protocol; write tcp, udp, icmp or a number to 255")
    }
    let (from, fromPort) = try Self.end(source)
    let (to, toPort) = try Self.end(destination)
    self.init(
      transport: transport, source: from, destination: to, sourcePort: fromPort,
      destinationPort: toPort)
  }

  /// `address`, `address:port` or `[address]:port`.
  static func end(_ text: String) throws(ReplayError) -> (IPAddress, UInt16?) {
    if let address = IPAddress(text) { return (address, nil) }
    guard let colon = text.lastIndex(of: ":") else { throw .badEndpoint(text) }
    var written = text[..<colon]
    let isBracketed = written.hasPrefix("[") && written.hasSuffix("]")
    if isBracketed { written = written.dropFirst().dropLast() }
    guard let address = IPAddress(String(written)), address.isIPv4 != isBracketed,
      let port = UInt16(text[text.index(after: colon)...]), !text[colon...].contains("+")
    else { throw .badEndpoint(text) }
    return (address, port)
  }
}
