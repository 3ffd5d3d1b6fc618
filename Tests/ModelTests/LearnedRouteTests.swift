import Model
import Testing
import Wire

@Suite("R3 and R4: BGP routes and the order without endpoints")
struct LearnedRouteTests {
  @Test("R3 BGP: a live route shadows a written one, and a withdrawal brings it back")
  func shadowing() {
    var tables = RoutingTables(
      topology: sampleTopology(bgp: [BGPRoute("172.20.0.0/16", via: "169.254.1.1")]))
    #expect(route(tables, "172.20.0.1").hasSuffix("169.254.1.1"))
    tables.announce(BGPRoute("172.20.0.0/16", via: "169.254.2.2"))
    #expect(route(tables, "172.20.0.1").hasSuffix("169.254.2.2"))
    let shadowed = tables.explain(.subnet(0), address("172.20.0.1"), usesEndpoints: true)
      .candidates.first { $0.route.nextHop == "169.254.1.1" }
    #expect(shadowed?.lostBecause?.contains("shadows this written one (R3)") == true)
    tables.announce(BGPRoute("172.20.0.0/16", via: "169.254.3.3"))
    #expect(tables.liveRoutes(ofVirtualNetwork: 0).count == 1)
    tables.withdraw(net("172.20.0.0/16"), virtualNetwork: 0)
    #expect(route(tables, "172.20.0.1").hasSuffix("169.254.1.1"))
    tables.withdraw(net("172.20.0.0/16"), virtualNetwork: 0)
    #expect(route(tables, "172.20.0.1").hasSuffix("169.254.1.1"), "a written route stays")
  }

