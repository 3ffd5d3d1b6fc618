import Model
import Wire

/// The destinations on which two precedence models part (R6), for the subnet of a NIC.
public struct ModelComparison: Sendable, Codable, Equatable {
  public struct Difference: Sendable, Codable, Equatable {
    public var prefix: String
    /// The route that each model chooses; nil for none.
    public var first: Choice?
    public var second: Choice?
  }

  public struct Choice: Sendable, Codable, Equatable {
    public var prefix: String
    public var origin: RouteOrigin
    public var nextHopType: NextHopType
    public var nextHop: String?

    init(_ route: ResolvedRoute) {
      prefix = route.prefix.description
      origin = route.origin
      nextHopType = route.nextHopType
      nextHop = route.nextHop?.description
    }
  }

  public var networkInterface: String
  /// The model in force.
  public var first: PrecedenceModel
  public var second: PrecedenceModel
  /// Disjoint, ordered by prefix.
  public var differences: [Difference]

  /// - Throws: `ControlError.unknownNetworkInterface`.
  public init(
    of networkInterface: String, with other: PrecedenceModel, in topology: Topology,
    tables: RoutingTables
  ) throws(ControlError) {
    let subnet = try topology.subnet(ofNetworkInterface: networkInterface)
    self.networkInterface = networkInterface
    first = topology.precedence
    second = other
    differences = tables.disagreements(ofSubnet: subnet, between: first, and: other).map {
      Difference(
        prefix: $0.prefix.description, first: $0.first.map(Choice.init),
        second: $0.second.map(Choice.init))
    }
  }
}
