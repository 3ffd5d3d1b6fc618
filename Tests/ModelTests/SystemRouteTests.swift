import Model
import Testing
import Wire

@Suite("R1 system routes")
struct SystemRouteTests {
  @Test("R1 system routes: own ranges, the Internet, and None for unused ranges")
  func defaults() {
    let tables = RoutingTables(topology: sampleTopology())
    #expect(route(tables, "10.0.9.9") == "system 10.0.0.0/16 VnetLocal")
    #expect(route(tables, "8.8.8.8") == "system 0.0.0.0/0 Internet")
    #expect(route(tables, "10.1.0.1") == "system 10.0.0.0/8 None")
    #expect(route(tables, "172.31.0.1") == "system 172.16.0.0/12 None")
    #expect(route(tables, "192.168.1.1") == "system 192.168.0.0/16 None")
    #expect(route(tables, "100.127.0.1") == "system 100.64.0.0/10 None")
    #expect(route(tables, "2001:db8::1") == "system ::/0 Internet")
  }

  @Test("R1 system routes: a range equal to an unused one replaces it")
  func rangeReplacesNone() {
    let tables = RoutingTables(topology: sampleTopology(space: ["10.0.0.0/8"]))
    #expect(route(tables, "10.1.0.1") == "system 10.0.0.0/8 VnetLocal")
    #expect(
      tables.explain(.subnet(0), address("10.1.0.1"), usesEndpoints: true).candidates.map(
        \.route.prefix)
        == ["10.0.0.0/8", "0.0.0.0/0"])
  }

  @Test("R1 system routes: a larger range of the network is not cut by None")
  func largerRange() {
    let tables = RoutingTables(topology: sampleTopology(space: ["10.0.0.0/7"]))
    #expect(route(tables, "10.1.0.1") == "system 10.0.0.0/7 VnetLocal")
  }

  @Test("R1 system routes: peerings reach each range of the remote network, one way")
  func peering() {
    var topology = sampleTopology()
    topology.virtualNetworks.append(
      VirtualNetwork(
        name: "vnet2", id: 2, region: Region("westeurope"),
        addressSpace: [net("10.1.0.0/16"), net("10.2.0.0/16"), net("fd00:2::/48")]))
    topology.virtualNetworks[0].peerings = [Peering(name: "to-vnet2", remote: 1)]
    let tables = RoutingTables(topology: topology)
    #expect(route(tables, "10.1.3.4") == "system 10.1.0.0/16 VNetPeering")
    #expect(route(tables, "10.2.3.4") == "system 10.2.0.0/16 VNetPeering")
    #expect(route(tables, "fd00:2::1") == "system fd00:2::/48 VNetPeering")
    #expect(
      route(tables, "10.0.0.4", .gateway(virtualNetwork: 1)) == "system 10.0.0.0/8 None")
  }

  @Test("R1 system routes: a UDR for 0.0.0.0/0 removes None, and the default is Invalid")
  func defaultRouteRemovesNone() {
    let tables = RoutingTables(
      topology: sampleTopology(routes: [
        UserRoute("all", "0.0.0.0/0", .virtualAppliance, via: "10.0.100.4")
      ]))
    #expect(route(tables, "10.1.0.1") == "user 0.0.0.0/0 VirtualAppliance 10.0.100.4")
    #expect(route(tables, "10.0.9.9") == "system 10.0.0.0/16 VnetLocal")
    let lines = tables.effectiveRoutes(ofSubnet: 0)
    #expect(!lines.contains { $0.nextHopType == .none })
    let system = lines.first { $0.nextHopType == .internet }
    #expect(system?.state == .Invalid)
    #expect(system?.addressPrefix == ["0.0.0.0/0"])
    let losers = tables.explain(.subnet(0), address("10.1.0.1"), usesEndpoints: true).candidates
    let removed = losers.first { $0.route.prefix == "10.0.0.0/8" }
    #expect(removed?.lostBecause?.contains("removes the None routes (R1)") == true)
    #expect(removed?.lostBecause?.contains("'all'") == true)
  }

  @Test("R1 system routes: a tag that gives 0.0.0.0/0 counts too; another UDR does not")
  func tagDefault() {
    let tags = ServiceTags(tags: [ServiceTag(name: "Everything", prefixes: [.anyIPv4])])
    let byTag = RoutingTables(
      topology: sampleTopology(routes: [UserRoute("all", "Everything", .internet)], tags: tags))
    #expect(route(byTag, "10.1.0.1") == "user 0.0.0.0/0 Internet")
    let other = RoutingTables(
      topology: sampleTopology(routes: [UserRoute("half", "0.0.0.0/1", .internet)]))
    #expect(route(other, "10.1.0.1") == "system 10.0.0.0/8 None")
  }
}
