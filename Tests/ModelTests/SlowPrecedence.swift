import Model
import Wire

/// The rules of routing written down a second time, from the words and without any table: every candidate in
/// a list, each answer by looking at all of it. It shares no code with what it checks.
struct SlowPrecedence {
  struct Route: Hashable {
    var origin: RouteOrigin
    var prefix: IPPrefix
    var nextHopType: NextHopType
    var nextHop: IPAddress?
  }

  var model: PrecedenceModel
  var routes: [Route] = []

  /// The routes of a subnet of a random topology, whose endpoints give exactly `endpointPrefixes`. Of a gateway:
  /// those of its `GatewaySubnet`.
  init(
    _ topology: Topology, subnet: Int = 0, endpointPrefixes: [IPPrefix], live: [BGPRoute]
  ) {
    model = topology.precedence
    let own = topology.subnets[subnet].virtualNetwork
    let network = topology.virtualNetworks[own]
    let routeTable =
      topology.subnets[subnet].routeTable.map { topology.routeTables[$0] } ?? RouteTable(name: "no")
    for endpoint in endpointPrefixes {
      add(.endpoint, endpoint, .virtualNetworkServiceEndpoint)
    }
    var hasDefault = false
    for rank in 0...4 {
      for route in routeTable.routes where Self.rank(route) == rank {
        let prefixes =
          switch route.destination {
          case .prefix(let prefix): [prefix]
          case .serviceTag(let name): topology.serviceTags[name]?.prefixes ?? []
          }
        for prefix in prefixes {
          // Of equal prefixes the better rank counts, then the first written one.
          if routes.contains(where: { $0.origin == .user && $0.prefix == prefix }) { continue }
          add(.user, prefix, route.nextHopType, route.nextHopIPAddress)
          if prefix == IPPrefix("0.0.0.0/0") { hasDefault = true }
        }
      }
    }
    if !routeTable.disableBgpRoutePropagation {
      var seen: Set<IPPrefix> = []
      // The network's own gateway, then those of the peers that it uses.
      for gateway in [own] + network.peerings.filter(\.usesRemoteGateway).map(\.remote) {
        var learned: [IPPrefix: IPAddress?] = [:]
        for route in topology.bgpRoutes.reversed() where route.virtualNetwork == gateway {
          learned[route.prefix] = route.nextHop
        }
        for route in live where route.virtualNetwork == gateway {
          learned[route.prefix] = route.nextHop
        }
        for (prefix, nextHop) in learned where seen.insert(prefix).inserted {
          add(.bgp, prefix, .virtualNetworkGateway, nextHop)
        }
      }
    }
    for range in network.addressSpace { add(.system, range, .vnetLocal) }
    for peering in network.peerings {
      for range in topology.virtualNetworks[peering.remote].addressSpace
      where !network.addressSpace.contains(range) {
        add(.system, range, .vnetPeering)
      }
    }
    let ranges = routes.filter { $0.origin == .system }.map(\.prefix)
    for unused in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"] {
      guard !hasDefault, let unused = IPPrefix(unused),
        !ranges.contains(where: { $0.contains(unused) })
      else { continue }
      add(.system, unused, .none)
    }
    for all in [IPPrefix.anyIPv4, .anyIPv6] { add(.system, all, .internet) }
  }

  /// R2: a written prefix, a regional tag, a top-level one, AzureCloud of a region, AzureCloud. Regions are told by
  /// the name: the tags of these tests have no others.
  private static func rank(_ route: UserRoute) -> Int {
    guard case .serviceTag(let name) = route.destination else { return 0 }
    let isRegional = name.contains(".")
    return name.hasPrefix("AzureCloud") ? (isRegional ? 3 : 4) : (isRegional ? 1 : 2)
  }

  private mutating func add(
    _ origin: RouteOrigin, _ prefix: IPPrefix, _ type: NextHopType, _ nextHop: IPAddress? = nil
  ) {
    routes.append(Route(origin: origin, prefix: prefix, nextHopType: type, nextHop: nextHop))
  }

  func winner(_ destination: IPAddress, usesEndpoints: Bool) -> Route? {
    // Within an origin the longest prefix stands for all.
    func longest(_ origin: RouteOrigin) -> Route? {
      routes.filter { $0.origin == origin && $0.prefix.contains(destination) }
        .max { $0.prefix.length < $1.prefix.length }
    }
    let endpoint = usesEndpoints ? longest(.endpoint) : nil
    var standing = [endpoint, longest(.user), longest(.bgp), longest(.system)].compactMap { $0 }

    // R4: virtual-network and peering routes beat BGP even where it is more specific.
    if standing.contains(where: {
      $0.origin == .system && [.vnetLocal, .vnetPeering].contains($0.nextHopType)
    }) {
      standing = standing.filter { $0.origin != .bgp }
    }
    // On equal prefixes: UDR, then BGP, then system; where the endpoint stands is the model's.
    var ties: [RouteOrigin] = [.endpoint, .user, .bgp, .system]
    if let endpoint {
      switch model {
      case .serviceEndpoints:
        // "A destination inside an endpoint prefix goes to the endpoint."
        return endpoint
      case .longestPrefix:
        // "An endpoint beats BGP even where BGP is more specific."
        standing = standing.filter { $0.origin != .bgp }
      case .equalPrefix:
        // "Wins against UDR and BGP on an equal prefix, and loses to a longer one."
        break
      case .observed:
        // "A UDR to Internet loses to the endpoint; BGP always loses to it."
        standing = standing.filter {
          $0.origin != .bgp && !($0.origin == .user && $0.nextHopType == .internet)
        }
        // "A UDR whose next hop is not Internet wins on an equal or longer prefix."
        ties = [.user, .endpoint, .bgp, .system]
      }
    }
    let length = standing.map(\.prefix.length).max()
    return ties.lazy.compactMap { origin in
      standing.first { $0.origin == origin && $0.prefix.length == length }
    }.first
  }
}
