import Wire

/// Whose routes apply to a packet.
public enum RoutingContext: Hashable, Sendable {
  /// Sent by a NIC of this subnet (index into `Topology.subnets`).
  case subnet(Int)
  /// Arrived on the gateway of this network (index into `Topology.virtualNetworks`).
  case gateway(virtualNetwork: Int)
}

/// The forwarding tables of a topology, for every subnet and gateway. A value: a copy is a snapshot, made in
/// constant time; a change copies only what it touches.
public struct RoutingTables: Sendable {
  public init(topology: Topology) { fatalError("to come") }

  /// The route that wins. `usesEndpoints` false leaves endpoint routes out (R8: ICMP, platform traffic);
  /// the gateway context never has any.
  public func resolve(
    _ context: RoutingContext, _ destination: IPAddress, usesEndpoints: Bool
  ) -> ResolvedRoute? { nil }

  /// The same decision with all that lost.
  public func explain(
    _ context: RoutingContext, _ destination: IPAddress, usesEndpoints: Bool
  ) -> RouteExplanation { fatalError("to come") }

  /// R9: what the portal shows for a NIC of the subnet.
  public func effectiveRoutes(ofSubnet subnet: Int) -> [EffectiveRoute] { [] }

  /// R3: routes learned or withdrawn on a network's gateway, at the cost of the change. A live route
  /// shadows a static one of the same prefix.
  public mutating func announce(_ route: BGPRoute) {}
  public mutating func withdraw(_ prefix: IPPrefix, virtualNetwork: Int) {}

  /// Sets a subnet's endpoints and rebuilds that subnet's endpoint routes alone.
  public mutating func setServiceEndpoints(
    _ endpoints: [ServiceEndpoint], ofSubnet subnet: Int
  ) -> EndpointChange { fatalError("to come") }

  /// Where two precedence models part, for a subnet: disjoint prefixes, ordered.
  public func disagreements(
    ofSubnet subnet: Int, between first: PrecedenceModel, and second: PrecedenceModel
  ) -> [Disagreement] { [] }
}

public struct EndpointChange: Sendable {
  public var added: [IPPrefix] = []
  public var removed: [IPPrefix] = []
  public init() {}
}

public struct Disagreement: Sendable {
  public var prefix: IPPrefix
  public var first: ResolvedRoute?
  public var second: ResolvedRoute?
}

/// A route in words, for explanations and listings.
public struct RouteDescription: Sendable, Codable, Hashable {
  public var origin: RouteOrigin
  /// The UDR's name, or the service of an endpoint route.
  public var name: String?
  /// The service tag that the prefix came from, if one was written.
  public var serviceTag: String?
  public var prefix: String
  public var nextHopType: NextHopType
  public var nextHop: String?
}

public struct RouteExplanation: Sendable, Codable {
  public struct Candidate: Sendable, Codable {
    public var route: RouteDescription
    /// Nil for the winner; else why it lost, in one sentence that names the winner and the rule.
    public var lostBecause: String?
  }
  public var model: PrecedenceModel
  public var destination: String
  /// Every route whose prefix holds the destination: the winner first.
  public var candidates: [Candidate]
}

/// One line of a NIC's effective routes, in Azure's words.
public struct EffectiveRoute: Sendable, Codable, Equatable {
  public enum Source: String, Sendable, Codable { case Default, User, VirtualNetworkGateway }
  public enum State: String, Sendable, Codable { case Active, Invalid }
  /// Of a UDR.
  public var name: String?
  public var source: Source
  public var state: State
  public var addressPrefix: [String]
  public var nextHopType: NextHopType
  public var nextHopIpAddress: [String]
  /// Of an endpoint route, which holds all prefixes of one service.
  public var service: String?
}
