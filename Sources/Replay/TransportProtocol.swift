/// An IP protocol number (IANA), or ARP, with the name that people write.
public enum TransportProtocol: Hashable, Sendable {
  case arp
  case number(UInt8)

  public static let icmp = TransportProtocol.number(1)
  public static let tcp = TransportProtocol.number(6)
  public static let udp = TransportProtocol.number(17)
  public static let icmpv6 = TransportProtocol.number(58)

  private static let names: [(name: String, number: UInt8)] = [
    ("icmp", 1), ("igmp", 2), ("tcp", 6), ("udp", 17), ("dccp", 33), ("gre", 47), ("esp", 50),
    ("ah", 51), ("icmpv6", 58), ("ospf", 89), ("sctp", 132), ("udplite", 136),
  ]

  /// TCP, UDP, DCCP, SCTP, UDP-Lite: two ports at the front of the header.
  public var hasPorts: Bool {
    switch self {
    case .arp: false
    case .number(6), .number(17), .number(33), .number(132), .number(136): true
    case .number: false
    }
  }
}

extension TransportProtocol: LosslessStringConvertible {
  public var description: String {
    switch self {
    case .arp: "arp"
    case .number(let number): Self.names.first { $0.number == number }?.name ?? "\(number)"
    }
  }

  /// A name without regard to case, or a number from 0 to 255.
  public init?(_ text: String) {
    let word = text.lowercased()
    if word == "arp" {
      self = .arp
    } else if let known = Self.names.first(where: { $0.name == word }) {
      self = .number(known.number)
    } else if let number = UInt8(word), !word.hasPrefix("+") {
      self = .number(number)
    } else {
      return nil
    }
  }
}
