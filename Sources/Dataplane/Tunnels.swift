import Model
import Wire

/// The backbone's encapsulation, worked out for every subnet (I1).
///
/// A subnet has a port of its own here, behind the snapshot's: packets of its endpoint traffic leave by it, and the
/// replies come in by it once their encapsulation is off. So the keys of their flows hold the network (F5), and
/// equal addresses in two networks are two flows towards one service. Where the encapsulation does not tell two
/// subnets of a network apart, the replies of both come in by the first one's port.
final class Tunnels: Sendable {
  final class Tunnel: Sendable {
    /// The subnet's port: named as the backbone, with the MTU that the headers leave.
    let record: PortRecord
    let subnet: Int
    let encoder: TunnelEncoder
    /// The port that replies come in by.
    let replies: PortID
    /// The largest fragment, in bytes: a fragment's headers may be longer than a whole packet's.
    let fragmentMTU: Int

    init(
      record: PortRecord, subnet: Int, encoder: TunnelEncoder, replies: PortID, fragmentMTU: Int
    ) {
      self.record = record
      self.subnet = subnet
      self.encoder = encoder
      self.replies = replies
      self.fragmentMTU = fragmentMTU
    }
  }

  /// What each packet asks of a tunnel: nothing in it is counted by reference.
  struct Lane: Sendable {
    let encoder: TunnelEncoder
    /// The largest packet inside, in bytes.
    let mtu: Int
    /// Ours inside, and the far end's.
    let macAddress: MACAddress
    let peerMACAddress: MACAddress
  }

  let backbone: PortRecord
  /// Addresses of ours on the link that packets without an outer header may be for.
  private let ownIPv6: [UInt128]
  let encapsulation: BackboneEncapsulation
  /// The far end: identities are in the sources of what comes in, and in the destinations of what leaves.
  let isEdge: Bool
  let decoder: TunnelDecoder
  /// Of the first tunnel's port, and the networks of all.
  private let firstIndex: Int
  private let networks: [Int]
  /// One for each subnet, in their order.
  let all: [Tunnel]
  let lanes: [Lane]
  private let byPrefix: [OverlayPrefix: PortID]
  /// The first tunnel of each network, and the networks by their number.
  private let byVNI: [UInt32: PortID]
  /// At the edge, by inner source MAC address.
  private let byMAC: [MACAddress: PortID]

  /// Nil where packets go as they are.
  /// - Parameter ports: the snapshot's.
  init?(_ topology: Topology, ports: [PortRecord], backbone: PortID?) {
    guard let backbone, case .world(let index) = ports[Int(backbone.index)].kind,
      let encapsulation = topology.worldPorts[index].encapsulation, encapsulation.kind != .none
    else { return nil }
    let physical = ports[Int(backbone.index)]
    self.backbone = physical
    firstIndex = ports.count
    networks = topology.subnets.map(\.virtualNetwork)
    ownIPv6 = physical.addresses.filter { !$0.isIPv4 }.map(\.bits)
    self.encapsulation = encapsulation
    let isEdge = topology.role == .edge
    self.isEdge = isEdge
    decoder = TunnelDecoder(
      isServiceTunnel: encapsulation.isServiceTunnel, format: encapsulation.format)
    var all: [Tunnel] = []
    var byPrefix: [OverlayPrefix: PortID] = [:]
    var byVNI: [UInt32: PortID] = [:]
    var byMAC: [MACAddress: PortID] = [:]
    for (subnet, identity) in topology.identities.enumerated() {
      let id = PortID(ports.count + subnet)
      let prefix = encapsulation.prefixes[subnet] ?? identity.prefix
      let encoder = TunnelEncoder(
        encapsulation, identity, prefix: prefix, on: physical, isEdge: isEdge)
      var device = physical.device
      device.mtu -= encoder.overhead(isFragment: false)
      let record = PortRecord(
        id: id, name: physical.name,
        key: "\(physical.key) \(topology.qualifiedName(ofSubnet: subnet))", kind: physical.kind,
        device: device,
        macAddress: encoder.outer?.sourceMAC ?? physical.macAddress,
        peerMACAddress: encoder.outer?.destinationMAC ?? physical.peerMACAddress,
        virtualNetwork: topology.subnets[subnet].virtualNetwork,
        // A service tunnel carries no ICMP errors.
        addresses: encapsulation.isServiceTunnel ? [] : physical.addresses)
      let first =
        encapsulation.isServiceTunnel ? byPrefix[prefix] : byVNI[identity.network]
      if first == nil { byPrefix[prefix] = id }
      if byVNI[identity.network] == nil { byVNI[identity.network] = id }
      byMAC[BackboneEncapsulation.macAddress(network: identity.network, subnet: identity.subnet)] =
        id
      all.append(
        Tunnel(
          record: record, subnet: subnet, encoder: encoder, replies: first ?? id,
          fragmentMTU: physical.device.mtu - encoder.overhead(isFragment: true)))
    }
    self.all = all
    lanes = all.map {
      Lane(
        encoder: $0.encoder, mtu: $0.record.device.mtu, macAddress: $0.record.macAddress,
        peerMACAddress: $0.record.peerMACAddress)
    }
    self.byPrefix = byPrefix
    self.byVNI = byVNI
    self.byMAC = byMAC
  }

