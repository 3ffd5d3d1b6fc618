import Wire

/// The longest match of each layer for one destination, and what the order made of them.
struct Contest {
  var plan: Int
  var destination: IPAddress
  var endpoint: LayerMatch?
  var user: LayerMatch?
  var bgp: LayerMatch?
  /// The network whose gateway learned the BGP match.
  var bgpNetwork = 0
  var system: LayerMatch?
  var decision = Decision()
}

extension RoutingTables {
  /// Holds the contest for a destination: the one decision behind `resolve` and `explain`.
  @inline(__always)
  func contest(_ plan: Int, _ destination: IPAddress, usesEndpoints: Bool) -> Contest {
    var contest = Contest(plan: plan, destination: destination)
    if usesEndpoints, let layer = plans[plan].endpointLayer {
      contest.endpoint = endpointLayers[layer].longest(destination)
    }
    if let layer = plans[plan].routeTable {
      contest.user = userLayers[layer].longest(destination)
    }
    for position in plans[plan].bgp {
      enterBGP(bgpTables[bgpOrder[position]].longest(destination), position, &contest)
    }
    contest.system = systemLayers[plans[plan].systemLayer].longest(destination)
    contest.decision = topology.precedence.decide(contenders(of: contest))
    return contest
  }

  /// The contest among the routes that hold a whole prefix, under any model.
  func contest(_ plan: Int, holding prefix: IPPrefix, model: PrecedenceModel) -> Contest {
    var contest = Contest(plan: plan, destination: prefix.address)
    if let layer = plans[plan].endpointLayer {
      contest.endpoint = endpointLayers[layer].table.longest(holding: prefix)
    }
    if let layer = plans[plan].routeTable {
      contest.user = userLayers[layer].table.longest(holding: prefix)
    }
    for position in plans[plan].bgp {
      enterBGP(bgpTables[bgpOrder[position]].table.longest(holding: prefix), position, &contest)
    }
    contest.system = systemLayers[plans[plan].systemLayer].table.longest(holding: prefix)
    contest.decision = model.decide(contenders(of: contest))
    return contest
  }

  /// The longer stays; on equal prefixes the network's own gateway, then the peers' in order.
  @inline(__always)
  private func enterBGP(_ match: LayerMatch?, _ position: Int, _ contest: inout Contest) {
    guard let match, match.length > contest.bgp?.length ?? -1 else { return }
    contest.bgp = match
    contest.bgpNetwork = bgpOrder[position]
  }

  @inline(__always)
  private func contenders(of contest: Contest) -> Contenders {
    var contenders = Contenders()
    if let match = contest.endpoint {
      contenders.endpoint = Contender(
        length: match.length, nextHopType: .virtualNetworkServiceEndpoint)
    }
    if let match = contest.user, let layer = plans[contest.plan].routeTable {
      contenders.user = Contender(
        length: match.length,
        nextHopType: userLayers[layer].routes[Int(match.value)].nextHopType)
    }
    if let match = contest.bgp {
      contenders.bgp = Contender(length: match.length, nextHopType: .virtualNetworkGateway)
    }
    if let match = contest.system {
      let layer = plans[contest.plan].systemLayer
      contenders.system = Contender(
        length: match.length,
        nextHopType: systemLayers[layer].routes[Int(match.value)].nextHopType)
    }
    return contenders
  }

  /// The match of an origin as the packet path takes it.
  @inline(__always)
  func resolved(_ origin: RouteOrigin, of contest: Contest) -> ResolvedRoute? {
    let plan = plans[contest.plan]
    switch origin {
    case .endpoint:
      guard let match = contest.endpoint, let layer = plan.endpointLayer else { return nil }
      let route = endpointLayers[layer].routes[Int(match.value)]
      return ResolvedRoute(
        prefix: route.prefix, origin: .endpoint, nextHopType: route.nextHopType,
        service: route.source)
    case .user:
      guard let match = contest.user, let layer = plan.routeTable else { return nil }
      let route = userLayers[layer].routes[Int(match.value)]
      return ResolvedRoute(
        prefix: route.prefix, origin: .user, nextHopType: route.nextHopType,
        nextHop: route.nextHop)
    case .bgp:
      guard let match = contest.bgp else { return nil }
      return ResolvedRoute(
        prefix: IPPrefix(contest.destination, length: match.length), origin: .bgp,
        nextHopType: .virtualNetworkGateway,
        nextHop: bgpTables[contest.bgpNetwork].nextHop(match.value))
    case .system:
      guard let match = contest.system else { return nil }
      let route = systemLayers[plan.systemLayer].routes[Int(match.value)]
      return ResolvedRoute(
        prefix: route.prefix, origin: .system, nextHopType: route.nextHopType)
    }
  }
}
