import Dataplane
import Model
import Wire

/// Which port of the configuration a captured packet arrived at.
///
/// Live traffic comes in by a port; a capture only holds frames. The questions are asked in this order,
/// and the first that has an answer decides:
///
/// 1. `Place.port`: said on the command line, for every packet.
/// 2. Source MAC: that of a NIC, or of the neighbour of a port towards the world (captures of a lab).
/// 3. `Place.networkInterface`, said on the command line: the capture was taken at this NIC, so what is not
///    addressed to it was sent by it.
/// 4. Source address: a NIC's private address. Where several networks have it, nothing is guessed.
/// 5. Source address: a NIC's public address (captures taken where sources are public).
/// 6. Destination address: a NIC's, so the packet comes back to it or calls on it from outside:
///    1. a reply to a packet that was forwarded arrives at the port that the packet left by, and is given
///       the addresses that a reply has there (a capture at the guest holds them translated back);
///    2. to a public address: the Internet;
///    3. to a private address, from where the NIC's subnet has an endpoint route: the backbone;
///    4. to a private address, from a prefix that the network's gateway has learned by BGP: the gateway.
/// 7. Source address: inside a prefix learned by BGP, the default route excepted: the gateway.
///
/// Anything else arrived nowhere: it is dropped as `unknown-port`, with a sentence of its own.
public struct PortAssignment: Sendable {
  /// What the user says about the capture.
  public enum Place: Hashable, Sendable {
    /// Nothing: every packet is looked at.
    case unknown
    /// It was taken at this port, and holds what arrived there.
    case port(PortID)
    /// It was taken at this NIC, and holds both directions.
    case networkInterface(PortID)
  }

  /// Which question decided.
  public enum Basis: String, Hashable, CaseIterable, Sendable {
    case option
    case sourceMAC = "source-mac"
    case sourceAddress = "source-address"
    case publicSource = "public-source"
    case reply
    case publicDestination = "public-destination"
    case endpointRoute = "endpoint-route"
    case bgpRoute = "bgp-route"
  }

  /// Why no question did.
  public enum Failure: Hashable, Sendable {
    /// It could not be read as far as its addresses.
    case unreadable
    case noOwner(source: IPAddress, destination: IPAddress)
    /// To a NIC's private address, from nowhere that leads to it.
    case unknownOrigin(source: IPAddress, networkInterface: String)
    case ambiguous(IPAddress, networkInterfaces: [String])
    /// It arrived at a port that the configuration does not have.
    case noSuchPort(WorldPort.Kind)

    /// One sentence for a user.
    public var sentence: String {
      switch self {
      case .unreadable:
        "It cannot be read as far as its addresses, and its source MAC address is no port's."
      case .noOwner(let source, let destination):
        "Neither \(source) nor \(destination) is an address of a NIC, and \(source) is in no prefix "
          + "learned by BGP."
      case .unknownOrigin(let source, let name):
        "It is for \(name), but \(source) is no endpoint's, nor learned by BGP, nor has \(name) "
          + "called it; name the port that the capture was taken at with --port."
      case .ambiguous(let address, let names):
        "\(address) is an address of \(names.joined(separator: " and ")); name the one that the "
          + "capture was taken at with --nic."
      case .noSuchPort(let kind):
        "It came in by the \(kind.rawValue) port, which is not configured."
      }
    }
  }

  /// A port, or why there is none.
  public enum Outcome: Hashable, Sendable {
    case port(PortID, Basis)
    /// At this port; `destination` is the address that it has there, where the capture has another.
    case reply(PortID, destination: IPAddress?)
    case unassigned(Failure)

    /// Nil where there is none.
    public var port: PortID? {
      switch self {
      case .port(let port, _), .reply(let port, _): port
      case .unassigned: nil
      }
    }
  }

