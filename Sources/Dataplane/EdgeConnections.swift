import Model
import Wire

/// Whose a live TCP connection at a service edge is: what a server behind it cannot see in the packets (I1, I7).
public struct ConnectionCaller: Sendable, Codable, Equatable {
  /// `address:port`, as the caller has it: private over an endpoint.
  public var source: String
  public var viaEndpoint: Bool
  public var virtualNetwork: String?
  /// `network/subnet`.
  public var subnet: String?
  /// Azure's.
  public var subnetID: String?
  /// Which subnet that is, whatever its name (I3), by the edge's numbers.
  public var identity: SubnetIdentity?
  /// Of the network.
  public var tenant: String?

  public init(
    source: String, viaEndpoint: Bool, virtualNetwork: String? = nil, subnet: String? = nil,
    subnetID: String? = nil, identity: SubnetIdentity? = nil, tenant: String? = nil
  ) {
    self.source = source
    self.viaEndpoint = viaEndpoint
    self.virtualNetwork = virtualNetwork
    self.subnet = subnet
    self.subnetID = subnetID
    self.identity = identity
    self.tenant = tenant
  }

  init(_ key: FlowKey, _ caller: Caller, _ topology: Topology) {
    self.init(
      source: endpoint(key.sourceAddress, key.sourcePort), viaEndpoint: caller.viaEndpoint,
      virtualNetwork: caller.virtualNetwork.map { topology.virtualNetworks[$0].name },
      subnet: caller.subnet.map { topology.qualifiedName(ofSubnet: $0) },
      subnetID: caller.subnet.map { "\(topology.id(ofSubnet: $0))" }, identity: caller.identity,
      tenant: caller.tenant)
  }
}

extension PacketPath {
  /// Whose connection a server has accepted; nil where there is none such here, or its caller was refused.
  /// - Parameter ends: from the caller's to the server's, as the server sees them: the caller's may be an address of the
  ///   edge's own.
  public func caller(of ends: ConnectionEnds) -> ConnectionCaller? {
    let (source, destination) = (ends.source, ends.destination)
    guard let edge = snapshot.edge, source.address.isIPv4 == destination.address.isIPv4 else {
      return nil
    }
    // What the server's answers look like leads to the flow, and the flow to whoever began it.
    let answer = FlowKey(
      port: edge.services, source: destination.address.bits, destination: source.address.bits,
      sourcePort: destination.port, destinationPort: source.port, transport: 6,
      isIPv6: !source.address.isIPv4)
    guard let match = table.find(answer), match.isReverse else { return nil }
    let flow = table[match.slot]
    guard flow.state != .reset, flow.state != .denied else { return nil }
    var silent: Trace?
    guard let (judgment, _) = try? snapshot.judgeAtEdge(flow.forward.key, edge, trace: &silent)
    else { return nil }
    return ConnectionCaller(flow.forward.key, judgment.caller, snapshot.topology)
  }
}
