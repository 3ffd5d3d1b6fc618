import Wire

/// What netlink said about one route of the table that is followed. A plain value, so that the rules below can
/// be tested without a kernel.
struct KernelRoute: Equatable {
  var prefix: IPPrefix
  /// The kernel's `metric`: of several routes for one prefix the lowest is used.
  var metric: UInt32
  /// Whether it is of the protocol that is followed.
  var isOfProtocol: Bool
  var path: Path

  /// Where it leads.
  struct Path: Equatable {
    /// False for `blackhole`, `unreachable` and `prohibit`: such a route hides others, and is not
    /// announced itself.
    var isUnicast: Bool
    /// Of the first next hop; nil where the route is on-link.
    var nextHop: IPAddress?
    /// Interface index of the first next hop; 0 where there is none.
    var device: Int32
    /// More than one in a multipath route.
    var nextHopCount: Int
  }
}

/// The routes of one protocol in one kernel table, kept up to date message by message.
///
/// The kernel's messages do not always say what happened: an IPv6 message may add a leg to a multipath route or
/// replace it, and several IPv4 routes may share prefix and metric. Wherever a message could mean two things
/// the table answers `unclear`, and its owner reads everything anew.
struct KernelRouteTable {
  enum Outcome: Equatable {
    case unchanged
    case changed(KernelRoutes.Change)
    case unclear
  }

  /// Ordered by metric, then as the kernel lists them: the first is in use. One of its own for each prefix is
  /// by far the most common case.
  private var routes: [IPPrefix: [KernelRoute]] = [:]

  /// Prefixes with at least one route.
  var count: Int { routes.count }

  /// A new route, or with `replaces` one that takes the place of a route of the same prefix and metric.
  mutating func add(_ route: KernelRoute, replaces: Bool) -> Outcome {
    let old = routes[route.prefix] ?? []
    let same = old.indices.filter { old[$0].metric == route.metric }
    guard route.isOfProtocol else {
      // Another protocol's route in the place of ours.
      guard replaces, !same.isEmpty else { return .unchanged }
      guard same.count == 1 else { return .unclear }
      var new = old
      new.remove(at: same[0])
      return set(new, for: route.prefix, before: old)
    }
    if same.isEmpty {
      let place = old.firstIndex { $0.metric > route.metric } ?? old.endIndex
      var new = old
      new.insert(route, at: place)
      return set(new, for: route.prefix, before: old)
    }
    if same.contains(where: { old[$0].path == route.path }), !replaces { return .unchanged }
    guard replaces, same.count == 1 else { return .unclear }
    var new = old
    new[same[0]] = route
    return set(new, for: route.prefix, before: old)
  }

  mutating func remove(_ route: KernelRoute) -> Outcome {
    guard route.isOfProtocol, let old = routes[route.prefix] else { return .unchanged }
    let same = old.indices.filter { old[$0].metric == route.metric }
    if same.isEmpty { return .unchanged }
    guard let index = same.first(where: { old[$0].path == route.path }) else { return .unclear }
    var new = old
    new.remove(at: index)
    return set(new, for: route.prefix, before: old)
  }

  /// Takes a whole listing, in the kernel's order, in the place of what is there.
  /// - Returns: what is different now: withdrawals, then announcements, each in prefix order.
  mutating func replaceAll(with listing: [KernelRoute]) -> [KernelRoutes.Change] {
    var new: [IPPrefix: [KernelRoute]] = [:]
    new.reserveCapacity(listing.count)
    for route in listing where route.isOfProtocol {
      var list = new[route.prefix] ?? []
      let place = list.firstIndex { $0.metric > route.metric } ?? list.endIndex
      list.insert(route, at: place)
      new[route.prefix] = list
    }
    let old = routes
    routes = new
    let gone = old.compactMap { prefix, list in
      Self.inUse(list) != nil && Self.inUse(new[prefix]) == nil ? prefix : nil
    }
    let here = new.compactMap { prefix, list -> (prefix: IPPrefix, nextHop: IPAddress?)? in
      guard let path = Self.inUse(list) else { return nil }
      if let before = Self.inUse(old[prefix]), before.nextHop == path.nextHop { return nil }
      return (prefix, path.nextHop)
    }
    return gone.sorted().map { .withdraw($0) }
      + here.sorted { $0.prefix < $1.prefix }.map { .announce($0.prefix, nextHop: $0.nextHop) }
  }

  private mutating func set(
    _ new: [KernelRoute], for prefix: IPPrefix, before old: [KernelRoute]
  ) -> Outcome {
    routes[prefix] = new.isEmpty ? nil : new
    switch (Self.inUse(old), Self.inUse(new)) {
    case (nil, nil): return .unchanged
    case (_?, nil): return .changed(.withdraw(prefix))
    case (let before, let after?):
      if let before, before.nextHop == after.nextHop { return .unchanged }
      return .changed(.announce(prefix, nextHop: after.nextHop))
    }
  }

  private static func inUse(_ list: [KernelRoute]?) -> KernelRoute.Path? {
    guard let path = list?.first?.path, path.isUnicast else { return nil }
    return path
  }
}
