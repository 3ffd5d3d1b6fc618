/// A port of a snapshot: its index in `Snapshot.ports`. NICs come first, in the order of the topology,
/// then the ports towards the world.
public struct PortID: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var index: UInt16

  @inlinable public init(_ index: Int) { self.index = UInt16(index) }

  @inlinable public static func < (a: Self, b: Self) -> Bool { a.index < b.index }
}

/// How a packet ended: every packet has exactly one.
public enum Verdict: Hashable, Sendable, BitwiseCopyable {
  /// It left, rewritten, through a port.
  case forwarded(PortID)
  /// It was for the dataplane itself, or met an answer (ARP, echo to a gateway, an ICMP error, a reset).
  case answered(Answer)
  case dropped(DropReason)
}

/// Why the dataplane answered by itself.
public enum Answer: String, CaseIterable, Sendable, Codable, BitwiseCopyable {
  case arp
  case neighborDiscovery
  case echo
  case timeExceeded
  case fragmentationNeeded
  case reset
  /// A resource's firewall has denied it, and the caller is told: 403 over HTTP, else a reset (I3).
  case denied
}

/// Every way to lose a packet, each with a counter of its own. The raw value is the counter's name.
public enum DropReason: String, CaseIterable, Sendable, Codable, BitwiseCopyable {
  // Parsing.
  case unsupportedLinkType = "unsupported-link-type"
  case frameTooShort = "frame-too-short"
  case frameTooLong = "frame-too-long"
  case unsupportedEtherType = "unsupported-ether-type"
  case malformedARP = "malformed-arp"
  case malformedIPv4 = "malformed-ipv4"
  case badIPv4Checksum = "bad-ipv4-checksum"
  case malformedIPv6 = "malformed-ipv6"
  case malformedTransport = "malformed-transport"
  case truncated = "truncated"
  // Between workers.
  case workerBusy = "worker-busy"
  // At the service edge.
  case unknownResource = "unknown-resource"
  case resourceFirewall = "resource-firewall"
  case hostNameAwaited = "host-name-awaited"
  case notInspectable = "not-inspectable"
  case changedRetransmission = "changed-retransmission"
  case tooManyInspections = "too-many-inspections"
  // Whose it is.
  case unknownPort = "unknown-port"
  case notForUs = "not-for-us"
  case groupAddress = "group-address"
  case spoofedSource = "spoofed-source"
  case invalidAddress = "invalid-address"
  // Security groups.
  case securityGroupOutbound = "security-group-outbound"
  case securityGroupInbound = "security-group-inbound"
  case endpointPolicy = "endpoint-policy"
  // Where it would go.
  case noRoute = "no-route"
  case routeNone = "route-none"
  case noPort = "no-port"
  case nextHopUnknown = "next-hop-unknown"
  case destinationUnknown = "destination-unknown"
  case noPublicAddress = "no-public-address"
  case routedToItself = "routed-to-itself"
  case ttlExceeded = "ttl-exceeded"
  case tooBig = "too-big"
  // Flows.
  case noFlow = "no-flow"
  case flowTableFull = "flow-table-full"
  case flowConflict = "flow-conflict"
  case flowClosed = "flow-closed"
  case fragmentWithoutFirst = "fragment-without-first"
  case icmpErrorWithoutFlow = "icmp-error-without-flow"
  // The backbone's encapsulation.
  case notEncapsulated = "not-encapsulated"
  case malformedEncapsulation = "malformed-encapsulation"
  case fragmentedEncapsulation = "fragmented-encapsulation"
  case nestedEncapsulation = "nested-encapsulation"
  case unknownIdentity = "unknown-identity"
  case optionsNotCarried = "options-not-carried"
  case protocolNotCarried = "protocol-not-carried"
  case icmpNotCarried = "icmp-not-carried"
  case checksumMissing = "checksum-missing"

