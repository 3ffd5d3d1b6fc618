import Wire

/// How the identity of networks and subnets travels on the backbone (I1). Without one, packets go as they are.
public struct BackboneEncapsulation: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case none
    /// IPv4 becomes IPv6; 96 bits of each address name region, network and subnet.
    case serviceTunnel = "service-tunnel"
    /// The VNI names the network, the inner source MAC the subnet.
    case vxlan
  }

  public enum Outer: String, CaseIterable, Sendable {
    case none
    case nvgre
    case vxlan
  }

  /// Never `none`: that is no encapsulation.
  public var kind: Kind
  /// Of a service tunnel; `vxlan` has its own.
  public var outer: Outer
  /// Ours on the underlay; there where there is an outer header.
  public var local: IPv4Address?
  /// The far end's; nil, in a service tunnel, for the packet's own destination.
  public var remote: IPv4Address?
  /// Of the far end's inner interface; nil for the neighbour on the link.
  public var remoteMACAddress: MACAddress?
  /// UDP, of VXLAN.
  public var port: UInt16
  /// What overlay addresses of services begin with.
  public var servicePrefix: OverlayPrefix
  /// By subnet: prefixes that are not made of numbers.
  public var prefixes: [Int: OverlayPrefix]

  public init(
    kind: Kind, outer: Outer = .none, local: IPv4Address? = nil, remote: IPv4Address? = nil,
    remoteMACAddress: MACAddress? = nil, port: UInt16 = OuterFormat.vxlanPort,
    servicePrefix: OverlayPrefix = .services, prefixes: [Int: OverlayPrefix] = [:]
  ) {
    self.kind = kind
    self.outer = kind == .vxlan ? .vxlan : outer
    self.local = local
    self.remote = remote
    self.remoteMACAddress = remoteMACAddress
    self.port = port
    self.servicePrefix = servicePrefix
    self.prefixes = prefixes
  }

  public var isServiceTunnel: Bool { kind == .serviceTunnel }

  /// Nil without an outer header.
  public var format: OuterFormat? {
    switch outer {
    case .none: nil
    case .nvgre: .nvgre
    case .vxlan: .vxlan(port: port)
    }
  }

  /// The inner source MAC address of a subnet, locally administered: `02`, 16 bits of subnet, 24 of network.
  public static func macAddress(network: UInt32, subnet: UInt16) -> MACAddress {
    MACAddress(0x02 << 40 | UInt64(subnet) << 24 | UInt64(network & 0xff_ffff))
  }

  /// Whether it is that of a subnet of the network.
  public static func isMACAddress(_ address: MACAddress, of network: UInt32) -> Bool {
    address.bits >> 40 == 0x02 && address.bits & 0xff_ffff == UInt64(network & 0xff_ffff)
  }
}

extension Region {
  /// FNV-1a of the name, modulo 65,535: the same on every host, and never the services' 0xffff.
  public var number: UInt16 {
    let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    return UInt16(hash % 65_535)
  }
}

extension Topology {
  /// The subnets' numbers on the backbone: as written, or their places in their networks, from 1.
  public var subnetNumbers: [UInt16] {
    var places = [Int](repeating: 0, count: virtualNetworks.count)
    return subnets.map { subnet in
      places[subnet.virtualNetwork] += 1
      return subnet.number ?? UInt16(clamping: places[subnet.virtualNetwork])
    }
  }

  /// Who the subnets are on the backbone (I1).
  public var identities: [NetworkIdentity] {
    zip(subnets, subnetNumbers).map { subnet, number in
      let network = virtualNetworks[subnet.virtualNetwork]
      return NetworkIdentity(region: network.region.number, network: network.id, subnet: number)
    }
  }
}
