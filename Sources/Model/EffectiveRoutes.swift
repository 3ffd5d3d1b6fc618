import Wire

/// One line of a NIC's effective routes, with Azure's words and keys.
public struct EffectiveRoute: Sendable, Codable, Equatable {
  // The cases are spelled as Azure prints them.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public enum Source: String, Sendable, Codable { case Default, User, VirtualNetworkGateway }
  // swift-format-ignore: AlwaysUseLowerCamelCase
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

/// The answer of Azure's `effectiveRouteTable`.
public struct EffectiveRouteTable: Sendable, Codable, Equatable {
  public var value: [EffectiveRoute]

  public init(value: [EffectiveRoute]) { self.value = value }
}

extension RoutingTables {
  /// R9: what the portal shows for a NIC of the subnet, in this order: the network's ranges, the peers',
  /// BGP routes, the default, unused ranges, endpoints (one element a service), user routes (one a route).
  ///
  /// A prefix is `Active` where a packet to an address that no longer prefix holds takes this origin's
  /// route, and `Invalid` where another stands before it. A service or user route of which only some prefixes
  /// are in force (it can be so under every model but `service-endpoints`, or with tags) is listed
  /// twice: first what is active, then what is not.
  public func effectiveRoutes(ofSubnet subnet: Int) -> [EffectiveRoute] {
    let system = systemLayers[plans[subnet].systemLayer].routes.map { route in
      effective([route.prefix], .Default, .system, route.nextHopType, subnet)
    }.flatMap { $0 }
    let ofNetwork: (EffectiveRoute) -> Bool = {
      $0.nextHopType == .vnetLocal || $0.nextHopType == .vnetPeering
    }
    return system.filter(ofNetwork) + bgpLines(subnet)
      + system.filter { !ofNetwork($0) && isListed($0, subnet) }
      + endpointLines(subnet) + userLines(subnet)
  }

  /// The IPv6 default concerns only networks that have IPv6 at all; Azure lists it for no other.
  private func isListed(_ route: EffectiveRoute, _ subnet: Int) -> Bool {
    route.addressPrefix != [IPPrefix.anyIPv6.description]
      || topology.virtualNetworks[plans[subnet].network].addressSpace.contains { !$0.isIPv4 }
  }

  private func bgpLines(_ subnet: Int) -> [EffectiveRoute] {
    var lines: [EffectiveRoute] = []
    for position in plans[subnet].bgp {
      let network = bgpOrder[position]
      bgpTables[network].table.forEachPrefix { prefix, value in
        let contest = contest(subnet, holding: prefix, model: topology.precedence)
        let wins = contest.decision.winner == .bgp && contest.bgpNetwork == network
        lines.append(
          EffectiveRoute(
            source: .VirtualNetworkGateway, state: wins ? .Active : .Invalid,
            addressPrefix: [prefix.description], nextHopType: .virtualNetworkGateway,
            nextHopIpAddress: bgpTables[network].nextHop(value).map { [$0.description] } ?? []))
      }
    }
    return lines
  }

  private func endpointLines(_ subnet: Int) -> [EffectiveRoute] {
    endpointPrefixes(ofSubnet: subnet).flatMap { service, prefixes in
      effective(prefixes, .Default, .endpoint, .virtualNetworkServiceEndpoint, subnet).map {
        var line = $0
        line.service = topology.services.services[service].name
        return line
      }
    }
  }

  private func userLines(_ subnet: Int) -> [EffectiveRoute] {
    guard let index = plans[subnet].routeTable else { return [] }
    let layer = userLayers[index]
    var bySource: [Int: [IPPrefix]] = [:]
    for route in layer.routes { bySource[route.source, default: []].append(route.prefix) }
    return topology.routeTables[index].routes.enumerated().flatMap { source, route in
      effective(
        bySource[source] ?? [], .User, .user, route.nextHopType, subnet,
        also: { layer.table.value($0).map { layer.routes[Int($0)].source } == source }
      ).map {
        var line = $0
        line.name = route.name
        line.nextHopIpAddress = route.nextHopIPAddress.map { [$0.description] } ?? []
        return line
      }
    }
  }

  /// One element, or two where the prefixes are not all in one state.
  /// - Parameter also: what must hold besides for a prefix to be active.
  private func effective(
    _ prefixes: [IPPrefix], _ source: EffectiveRoute.Source, _ origin: RouteOrigin,
    _ nextHopType: NextHopType, _ subnet: Int, also: (IPPrefix) -> Bool = { _ in true }
  ) -> [EffectiveRoute] {
    var active: [String] = []
    var invalid: [String] = []
    for prefix in prefixes {
      let contest = contest(subnet, holding: prefix, model: topology.precedence)
      if contest.decision.winner == origin, also(prefix) {
        active.append(prefix.description)
      } else {
        invalid.append(prefix.description)
      }
    }
    return [(EffectiveRoute.State.Active, active), (.Invalid, invalid)].compactMap { state, list in
      guard !list.isEmpty else { return nil }
      return EffectiveRoute(
        source: source, state: state, addressPrefix: list, nextHopType: nextHopType,
        nextHopIpAddress: [])
    }
  }
}
