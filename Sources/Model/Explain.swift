import Wire

extension RoutingTables {
  /// The decision of `resolve`, made by the same code, with all that lost: of each origin every route that
  /// holds the destination, the longest first, also those that do not apply to this packet or subnet.
  /// - Precondition: the context's index is within the topology.
  public func explain(
    _ context: RoutingContext, _ destination: IPAddress, usesEndpoints: Bool
  ) -> RouteExplanation {
    let plan = planIndex(context)
    let contest = contest(plan, destination, usesEndpoints: usesEndpoints)
    var candidates = endpointCandidates(plan, destination, inContest: contest.endpoint != nil)
    candidates += userCandidates(plan, destination)
    candidates += bgpCandidates(plan, destination)
    candidates += systemCandidates(plan, destination)
    let winner = contest.decision.winner.flatMap { origin in
      candidates.first { $0.route.origin == origin && $0.excluded == nil }
    }
    let judged = candidates.map { candidate in
      RouteExplanation.Candidate(
        route: candidate.route,
        lostBecause: reason(candidate, contest.decision, winner: winner, all: candidates))
    }
    return RouteExplanation(
      model: topology.precedence, destination: destination.description,
      candidates: judged.filter { $0.lostBecause == nil }
        + judged.filter { $0.lostBecause != nil })
  }

  /// A route that holds the destination.
  private struct Candidate {
    var route: RouteDescription
    /// The longest of its origin, which met the other origins.
    var isLongest: Bool
    /// Why it did not take part; nil if it did.
    var excluded: String?
    /// Of those of its origin that took part but are not the longest: the rule that put them behind.
    var behind = "within an origin the longest prefix stands for all (R4)"
  }

  private func reason(
    _ candidate: Candidate, _ decision: Decision, winner: Candidate?, all: [Candidate]
  ) -> String? {
    guard let winner else { return candidate.excluded }
    let wins = "\(winner.route.phrase) wins"
    if let excluded = candidate.excluded { return "\(excluded); \(wins)." }
    guard candidate.isLongest else { return "\(wins): \(candidate.behind)." }
    guard let defeat = decision[candidate.route.origin] else { return nil }
    let rule = "R6 \(topology.precedence.rawValue)"
    let stronger = { (origin: RouteOrigin) in
      all.first { $0.route.origin == origin && $0.isLongest }?.route.phrase ?? ""
    }
    let endpointTookPart = all.contains {
      $0.route.origin == .endpoint && $0.isLongest && $0.excluded == nil
    }
    let order = endpointTookPart ? rule : "R4"
    return switch defeat {
    case .endpointWhateverLength:
      "\(wins): a destination inside an endpoint prefix goes to the endpoint, whatever the length of "
        + "other prefixes (\(rule))."
    case .endpointBeatsBGP:
      "\(wins): \(stronger(.endpoint)) puts BGP out, whatever its length (\(rule))."
    case .internetYieldsToEndpoint:
      "\(wins): \(stronger(.endpoint)) puts a user route to Internet out (\(rule))."
    case .networkBeatsBGP:
      "\(wins): \(stronger(.system)) puts BGP out, even where BGP is more specific (R4)."
    case .shorterPrefix: "\(wins): its prefix is longer (\(order))."
    case .laterOrigin:
      "\(wins): on equal prefixes \(winner.route.origin.rawValue) comes before "
        + "\(candidate.route.origin.rawValue) (\(order))."
    }
  }

  // MARK: - The candidates of each origin

  private func endpointCandidates(
    _ plan: Int, _ destination: IPAddress, inContest: Bool
  ) -> [Candidate] {
    guard let subnet = plans[plan].subnet else { return [] }
    let isGateway = plans[plan].endpointLayer == nil
    let excluded =
      isGateway
      ? "traffic from the gateway never takes an endpoint route (R8)"
      : inContest ? nil : "this packet does not take endpoint routes (R8)"
    let layer = endpointLayers[subnet]
    return candidates(layer, destination, excluded) { route in
      RouteDescription(
        origin: .endpoint, name: topology.services.services[route.source].name,
        serviceTag: topology.services.services[route.source].tag,
        prefix: route.prefix.description, nextHopType: route.nextHopType)
    } behindEqual: { _, _ in
      "of equal endpoint prefixes the service that the subnet lists first has it (R5)"
    }
  }