  /// One sentence for a user.
  public var sentence: String {
    switch self {
    case .unsupportedLinkType: "The capture's link type carries no IP that we can read."
    case .frameTooShort: "The frame ends within its Ethernet header or VLAN tags."
    case .frameTooLong: "The frame is longer than any IP packet can be."
    case .unsupportedEtherType: "The frame carries neither ARP nor IPv4 nor IPv6."
    case .malformedARP: "The ARP message is cut short or not for Ethernet and IPv4."
    case .malformedIPv4: "The IPv4 header contradicts itself or the frame."
    case .badIPv4Checksum: "The IPv4 header checksum is wrong."
    case .malformedIPv6: "The IPv6 header or an extension header contradicts itself or the frame."
    case .malformedTransport: "The TCP, UDP or ICMP header is cut short or contradicts itself."
    case .truncated: "The capture holds too little of the packet to decide."
    case .workerBusy: "The worker that its flow belongs to has too many packets waiting."
    case .unknownResource: "No resource has the address."
    case .resourceFirewall: "The resource's firewall denies it."
    case .hostNameAwaited:
      "Which host is meant is not known yet, and what comes before it is missing."
    case .notInspectable:
      "Which host is meant is not known yet, and the server could read this otherwise than we do: a fragment, data in a SYN, urgent data, a wrong checksum or acknowledgment."
    case .changedRetransmission:
      "What is sent again is not what was read to know which host is meant."
    case .tooManyInspections: "Too many connections wait for their host names."
    case .unknownPort: "No NIC of the configuration owns the packet."
    case .notForUs: "The destination MAC address is neither the gateway's nor one of its networks'."
    case .groupAddress: "Broadcast and multicast do not leave a subnet."
    case .spoofedSource: "The source address is not the NIC's, and it may not forward."
    case .invalidAddress: "The source or destination is an address that no packet may carry."
    case .securityGroupOutbound: "A security group of the sender's NIC or subnet denies it."
    case .securityGroupInbound: "A security group of the receiver's NIC or subnet denies it."
    case .endpointPolicy:
      "Over the endpoint the subnet's policies admit the resources that they list, and this is none."
    case .noRoute: "No route holds the destination."
    case .routeNone: "The route that won has the next hop None."
    case .noPort: "The configuration has no port of the kind that the route leads to."
    case .nextHopUnknown: "The route's appliance address belongs to no NIC."
    case .destinationUnknown: "The address is inside a virtual network, but no NIC has it."
    case .noPublicAddress:
      "The packet would leave for the Internet, and its NIC has no public address."
    case .routedToItself: "The route leads back out of the port that the packet came from."
    case .ttlExceeded: "The time to live ran out, and the packet may not be answered."
    case .tooBig: "The packet is above the port's MTU, and may be neither cut nor answered."
    case .noFlow: "It came from outside, and no flow admits it."
    case .flowTableFull: "The flow table is full of established flows."
    case .flowConflict: "Another flow already has the same addresses and ports on the way back."
    case .flowClosed: "The flow was closed by an endpoint switch, and this packet is late."
    case .fragmentWithoutFirst: "A later fragment came without, or before, its first one."
    case .icmpErrorWithoutFlow: "The ICMP error quotes a packet of no known flow."
    case .notEncapsulated:
      "It came from the backbone without the encapsulation that packets have there."
    case .malformedEncapsulation: "The encapsulation's headers contradict themselves or each other."
    case .fragmentedEncapsulation: "The outer packet is a fragment, which no tunnel makes."
    case .nestedEncapsulation: "A tunnel inside a tunnel."
    case .unknownIdentity: "The prefix or network identifier on the backbone is no network's here."
    case .optionsNotCarried:
      "A service tunnel carries neither IPv4 options nor IPv6 extension headers."
    case .protocolNotCarried: "A service tunnel does not carry this protocol."
    case .icmpNotCarried: "A service tunnel carries whole echo messages and no other ICMP."
    case .checksumMissing: "A service tunnel cannot carry fragments of UDP without a checksum."
    }
  }
}