  private let snapshot: Snapshot
  private let place: Place
  private var byMAC: [MACAddress: PortID] = [:]
  /// Ports of NICs by address.
  private var byPrivateAddress: [IPAddress: [PortID]] = [:]
  private var byPublicAddress: [IPAddress: PortID] = [:]
  /// Of the NIC that the capture was taken at.
  private var placeAddresses: [IPAddress] = []
  private var gateways: [LearnedPrefixes] = []

  public init(snapshot: Snapshot, place: Place) {
    self.snapshot = snapshot
    self.place = place
    let topology = snapshot.topology
    var sharedMACs: Set<MACAddress> = []
    for port in snapshot.ports {
      // The platform port of a NIC has the NIC's MAC: ordinary traffic is the better guess.
      if case .platform = port.kind { continue }
      if byMAC.updateValue(port.id, forKey: port.peerMACAddress) != nil {
        sharedMACs.insert(port.peerMACAddress)
      }
      guard case .networkInterface(let index) = port.kind else { continue }
      for address in topology.networkInterfaces[index].ipConfigurations {
        byPrivateAddress[address.privateAddress, default: []].append(port.id)
        if let publicAddress = address.publicAddress { byPublicAddress[publicAddress] = port.id }
      }
    }
    for address in sharedMACs { byMAC[address] = nil }
    if case .networkInterface(let port) = place {
      placeAddresses =
        byPrivateAddress.filter { $0.value.contains(port) }.map(\.key)
        + byPublicAddress.filter { $0.value == port }.map(\.key)
    }
    for (index, port) in topology.worldPorts.enumerated() where port.kind == .gateway {
      guard let network = port.virtualNetwork,
        let record = snapshot.ports.first(where: { $0.kind == .world(index) })
      else { continue }
      gateways.append(
        LearnedPrefixes(gateway: record.id, virtualNetwork: network, topology: topology))
    }
  }

  /// What a packet's sender alone says about its port.
  enum Sender: Hashable, Sendable {
    /// Whatever its destination is.
    case port(PortID, Basis)
    /// This NIC's, unless it is addressed to that.
    case networkInterface(PortID)
    /// It depends on the destination.
    case unknown
  }

  /// Questions 1 to 5, as far as they do not ask for the destination.
  func sender(_ source: IPAddress, sourceMAC: MACAddress?) -> Sender {
    if case .port(let port) = place { return .port(port, .option) }
    if let port = sourceMAC.flatMap({ byMAC[$0] }) { return .port(port, .sourceMAC) }
    if case .networkInterface(let port) = place { return .networkInterface(port) }
    if let owners = byPrivateAddress[source] {
      return owners.count == 1 ? .port(owners[0], .sourceAddress) : .unknown
    }
    if let owner = byPublicAddress[source] { return .port(owner, .publicSource) }
    return .unknown
  }

  /// Whether a packet to this address is, by question 3, one that the NIC of `Place.networkInterface` has sent.
  func leavesPlace(to destination: UInt128, isIPv6: Bool) -> Bool {
    !placeAddresses.contains { $0.bits == destination && $0.isIPv4 != isIPv6 }
  }

  /// Whether `assign` will ask for the request that a packet answers.
  public func mayBeReply(_ tuple: FiveTuple) -> Bool {
    byPrivateAddress[tuple.destination] != nil || byPublicAddress[tuple.destination] != nil
  }

  /// - Parameters:
  ///   - tuple: nil where the packet cannot be read so far.
  ///   - reply: the forwarded packet that this one answers.
  public func assign(
    _ tuple: FiveTuple?, sourceMAC: MACAddress?, reply: (FiveTuple) -> ForwardedRequest?
  ) -> Outcome {
    if case .port(let port) = place { return .port(port, .option) }
    if let port = sourceMAC.flatMap({ byMAC[$0] }) { return .port(port, .sourceMAC) }
    if case .networkInterface(let port) = place {
      guard let tuple, owns(port, tuple.destination), !owns(port, tuple.source) else {
        return .port(port, .option)
      }
      return returning(to: port, tuple, reply: reply)
    }
    guard let tuple else { return .unassigned(.unreadable) }

    if let owners = byPrivateAddress[tuple.source] {
      return owners.count == 1 ? .port(owners[0], .sourceAddress) : ambiguous(tuple.source, owners)
    }
    if let owner = byPublicAddress[tuple.source] { return .port(owner, .publicSource) }
    if let owner = byPublicAddress[tuple.destination] {
      return returning(to: owner, tuple, reply: reply)
    }
    if let owners = byPrivateAddress[tuple.destination] {
      return owners.count == 1
        ? returning(to: owners[0], tuple, reply: reply) : ambiguous(tuple.destination, owners)
    }
    if let match = gateway(towards: tuple.source, of: nil), match.length > 0 {
      return .port(match.port, .bgpRoute)
    }
    return .unassigned(.noOwner(source: tuple.source, destination: tuple.destination))
  }