  private func userCandidates(_ plan: Int, _ destination: IPAddress) -> [Candidate] {
    guard let index = plans[plan].routeTable else { return [] }
    let table = topology.routeTables[index]
    return candidates(userLayers[index], destination, nil) { route in
      let written = table.routes[route.source]
      var tag: String?
      if case .serviceTag(let name) = written.destination { tag = name }
      return RouteDescription(
        origin: .user, name: written.name, serviceTag: tag, prefix: route.prefix.description,
        nextHopType: route.nextHopType, nextHop: route.nextHop?.description)
    } behindEqual: { first, later in
      let ranks = [first, later].map {
        UserRoutes.rank(table.routes[$0.source].destination, tags: topology.serviceTags)
      }
      return ranks[0] == ranks[1]
        ? "of user routes alike the one written first counts (R2)"
        : "on an equal prefix \(ranks[0].name) beats \(ranks[1].name) (R2)"
    }
  }

  private func systemCandidates(_ plan: Int, _ destination: IPAddress) -> [Candidate] {
    let layer = plans[plan].systemLayer
    let describe = { (route: LayerRoute) in
      RouteDescription(
        origin: .system, prefix: route.prefix.description, nextHopType: route.nextHopType)
    }
    var found = candidates(systemLayers[layer], destination, nil, describe) { _, _ in
      "the network's own range comes before a peer's (R1)"
    }
    let full = plans[plan].network * 2
    if layer != full {
      let removed = systemLayers[full].table.all(holding: IPPrefix(host: destination))
        .flatMap { systemLayers[full].routes(of: $0) }.filter { $0.nextHopType == .none }
      found += removed.map {
        Candidate(
          route: describe($0), isLongest: false,
          excluded: "a user route for 0.0.0.0/0 removes the None routes (R1)")
      }
    }
    return found
  }

  private func candidates(
    _ layer: RouteLayer, _ destination: IPAddress, _ excluded: String?,
    _ describe: (LayerRoute) -> RouteDescription,
    behindEqual: (LayerRoute, LayerRoute) -> String
  ) -> [Candidate] {
    var found: [Candidate] = []
    for match in layer.table.all(holding: IPPrefix(host: destination)) {
      let routes = layer.routes(of: match)
      for (position, route) in routes.enumerated() {
        var candidate = Candidate(
          route: describe(route), isLongest: found.isEmpty, excluded: excluded)
        if position > 0 { candidate.behind = behindEqual(routes[0], route) }
        found.append(candidate)
      }
    }
    return found
  }

  private func bgpCandidates(_ plan: Int, _ destination: IPAddress) -> [Candidate] {
    let range = bgpRanges[plans[plan].network]
    let hidden: String? =
      plans[plan].bgp.isEmpty
      ? "the route table '\(plans[plan].routeTable.map { topology.routeTables[$0].name } ?? "")' hides "
        + "gateway routes from the subnet (R2, disableBgpRoutePropagation)"
      : nil
    var found: [(candidate: Candidate, length: Int)] = []
    for position in range {
      let table = bgpTables[bgpOrder[position]]
      for match in table.table.all(holding: IPPrefix(host: destination)) {
        let prefix = IPPrefix(destination, length: match.length)
        func candidate(_ value: UInt32, _ excluded: String?) -> Candidate {
          Candidate(
            route: RouteDescription(
              origin: .bgp, prefix: prefix.description, nextHopType: .virtualNetworkGateway,
              nextHop: table.nextHop(value)?.description),
            isLongest: false, excluded: excluded)
        }
        found.append((candidate(match.value, hidden), match.length))
        if table.isLive(match.value), let written = table.written.value(prefix) {
          let shadowed = "a live route of the same prefix shadows this written one (R3)"
          found.append((candidate(written, shadowed), match.length))
        }
      }
    }
    // The longest first; of equal ones the network's own gateway stays first.
    var ordered = found.enumerated()
      .sorted { ($1.element.length, $0.offset) < ($0.element.length, $1.offset) }
      .map(\.element)
    if !ordered.isEmpty { ordered[0].candidate.isLongest = true }
    for index in ordered.indices.dropFirst() where ordered[index].length == ordered[0].length {
      ordered[index].candidate.behind =
        "of equal BGP prefixes the network's own gateway's counts, then the first peer's (R3)"
    }
    return ordered.map(\.candidate)
  }
}