  /// Whether what stands in no outer header is for ourselves.
  func isOwn(_ headers: Headers) -> Bool {
    guard decoder.format == nil, headers.network == .ipv6 else { return false }
    for index in ownIPv6.indices where ownIPv6[index] == headers.destination { return true }
    return false
  }

  func lane(_ port: PortID) -> Lane { lanes[Int(port.index) - firstIndex] }

  /// The port of a tunnel's packet; nil where no network owns its identity.
  /// - Parameter source: the MAC address that the inner frame comes from.
  func port(of packet: TunnelDecoder.Packet, from source: MACAddress) -> PortID? {
    let byNetwork = packet.vni.map { byVNI[$0] } ?? nil
    guard let prefixes = packet.prefixes else {
      guard isEdge, packet.inner.network != .arp else { return byNetwork }
      // The network by its identifier, the subnet by the address that only it writes.
      guard let port = byMAC[source], let byNetwork, network(of: port) == network(of: byNetwork)
      else { return nil }
      return port
    }
    let (service, subnet) =
      isEdge
      ? (prefixes.destination, prefixes.source) : (prefixes.source, prefixes.destination)
    guard service == encapsulation.servicePrefix, let port = byPrefix[subnet] else { return nil }
    // Two identities in one packet have to name one network.
    guard packet.vni == nil || byNetwork.map({ network(of: $0) == network(of: port) }) ?? false
    else { return nil }
    return port
  }

  private func network(of port: PortID) -> Int? {
    networks[Int(port.index) - firstIndex]
  }
}

extension TunnelEncoder {
  /// Of a subnet.
  fileprivate init(
    _ encapsulation: BackboneEncapsulation, _ identity: NetworkIdentity, prefix: OverlayPrefix,
    on backbone: PortRecord, isEdge: Bool
  ) {
    let services = encapsulation.servicePrefix
    let inSubnet = BackboneEncapsulation.macAddress(
      network: identity.network, subnet: identity.subnet)
    let atServices =
      encapsulation.remoteMACAddress ?? (isEdge ? backbone.macAddress : backbone.peerMACAddress)
    self.init(
      prefixes: encapsulation.isServiceTunnel
        ? (isEdge ? (services, prefix) : (prefix, services)) : nil,
      outer: encapsulation.format.map { format in
        Outer(
          format: format, local: encapsulation.local ?? IPv4Address(0),
          remote: encapsulation.remote, vni: identity.network,
          sourceMAC: isEdge ? atServices : inSubnet,
          destinationMAC: isEdge ? inSubnet : atServices)
      })
  }
}

extension Snapshot {
  /// Of a port of ours, or of a tunnel's.
  @inline(__always)
  subscript(port: PortID) -> PortRecord {
    let index = Int(port.index)
    return index < ports.count ? ports[index] : tunnels!.all[index - ports.count].record
  }

  func tunnel(_ port: PortID) -> Tunnels.Tunnel? {
    let index = Int(port.index)
    return index < ports.count ? nil : tunnels?.all[index - ports.count]
  }

  /// The port whose link a packet is on: of a tunnel, the backbone.
  func link(of port: PortID) -> PortID {
    Int(port.index) < ports.count ? port : tunnels!.backbone.id
  }

  /// Where endpoint traffic of a subnet leaves.
  func backbonePort(of subnet: Int?) -> PortID? {
    guard let tunnels, let subnet else { return backbonePort }
    return tunnels.all[subnet].record.id
  }

  /// The port at which replies to what leaves by a port come in.
  func replyPort(of port: PortID) -> PortID { tunnel(port)?.replies ?? port }

  /// The ports and, behind them, the tunnels'.
  var allPorts: [PortRecord] { ports + (tunnels?.all.map(\.record) ?? []) }
}

extension DropReason {
  init(_ refusal: TunnelRefusal) {
    self =
      switch refusal {
      case .notEncapsulated: .notEncapsulated
      case .malformed: .malformedEncapsulation
      case .truncated: .truncated
      case .fragmented: .fragmentedEncapsulation
      case .nested: .nestedEncapsulation
      case .options: .optionsNotCarried
      case .protocolNotCarried: .protocolNotCarried
      case .icmpNotCarried: .icmpNotCarried
      case .checksumMissing: .checksumMissing
      case .tooLong: .tooBig
      }
  }
}
