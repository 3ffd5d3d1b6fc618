import Wire

/// Next-hop types, spelled as Azure prints them.
public enum NextHopType: String, CaseIterable, Sendable, Codable {
  case vnetLocal = "VnetLocal"
  case vnetPeering = "VNetPeering"
  case internet = "Internet"
  case virtualAppliance = "VirtualAppliance"
  case virtualNetworkGateway = "VirtualNetworkGateway"
  case virtualNetworkServiceEndpoint = "VirtualNetworkServiceEndpoint"
  case none = "None"
}

/// Who put a route into the RIB.
public enum RouteOrigin: String, CaseIterable, Sendable, Codable {
  case endpoint
  case user
  case bgp
  case system
}

/// What the packet path needs of the route that won. Plain bytes, and few of them: each flow keeps two.
public struct ResolvedRoute: Hashable, Sendable {
  public var prefix: IPPrefix
  public var origin: RouteOrigin
  public var nextHopType: NextHopType
  private var storedService: Int32 = -1
  /// The appliance of a user route, or the neighbour that a BGP route was learned from.
  public var nextHop: IPAddress?

  /// Of an endpoint route: the index into `Topology.services.services`. Of a peering or
  /// virtual-network route: nil.
  public var service: Int? {
    get { storedService < 0 ? nil : Int(storedService) }
    set { storedService = newValue.map(Int32.init) ?? -1 }
  }

  public init(
    prefix: IPPrefix, origin: RouteOrigin, nextHopType: NextHopType, nextHop: IPAddress? = nil,
    service: Int? = nil
  ) {
    self.prefix = prefix
    self.origin = origin
    self.nextHopType = nextHopType
    self.nextHop = nextHop
    self.service = service
  }
}

/// The named orders of R6.
public enum PrecedenceModel: String, CaseIterable, Sendable, Codable {
  /// The document's words: inside an endpoint prefix the endpoint wins, whatever the other's length.
  case serviceEndpoints = "service-endpoints"
  /// The longest prefix wins; on a tie endpoint, UDR, BGP, system. An endpoint beats BGP even where
  /// BGP is more specific.
  case longestPrefix = "longest-prefix"
  /// The endpoint wins against UDR and BGP on an equal prefix, and loses to a longer one.
  case equalPrefix = "equal-prefix"
  /// What people measured: a UDR whose next hop is not `Internet` wins on an equal or longer prefix; a
  /// UDR to `Internet` and any BGP route lose to the endpoint.
  case observed
}
