/// A flow for people and tests.
public struct FlowRecord: Sendable, Codable, Equatable {
  /// The port that the flow's first packet came in by.
  public var port: String
  /// Nil for a flow that began outside.
  public var virtualNetwork: String?
  /// `address:port` as the first packet had it; an ICMP identifier stands for the port.
  public var source: String
  public var destination: String
  /// `tcp`, `udp`, `icmp`, `icmpv6` or the number.
  public var proto: String
  public var state: String
  /// The port that it leaves by.
  public var egress: String
  public var nextHopType: String
  public var service: String?
  /// As it leaves.
  public var translatedSource: String
  public var translatedDestination: String
  /// Both directions.
  public var packets: UInt64
  public var bytes: UInt64
  public var idleSeconds: Double

  private enum CodingKeys: String, CodingKey {
    case port, virtualNetwork, source, destination
    case proto = "protocol"
    case state, egress, nextHopType, service, translatedSource, translatedDestination, packets
    case bytes, idleSeconds
  }
}
