import Wire

/// A prefix for which two precedence models choose different routes.
public struct Disagreement: Hashable, Sendable {
  public var prefix: IPPrefix
  public var first: ResolvedRoute?
  public var second: ResolvedRoute?
}

extension RoutingTables {
  /// R6: where two precedence models part, for a subnet: disjoint prefixes, ordered, as few as there can
  /// be. Models differ only inside endpoint prefixes, so only those are looked at.
  public func disagreements(
    ofSubnet subnet: Int, between first: PrecedenceModel, and second: PrecedenceModel
  ) -> [Disagreement] {
    guard first != second, let endpoints = plans[subnet].endpointLayer else { return [] }
    var found: [Disagreement] = []
    var outer: IPPrefix?
    for prefix in endpointLayers[endpoints].table.prefixes(inside: .anyIPv4) {
      if let outer, outer.contains(prefix) { continue }
      outer = prefix
      let inside = prefixes(inside: prefix, subnet)
      found += split(prefix, inside[...], subnet, first, second)
    }
    return found
  }

  /// The prefixes of all layers inside one, in order, without repetition.
  private func prefixes(inside prefix: IPPrefix, _ subnet: Int) -> [IPPrefix] {
    let plan = plans[subnet]
    var all = Set(systemLayers[plan.systemLayer].table.prefixes(inside: prefix))
    all.formUnion(endpointLayers[subnet].table.prefixes(inside: prefix))
    if let layer = plan.routeTable {
      all.formUnion(userLayers[layer].table.prefixes(inside: prefix))
    }
    for position in plan.bgp {
      all.formUnion(bgpTables[bgpOrder[position]].table.prefixes(inside: prefix))
    }
    return all.sorted()
  }

  /// Halves a prefix until no route is more specific than the part; halves that came out alike are one again.
  /// - Parameter inside: the prefixes within it, in order.
  private func split(
    _ prefix: IPPrefix, _ inside: ArraySlice<IPPrefix>, _ subnet: Int,
    _ first: PrecedenceModel, _ second: PrecedenceModel
  ) -> [Disagreement] {
    let finer = inside.drop { $0 == prefix }
    if finer.isEmpty {
      let (one, other) = (
        resolved(subnet, holding: prefix, first), resolved(subnet, holding: prefix, second)
      )
      return one == other ? [] : [Disagreement(prefix: prefix, first: one, second: other)]
    }
    let low = IPPrefix(prefix.address, length: prefix.length + 1)
    let high = IPPrefix(prefix.last, length: prefix.length + 1)
    let middle = finer.firstIndex { $0.address >= high.address } ?? finer.endIndex
    let halves = [
      split(low, finer[..<middle], subnet, first, second),
      split(high, finer[middle...], subnet, first, second),
    ]
    if let a = halves[0].first, let b = halves[1].first, a.prefix == low, b.prefix == high,
      a.first == b.first, a.second == b.second
    {
      return [Disagreement(prefix: prefix, first: a.first, second: a.second)]
    }
    return halves[0] + halves[1]
  }

  private func resolved(
    _ subnet: Int, holding prefix: IPPrefix, _ model: PrecedenceModel
  ) -> ResolvedRoute? {
    let contest = contest(subnet, holding: prefix, model: model)
    return contest.decision.winner.flatMap { resolved($0, of: contest) }
  }
}
