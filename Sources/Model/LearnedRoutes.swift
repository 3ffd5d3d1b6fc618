import Wire

/// R3: routes that a BGP daemon announces and withdraws.
extension RoutingTables {
  /// A route learned on a network's gateway, at the cost of the change: it replaces the live route of the same
  /// prefix and shadows a written one.
  /// - Precondition: the network's index is within the topology.
  public mutating func announce(_ route: BGPRoute) {
    bgpTables[route.virtualNetwork].announce(route.prefix, nextHop: route.nextHop)
  }

  /// The live route of the prefix is gone; a written one that it shadowed is back. Without a live route
  /// nothing happens.
  /// - Precondition: the network's index is within the topology.
  public mutating func withdraw(_ prefix: IPPrefix, virtualNetwork: Int) {
    bgpTables[virtualNetwork].withdraw(prefix)
  }

  /// What is live on a network's gateway, in order: IPv4 before IPv6.
  public func liveRoutes(ofVirtualNetwork network: Int) -> [BGPRoute] {
    var routes: [BGPRoute] = []
    bgpTables[network].forEachLive { prefix, nextHop in
      routes.append(BGPRoute(virtualNetwork: network, prefix: prefix, nextHop: nextHop))
    }
    return routes
  }

  /// Makes these the network's only live routes, as after a new dump of the daemon's table: the missing ones are
  /// withdrawn and the rest announced.
  public mutating func replaceLiveRoutes(
    ofVirtualNetwork network: Int, with routes: [BGPRoute]
  ) {
    let wanted = Set(routes.map(\.prefix))
    for old in liveRoutes(ofVirtualNetwork: network) where !wanted.contains(old.prefix) {
      withdraw(old.prefix, virtualNetwork: network)
    }
    for route in routes {
      bgpTables[network].announce(route.prefix, nextHop: route.nextHop)
    }
  }
}

/// How many routes there are.
extension RoutingTables {
  /// The routes of an origin in all layers, each counted once however many subnets share it.
  public func routeCount(of origin: RouteOrigin) -> Int {
    switch origin {
    case .endpoint: endpointLayers.reduce(0) { $0 + $1.table.count }
    case .user: userLayers.reduce(0) { $0 + $1.routes.count }
    case .bgp: bgpTables.reduce(0) { $0 + $1.count }
    case .system:
      stride(from: 0, to: systemLayers.count, by: 2).reduce(0) {
        $0 + systemLayers[$1].routes.count
      }
    }
  }

  /// The routes of an origin that a context sees.
  public func routeCount(of origin: RouteOrigin, in context: RoutingContext) -> Int {
    let plan = plans[planIndex(context)]
    return switch origin {
    case .endpoint: plan.endpointLayer.map { endpointLayers[$0].table.count } ?? 0
    case .user: plan.routeTable.map { userLayers[$0].routes.count } ?? 0
    case .bgp: plan.bgp.reduce(0) { $0 + bgpTables[bgpOrder[$1]].count }
    case .system: systemLayers[plan.systemLayer].routes.count
    }
  }
}
