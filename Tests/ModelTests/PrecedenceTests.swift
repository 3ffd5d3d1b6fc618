import Model
import TestSupport
import Testing
import Wire

@Suite("R6 precedence")
struct PrecedenceTests {
  /// Endpoint prefix 20.60.26.0/23 against one user and one BGP route.
  private func winner(
    _ model: PrecedenceModel, user: (String, NextHopType)? = nil, bgp: String? = nil
  ) -> String {
    let tables = RoutingTables(
      topology: sampleTopology(
        model, endpoints: [.storage], routes: user.map { [UserRoute("u", $0.0, $0.1)] } ?? [],
        bgp: bgp.map { [BGPRoute($0)] } ?? []))
    return String(route(tables, "20.60.26.132").prefix { $0 != " " })
  }

  private let shorter = "20.60.0.0/16"
  private let equal = "20.60.26.0/23"
  private let longer = "20.60.26.0/24"

  @Test("R6 service-endpoints: whatever the length of the UDR or BGP prefix")
  func serviceEndpoints() {
    for text in [shorter, equal, longer, "20.60.26.132/32"] {
      #expect(winner(.serviceEndpoints, user: (text, .none)) == "endpoint")
      #expect(winner(.serviceEndpoints, bgp: text) == "endpoint")
      #expect(winner(.serviceEndpoints, user: (text, .internet), bgp: text) == "endpoint")
    }
  }

  @Test("R6 service-endpoints: among endpoint prefixes the longest")
  func longestEndpoint() {
    let tags = ServiceTags(tags: [
      ServiceTag(name: "Storage", prefixes: [net("20.0.0.0/8")]),
      ServiceTag(name: "Sql", prefixes: [net("20.61.0.0/16")]),
    ])
    let tables = RoutingTables(
      topology: sampleTopology(endpoints: [.storage, .sql], tags: tags))
    #expect(tables.resolve(.subnet(0), address("20.61.0.1"), usesEndpoints: true)?.service == 2)
    #expect(tables.resolve(.subnet(0), address("20.62.0.1"), usesEndpoints: true)?.service == 0)
  }

  @Test("R6 longest-prefix: the longest; ties to the endpoint; BGP never")
  func longestPrefix() {
    #expect(winner(.longestPrefix, user: (shorter, .none)) == "endpoint")
    #expect(winner(.longestPrefix, user: (equal, .none)) == "endpoint")
    #expect(winner(.longestPrefix, user: (longer, .none)) == "user")
    #expect(winner(.longestPrefix, user: (longer, .internet)) == "user")
    for text in [shorter, equal, longer] {
      #expect(winner(.longestPrefix, bgp: text) == "endpoint")
    }
    // BGP is out, so the user route meets only the endpoint.
    #expect(winner(.longestPrefix, user: (shorter, .none), bgp: longer) == "endpoint")
  }

  @Test("R6 equal-prefix: the endpoint wins on an equal prefix and loses to a longer one")
  func equalPrefix() {
    #expect(winner(.equalPrefix, user: (equal, .none)) == "endpoint")
    #expect(winner(.equalPrefix, user: (longer, .none)) == "user")
    #expect(winner(.equalPrefix, bgp: equal) == "endpoint")
    #expect(winner(.equalPrefix, bgp: longer) == "bgp")
    #expect(winner(.equalPrefix, user: (longer, .none), bgp: longer) == "user")
  }

