import Wire

/// Who talks to whom: what a packet is recognised by.
public struct FiveTuple: Hashable, Sendable {
  public var transport: TransportProtocol
  /// Of ARP: the sender's and the target's protocol address.
  public var source: IPAddress
  public var destination: IPAddress
  /// Nil where the protocol has none, and in later fragments.
  public var sourcePort: UInt16?
  public var destinationPort: UInt16?

  public init(
    transport: TransportProtocol, source: IPAddress, destination: IPAddress,
    sourcePort: UInt16? = nil, destinationPort: UInt16? = nil
  ) {
    self.transport = transport
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }

  /// The same conversation, seen from the other side.
  public var reversed: FiveTuple {
    FiveTuple(
      transport: transport, source: destination, destination: source,
      sourcePort: destinationPort, destinationPort: sourcePort)
  }
}

extension FiveTuple: CustomStringConvertible {
  /// `tcp 10.0.1.4:40000 > 20.60.26.132:443`, with brackets around IPv6 (RFC 5952 section 6).
  public var description: String {
    func end(_ address: IPAddress, _ port: UInt16?) -> String {
      guard let port else { return "\(address)" }
      return address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
    return "\(transport) \(end(source, sourcePort)) > \(end(destination, destinationPort))"
  }
}