  /// Question 6: from outside, to a NIC.
  private func returning(
    to owner: PortID, _ tuple: FiveTuple, reply: (FiveTuple) -> ForwardedRequest?
  ) -> Outcome {
    if let request = reply(tuple) {
      let translated = request.translatedSource
      return .reply(request.egress, destination: translated == tuple.destination ? nil : translated)
    }
    if byPublicAddress[tuple.destination] != nil {
      guard let port = worldPort(.internet) else { return .unassigned(.noSuchPort(.internet)) }
      return .port(port, .publicDestination)
    }
    let record = snapshot.ports[Int(owner.index)]
    if let subnet = record.subnet,
      let route = snapshot.routing.resolve(.subnet(subnet), tuple.source, usesEndpoints: true),
      route.nextHopType == .virtualNetworkServiceEndpoint
    {
      guard let port = worldPort(.backbone) else { return .unassigned(.noSuchPort(.backbone)) }
      return .port(port, .endpointRoute)
    }
    if let match = gateway(towards: tuple.source, of: record.virtualNetwork) {
      return .port(match.port, .bgpRoute)
    }
    return .unassigned(.unknownOrigin(source: tuple.source, networkInterface: record.name))
  }

  private func ambiguous(_ address: IPAddress, _ owners: [PortID]) -> Outcome {
    .unassigned(
      .ambiguous(address, networkInterfaces: owners.map { snapshot.ports[Int($0.index)].name }))
  }

  private func owns(_ port: PortID, _ address: IPAddress) -> Bool {
    byPrivateAddress[address]?.contains(port) == true || byPublicAddress[address] == port
  }

  /// The gateway with the longest prefix that holds the address; of those that serve a network, or of all.
  private func gateway(towards address: IPAddress, of network: Int?) -> (port: PortID, length: Int)?
  {
    var best: (port: PortID, length: Int)?
    for learned in gateways where network.map(learned.networks.contains) ?? true {
      if let length = learned.longestMatch(address), length > best?.length ?? -1 {
        best = (learned.gateway, length)
      }
    }
    return best
  }

  private func worldPort(_ kind: WorldPort.Kind) -> PortID? {
    snapshot.ports.first {
      guard case .world(let index) = $0.kind else { return false }
      return snapshot.topology.worldPorts[index].kind == kind
    }?.id
  }
}

extension PortAssignment.Place {
  /// The place that the options `--nic` and `--port` name.
  /// - Throws: `ReplayError.unknownNIC`, `.unknownPort`.
  public init(
    networkInterface: String?, worldPort: String?, in snapshot: Snapshot
  ) throws(ReplayError) {
    if let name = networkInterface {
      guard let index = snapshot.topology.networkInterface(named: name) else {
        throw .unknownNIC(name, known: snapshot.topology.networkInterfaces.map(\.name))
      }
      self = .networkInterface(PortID(index))
    } else if let name = worldPort {
      let ports = snapshot.ports.filter { if case .world = $0.kind { true } else { false } }
      guard let port = ports.first(where: { $0.name.lowercased() == name.lowercased() }) else {
        throw .unknownPort(name, known: ports.map(\.name))
      }
      self = .port(port.id)
    } else {
      self = .unknown
    }
  }
}