  @Test(
    "R6 observed: a UDR wins on an equal or longer prefix unless it goes to Internet; BGP never")
  func observed() {
    #expect(winner(.observed, user: (shorter, .none)) == "endpoint")
    #expect(winner(.observed, user: (equal, .none)) == "user")
    #expect(winner(.observed, user: (longer, .none)) == "user")
    #expect(winner(.observed, user: (equal, .internet)) == "endpoint")
    #expect(winner(.observed, user: (longer, .internet)) == "endpoint")
    for text in [shorter, equal, longer] { #expect(winner(.observed, bgp: text) == "endpoint") }
  }

  @Test(
    "R6: all models against the slow reference, random topologies",
    arguments: 0..<40 as Range<UInt64>)
  func property(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let model = PrecedenceModel.allCases[Int(seed) % PrecedenceModel.allCases.count]
    let (topology, endpoints) = Self.randomTopology(model, &random)
    var tables = RoutingTables(topology: topology)
    var live: [BGPRoute] = []
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      let route = BGPRoute(
        virtualNetwork: 0, prefix: Self.randomPrefix(&random),
        nextHop: IPAddress.v4(IPv4Address(UInt32.random(in: 1...9, using: &random))))
      tables.announce(route)
      live.removeAll { $0.prefix == route.prefix }
      live.append(route)
    }
    for route in live where Bool.random(using: &random) {
      tables.withdraw(route.prefix, virtualNetwork: 0)
      live.removeAll { $0.prefix == route.prefix }
    }
    let slow = SlowPrecedence(topology, endpointPrefixes: endpoints, live: live)
    for _ in 0..<60 {
      let destination = Self.randomPrefix(&random).address(
        at: UInt32.random(in: 0...300, using: &random))
      for usesEndpoints in [true, false] {
        let found = tables.resolve(.subnet(0), destination, usesEndpoints: usesEndpoints)
        let expected = slow.winner(destination, usesEndpoints: usesEndpoints)
        let same =
          found?.origin == expected?.origin && found?.prefix == expected?.prefix
          && found?.nextHopType == expected?.nextHopType && found?.nextHop == expected?.nextHop
        #expect(
          same,
          "seed \(seed), \(model.rawValue), \(destination): \(found as Any), not \(expected as Any)"
        )
        let explanation = tables.explain(.subnet(0), destination, usesEndpoints: usesEndpoints)
        let winners = explanation.candidates.filter { $0.lostBecause == nil }
        #expect(winners.count == 1)
        #expect(explanation.candidates.first?.route.prefix == found?.prefix.description)
        #expect(explanation.candidates.first?.route.origin == found?.origin)
        let covering = slow.routes.filter { $0.prefix.contains(destination) }
        // Besides these the explanation lists what is hidden, removed or shadowed.
        #expect(explanation.candidates.count >= covering.count)
        for loser in explanation.candidates.dropFirst() {
          #expect(loser.lostBecause?.contains(found?.prefix.description ?? "?") == true)
        }
      }
    }
  }

  /// Few octets and many lengths, so that routes of all origins nest.
  static func randomPrefix(_ random: inout SeededGenerator) -> IPPrefix {
    let first: UInt8 = [10, 10, 20, 20, 172].randomElement(using: &random) ?? 10
    let second: UInt8 = [0, 1, 60, 16].randomElement(using: &random) ?? 0
    let third: UInt8 = [0, 1, 26, 27].randomElement(using: &random) ?? 0
    let length =
      [0, 6, 7, 8, 9, 12, 14, 15, 16, 16, 20, 22, 23, 23, 24, 25, 32]
      .randomElement(using: &random) ?? 0
    return IPPrefix(.v4(IPv4Address(first, second, third, 0)), length: length)
  }

  static func randomTopology(
    _ model: PrecedenceModel, _ random: inout SeededGenerator
  ) -> (Topology, endpointPrefixes: [IPPrefix]) {
    func some(_ range: ClosedRange<Int>, _ random: inout SeededGenerator) -> [IPPrefix] {
      (0..<Int.random(in: range, using: &random)).map { _ in randomPrefix(&random) }
    }
    let endpoints = some(0...8, &random).filter { !$0.isDefault }
    var topology = sampleTopology(model, space: [], endpoints: [.sql], routes: [])
    topology.serviceTags = ServiceTags(tags: [ServiceTag(name: "Sql", prefixes: endpoints)])
    topology.virtualNetworks[0].addressSpace = some(1...2, &random).filter { !$0.isDefault }
    if Bool.random(using: &random) {
      topology.virtualNetworks.append(
        VirtualNetwork(
          name: "peer", id: 2, region: Region("westeurope"),
          addressSpace: some(1...2, &random).filter { !$0.isDefault }))
      topology.virtualNetworks[0].peerings = [Peering(name: "p", remote: 1)]
    }
    let types: [NextHopType] = [
      .internet, .none, .virtualAppliance, .vnetLocal, .virtualNetworkGateway,
    ]
    topology.routeTables[0].routes = some(0...8, &random).enumerated().map { index, prefix in
      UserRoute(
        name: "u\(index)", destination: .prefix(prefix),
        nextHopType: types.randomElement(using: &random) ?? .none,
        nextHopIPAddress: .v4(IPv4Address(10, 0, 0, UInt8(index))))
    }
    topology.routeTables[0].disableBgpRoutePropagation = Int.random(in: 0..<5, using: &random) == 0
    topology.bgpRoutes = some(0...10, &random).map {
      BGPRoute(
        virtualNetwork: 0, prefix: $0,
        nextHop: IPAddress.v4(IPv4Address(UInt32.random(in: 10...19, using: &random))))
    }
    return (topology, Array(Set(endpoints)))
  }
}