  @Test("R3 BGP: announce and withdraw, both families; copies are snapshots")
  func churn() {
    var tables = RoutingTables(topology: sampleTopology())
    let before = tables
    tables.announce(BGPRoute("203.0.113.0/24", via: "169.254.2.2"))
    tables.announce(BGPRoute("2001:db8::/32", via: "fd00::2"))
    let during = tables
    tables.withdraw(net("203.0.113.0/24"), virtualNetwork: 0)
    #expect(route(before, "203.0.113.1") == "system 0.0.0.0/0 Internet")
    #expect(
      route(during, "203.0.113.1") == "bgp 203.0.113.0/24 VirtualNetworkGateway 169.254.2.2")
    #expect(route(during, "2001:db8::1") == "bgp 2001:db8::/32 VirtualNetworkGateway fd00::2")
    #expect(route(tables, "203.0.113.1") == "system 0.0.0.0/0 Internet")
    #expect(tables.routeCount(of: .bgp) == 1)
  }

  @Test("R3 BGP: networks have tables of their own; a peer sees them only by usesRemoteGateway")
  func remoteGateway() {
    var topology = sampleTopology(bgp: [BGPRoute("172.20.0.0/16", via: "169.254.9.9", network: 1)])
    topology.virtualNetworks.append(
      VirtualNetwork(
        name: "hub", id: 2, region: Region("westeurope"), addressSpace: [net("10.9.0.0/16")]))
    topology.virtualNetworks[0].peerings = [Peering(name: "to-hub", remote: 1)]
    #expect(
      route(RoutingTables(topology: topology), "172.20.0.1") == "system 172.16.0.0/12 None")
    topology.virtualNetworks[0].peerings[0].usesRemoteGateway = true
    var tables = RoutingTables(topology: topology)
    #expect(
      route(tables, "172.20.0.1") == "bgp 172.20.0.0/16 VirtualNetworkGateway 169.254.9.9")
    tables.announce(BGPRoute("172.20.0.0/16", via: "169.254.1.1", network: 0))
    #expect(route(tables, "172.20.0.1").hasSuffix("169.254.1.1"), "its own gateway comes first")
    tables.announce(BGPRoute("172.20.0.0/24", via: "169.254.8.8", network: 1))
    #expect(route(tables, "172.20.0.1").hasSuffix("169.254.8.8"), "the longer comes first")
    #expect(
      route(tables, "172.20.0.1", .gateway(virtualNetwork: 1)).hasSuffix("169.254.8.8"))
    #expect(
      route(tables, "172.20.7.1", .gateway(virtualNetwork: 1)).hasSuffix("169.254.9.9"))
  }

  @Test("R3 BGP: a new topology keeps live routes of networks of the same name")
  func carriedOver() {
    var old = RoutingTables(
      topology: sampleTopology(bgp: [
        BGPRoute("1.0.0.0/8", via: "169.254.1.1"), BGPRoute("2.0.0.0/8"),
      ]))
    old.announce(BGPRoute("3.0.0.0/8", via: "169.254.2.2"))
    old.announce(BGPRoute("2.0.0.0/8", via: "169.254.2.2"))
    var topology = sampleTopology(bgp: [BGPRoute("1.0.0.0/8", via: "169.254.7.7", network: 1)])
    topology.virtualNetworks.insert(
      VirtualNetwork(
        name: "other", id: 9, region: Region("westeurope"), addressSpace: [net("10.8.0.0/16")]),
      at: 0)
    topology.subnets[0].virtualNetwork = 1
    var new = RoutingTables(topology: topology, keepingLiveRoutesOf: old)
    #expect(route(new, "3.0.0.1").hasSuffix("169.254.2.2"))
    #expect(route(new, "2.0.0.1").hasSuffix("169.254.2.2"))
    #expect(route(new, "1.0.0.1").hasSuffix("169.254.7.7"), "the written route is the new file's")
    new.withdraw(net("2.0.0.0/8"), virtualNetwork: 1)
    #expect(route(new, "2.0.0.1") == "system 0.0.0.0/0 Internet", "no longer written")
    #expect(new.liveRoutes(ofVirtualNetwork: 0).isEmpty)
  }

  @Test("R3 BGP: a new dump replaces what was live")
  func replacement() {
    var tables = RoutingTables(topology: sampleTopology(bgp: [BGPRoute("9.0.0.0/8")]))
    for text in ["1.0.0.0/8", "2.0.0.0/8", "9.0.0.0/8"] { tables.announce(BGPRoute(text)) }
    tables.replaceLiveRoutes(
      ofVirtualNetwork: 0, with: [BGPRoute("2.0.0.0/8", via: "169.254.2.2"), BGPRoute("3.0.0.0/8")])
    #expect(
      tables.liveRoutes(ofVirtualNetwork: 0).map(\.prefix.description)
        == ["2.0.0.0/8", "3.0.0.0/8"])
    #expect(tables.routeCount(of: .bgp) == 3)
    #expect(route(tables, "2.0.0.1").hasSuffix("169.254.2.2"))
  }

  @Test("R4 order: longest prefix; on equal prefixes UDR, then BGP, then system")
  func order() {
    let routes = [UserRoute("a", "203.0.113.0/24", .none), UserRoute("b", "0.0.0.0/0", .none)]
    let bgp = [BGPRoute("203.0.113.0/24"), BGPRoute("203.0.113.128/25"), BGPRoute("0.0.0.0/0")]
    let tables = RoutingTables(topology: sampleTopology(routes: routes, bgp: bgp))
    #expect(route(tables, "203.0.113.1") == "user 203.0.113.0/24 None")
    #expect(route(tables, "203.0.113.129") == "bgp 203.0.113.128/25 VirtualNetworkGateway")
    #expect(route(tables, "8.8.8.8") == "user 0.0.0.0/0 None")
    let withoutUser = RoutingTables(topology: sampleTopology(bgp: bgp))
    #expect(route(withoutUser, "8.8.8.8") == "bgp 0.0.0.0/0 VirtualNetworkGateway")
  }

  @Test("R4 order: network and peering routes beat more specific BGP; a UDR may override them")
  func networkBeatsBGP() {
    let bgp = [BGPRoute("10.0.1.0/24"), BGPRoute("10.0.0.0/16"), BGPRoute("10.1.1.0/24")]
    var topology = sampleTopology(
      routes: [UserRoute("u", "10.0.1.0/25", .none)], bgp: bgp)
    topology.virtualNetworks.append(
      VirtualNetwork(
        name: "peer", id: 2, region: Region("westeurope"), addressSpace: [net("10.1.0.0/16")]))
    topology.virtualNetworks[0].peerings = [Peering(name: "p", remote: 1)]
    let tables = RoutingTables(topology: topology)
    #expect(route(tables, "10.0.1.200") == "system 10.0.0.0/16 VnetLocal")
    #expect(route(tables, "10.1.1.1") == "system 10.1.0.0/16 VNetPeering")
    #expect(route(tables, "10.0.1.1") == "user 10.0.1.0/25 None")
    let loser = tables.explain(.subnet(0), address("10.0.1.1"), usesEndpoints: true).candidates
      .first { $0.route.prefix == "10.0.1.0/24" }
    #expect(
      loser?.lostBecause
        == "the user route 'u' (10.0.1.0/25 to None) wins: the system route 10.0.0.0/16 (VnetLocal) "
        + "puts BGP out, even where BGP is more specific (R4).")
  }
}
