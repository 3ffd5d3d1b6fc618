import Model
import TestSupport
import Wire

/// A random topology of two networks, changed step by step: the tables under test, and what they must agree with.
struct OverlayRun {
  struct Change {
    var text: String
    /// Prefixes whose routes may be others now.
    var prefixes: [IPPrefix]
    /// What is wrong with what the tables said about the change.
    var problem: String?
  }

  private(set) var tables: RoutingTables
  /// As it is now; kept beside the tables and not read from them.
  private var topology: Topology
  private var live: [BGPRoute] = []
  private var random: SeededGenerator

  private static let services = ["A", "B", "C"]

  init(_ model: PrecedenceModel, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var topology = sampleTopology(model)
    topology.services = ServiceCatalogue(
      services: Self.services.map { .init(name: $0, tag: $0, scope: .everyRegion) })
    var tags: [ServiceTag] = []
    for name in Self.services + ["AzureCloud", "AzureCloud.westeurope", "Other.westeurope"] {
      let prefixes = (0..<4).map { _ in Self.prefix(&random) }.filter { !$0.isDefault }
      tags.append(
        ServiceTag(
          name: name, region: name.contains(".") ? Region("westeurope") : nil, prefixes: prefixes))
    }
    topology.serviceTags = ServiceTags(tags: tags)
    topology.virtualNetworks.append(
      VirtualNetwork(
        name: "peer", id: 2, region: Region("westeurope"), addressSpace: [net("20.60.0.0/16")],
        peerings: [Peering(name: "back", remote: 0)]))
    topology.virtualNetworks[0].peerings = [
      Peering(name: "p", remote: 1, usesRemoteGateway: seed % 2 == 0)
    ]
    topology.routeTables = ["one", "two"].map { RouteTable(name: $0) }
    // (network, route table): two share a table, one has none, each network has a gateway.
    let subnets: [(String, Int, Int?)] = [
      ("a", 0, 0), ("b", 0, 0), ("c", 0, nil), ("GatewaySubnet", 0, 1), ("GatewaySubnet", 1, 0),
    ]
    topology.subnets = subnets.map {
      Subnet(name: $0, virtualNetwork: $1, addressPrefixes: [], routeTable: $2)
    }
    for _ in 0..<6 {
      topology.bgpRoutes.append(Self.route(&random))
    }
    tables = RoutingTables(topology: topology)
    self.topology = topology
    self.random = random
  }

  /// Changes one of the three, in the tables and beside them.
  mutating func change() -> Change {
    switch Int.random(in: 0..<7, using: &random) {
    case 0, 1:
      let route = Self.route(&random)
      tables.announce(route)
      forget(route.prefix, route.virtualNetwork)
      live.append(route)
      return Change(text: "announce \(route)", prefixes: [route.prefix])
    case 2:
      // One that is there mostly, or any.
      let route =
        Int.random(in: 0..<5, using: &random) == 0
        ? Self.route(&random) : live.randomElement(using: &random) ?? Self.route(&random)
      tables.withdraw(route.prefix, virtualNetwork: route.virtualNetwork)
      forget(route.prefix, route.virtualNetwork)
      return Change(text: "withdraw \(route)", prefixes: [route.prefix])
    case 3, 4: return switchEndpoints()
    default: return replaceRouteTable()
    }
  }

  private mutating func forget(_ prefix: IPPrefix, _ network: Int) {
    live.removeAll { $0.prefix == prefix && $0.virtualNetwork == network }
  }

  private mutating func switchEndpoints() -> Change {
    let subnet = topology.subnets.indices.randomElement(using: &random) ?? 0
    let chosen = Self.services.shuffled(using: &random)
      .prefix(Int.random(in: 0...Self.services.count, using: &random))
      .map { ServiceEndpoint(service: $0) }
    let old = endpointPrefixes(subnet)
    topology.subnets[subnet].serviceEndpoints = chosen
    let change = tables.setServiceEndpoints(chosen, ofSubnet: subnet)
    let new = Set(endpointPrefixes(subnet))
    let told = Set(change.added).union(change.removed)
    var result = Change(
      text: "endpoints \(chosen.map(\.service)) of subnet \(subnet)", prefixes: told.sorted())
    // Those that changed their service are told besides, as added and removed.
    if !new.subtracting(old).isSubset(of: change.added)
      || !Set(old).subtracting(new).isSubset(of: change.removed)
      || !new.isSuperset(of: change.added) || !Set(old).isSuperset(of: change.removed)
    {
      result.problem = "told \(change), and it was \(old.sorted()), now \(new.sorted())"
    }
    return result
  }

  private mutating func replaceRouteTable() -> Change {
    let index = topology.routeTables.indices.randomElement(using: &random) ?? 0
    var table = RouteTable(name: topology.routeTables[index].name)
    table.disableBgpRoutePropagation = Int.random(in: 0..<4, using: &random) == 0
    for number in 0..<Int.random(in: 0...7, using: &random) {
      let tag = topology.serviceTags.all.randomElement(using: &random)?.name ?? "A"
      let destination: UserRoute.Destination =
        Int.random(in: 0..<3, using: &random) == 0
        ? .serviceTag(tag) : .prefix(Self.prefix(&random))
      let types: [NextHopType] = [.internet, .none, .virtualAppliance, .virtualNetworkGateway]
      table.routes.append(
        UserRoute(
          name: "u\(number)", destination: destination,
          nextHopType: types.randomElement(using: &random) ?? .none,
          nextHopIPAddress: .v4(IPv4Address(10, 0, 0, UInt8(number)))))
    }
    let both = topology.routeTables[index].routes + table.routes
    topology.routeTables[index] = table
    tables.setRouteTable(table, at: index)
    let prefixes = both.flatMap { route in
      switch route.destination {
      case .prefix(let prefix): [prefix]
      case .serviceTag(let name): topology.serviceTags[name]?.prefixes ?? []
      }
    }
    return Change(
      text: "route table \(index): \(table)",
      prefixes: prefixes + live.map(\.prefix) + [net("192.168.0.0/16")])
  }

