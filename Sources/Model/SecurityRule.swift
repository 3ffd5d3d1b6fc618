import Wire

/// One rule of a network security group (N1): what it matches, and what happens to it. Every list is a union: a rule
/// with several sources, destinations and ports is what Azure calls augmented.
public struct SecurityRule: Hashable, Sendable {
  /// As seen from the NIC.
  public enum Direction: String, CaseIterable, Sendable, Codable {
    case inbound = "Inbound"
    case outbound = "Outbound"
  }

  public enum Access: String, CaseIterable, Sendable, Codable {
    case allow = "Allow"
    case deny = "Deny"
  }

  /// The protocol, as Azure spells it. `Icmp` is ICMP and ICMPv6.
  public enum Transport: String, CaseIterable, Sendable, Codable {
    case any = "*"
    case tcp = "Tcp"
    case udp = "Udp"
    case icmp = "Icmp"
    case esp = "Esp"
    case ah = "Ah"

    /// Of the protocols that a rule can name, those whose packets have ports.
    public var hasPorts: Bool { self == .any || self == .tcp || self == .udp }
  }

  /// One of the addresses that a rule is for.
  public enum Address: Hashable, Sendable {
    /// `*`: both IP versions.
    case any
    case prefix(IPPrefix)
    /// The name of a service tag; in the tags.
    case serviceTag(String)
    /// The tag `VirtualNetwork`, of the network that the NIC is in (`RoutingTables.isInVirtualNetwork`).
    case virtualNetwork
    /// The tag `Internet`: whatever is not in `VirtualNetwork`.
    case internet
    /// The tag `AzureLoadBalancer`: the address that its probes come from.
    case azureLoadBalancer
    /// Index into `Topology.applicationSecurityGroups`.
    case applicationSecurityGroup(Int)
  }

  /// Every port.
  public static let anyPort: ClosedRange<UInt16> = 0...65_535

  public var name: String
  /// Of the rules of a direction the one with the lowest number that matches decides: 100 to 4096, and of the default
  /// rules 65000, 65001 and 65500.
  public var priority: Int
  public var direction: Direction
  public var access: Access
  public var transport: Transport
  public var sources: [Address]
  public var sourcePorts: [ClosedRange<UInt16>]
  public var destinations: [Address]
  public var destinationPorts: [ClosedRange<UInt16>]

  public init(
    name: String, priority: Int, direction: Direction, access: Access, transport: Transport = .any,
    sources: [Address] = [.any], sourcePorts: [ClosedRange<UInt16>] = [SecurityRule.anyPort],
    destinations: [Address] = [.any],
    destinationPorts: [ClosedRange<UInt16>] = [SecurityRule.anyPort]
  ) {
    self.name = name
    self.priority = priority
    self.direction = direction
    self.access = access
    self.transport = transport
    self.sources = sources
    self.sourcePorts = sourcePorts
    self.destinations = destinations
    self.destinationPorts = destinationPorts
  }
}

extension SecurityRule {
  /// Azure's numbers for the rules that a user writes; no two of a direction have the same.
  public static let writtenPriorities = 100...4096

  /// The rules that every group ends with, in both directions.
  public static let defaults = [
    SecurityRule(
      name: "AllowVnetInBound", priority: 65_000, direction: .inbound, access: .allow,
      sources: [.virtualNetwork], destinations: [.virtualNetwork]),
    SecurityRule(
      name: "AllowAzureLoadBalancerInBound", priority: 65_001, direction: .inbound, access: .allow,
      sources: [.azureLoadBalancer]),
    SecurityRule(name: "DenyAllInBound", priority: 65_500, direction: .inbound, access: .deny),
    SecurityRule(
      name: "AllowVnetOutBound", priority: 65_000, direction: .outbound, access: .allow,
      sources: [.virtualNetwork], destinations: [.virtualNetwork]),
    SecurityRule(
      name: "AllowInternetOutBound", priority: 65_001, direction: .outbound, access: .allow,
      destinations: [.internet]),
    SecurityRule(name: "DenyAllOutBound", priority: 65_500, direction: .outbound, access: .deny),
  ]

  /// Whether it is one of the six that nobody writes.
  public var isDefault: Bool { priority > Self.writtenPriorities.upperBound }
}