  /// In words, the first destination on which tables, slow rules and tables built anew part; nil where none is.
  mutating func difference(near prefixes: [IPPrefix]) -> String? {
    var anew = RoutingTables(topology: topology)
    for route in live { anew.announce(route) }
    let destinations =
      places() + prefixes.shuffled(using: &random).prefix(6).flatMap { Self.near($0, &random) }
    for (context, subnet) in contexts {
      for origin in RouteOrigin.allCases
      where tables.routeCount(of: origin, in: context) != anew.routeCount(of: origin, in: context) {
        return "\(context): another number of \(origin.rawValue) routes than tables built anew"
      }
      let isGateway = if case .gateway = context { true } else { false }
      let slow = SlowPrecedence(
        topology, subnet: subnet, endpointPrefixes: isGateway ? [] : endpointPrefixes(subnet),
        live: live)
      for destination in destinations {
        let usesEndpoints = Int.random(in: 0..<4, using: &random) > 0
        let found = tables.resolve(context, destination, usesEndpoints: usesEndpoints)
        let expected = slow.winner(destination, usesEndpoints: usesEndpoints)
        let ours = found.map {
          SlowPrecedence.Route(
            origin: $0.origin, prefix: $0.prefix, nextHopType: $0.nextHopType, nextHop: $0.nextHop)
        }
        let place = "\(context), \(destination), endpoints \(usesEndpoints)"
        guard ours == expected else {
          return "\(place): \(ours as Any), and by the slow rules \(expected as Any)"
        }
        let rebuilt = anew.resolve(context, destination, usesEndpoints: usesEndpoints)
        guard found == rebuilt else {
          return "\(place): \(found as Any), and in tables built anew \(rebuilt as Any)"
        }
      }
    }
    return nil
  }

  /// Every subnet, and the gateways with their `GatewaySubnet`.
  private var contexts: [(RoutingContext, subnet: Int)] {
    topology.subnets.indices.map { (.subnet($0), $0) } + [
      (.gateway(virtualNetwork: 0), 3), (.gateway(virtualNetwork: 1), 4),
    ]
  }

  /// Destinations anywhere.
  mutating func places() -> [IPAddress] {
    (0..<4).flatMap { _ in Self.near(Self.prefix(&random), &random).prefix(1) }
  }

  func answers(_ tables: RoutingTables, _ destinations: [IPAddress]) -> [ResolvedRoute?] {
    contexts.flatMap { context, _ in
      destinations.map { tables.resolve(context, $0, usesEndpoints: true) }
    }
  }

  /// IPv4, each once (R5).
  private func endpointPrefixes(_ subnet: Int) -> [IPPrefix] {
    let all = topology.subnets[subnet].serviceEndpoints.flatMap {
      topology.serviceTags[$0.service]?.prefixes ?? []
    }
    return Array(Set(all.filter(\.isIPv4)))
  }

  private static func route(_ random: inout SeededGenerator) -> BGPRoute {
    BGPRoute(
      virtualNetwork: Int.random(in: 0...1, using: &random), prefix: prefix(&random),
      nextHop: .v4(IPv4Address(UInt32.random(in: 1...9, using: &random))))
  }

  /// Few octets and many lengths, so that all nest; one in six is IPv6.
  private static func prefix(_ random: inout SeededGenerator) -> IPPrefix {
    guard Int.random(in: 0..<6, using: &random) == 0 else {
      return PrecedenceTests.randomPrefix(&random)
    }
    let bits = UInt128(UInt64.random(in: 0..<2, using: &random)) << 64
    let length = [0, 16, 32, 48, 63, 64, 65, 128].randomElement(using: &random) ?? 0
    return IPPrefix(.v6(IPv6Address(UInt128(0x2001_0db8) << 96 | bits)), length: length)
  }

  /// Its first and last address, one inside, and those right beside it.
  private static func near(_ prefix: IPPrefix, _ random: inout SeededGenerator) -> [IPAddress] {
    switch prefix.address {
    case .v4(let address):
      let rest = prefix.length == 0 ? UInt32.max : (1 << (32 - UInt32(prefix.length))) - 1
      let some = UInt32.random(in: 0...rest, using: &random)
      return [some, 0, rest, rest &+ 1, UInt32.max].map {
        .v4(IPv4Address(address.bits &+ $0))
      }
    case .v6(let address):
      let rest = prefix.length == 0 ? UInt128.max : (1 << (128 - UInt128(prefix.length))) - 1
      let some = UInt128(UInt64.random(in: 0...UInt64.max, using: &random)) & rest
      return [some, 0, rest, rest &+ 1, UInt128.max].map {
        .v6(IPv6Address(address.bits &+ $0))
      }
    }
  }
}
