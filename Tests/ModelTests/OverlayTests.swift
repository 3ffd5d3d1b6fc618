import Model
import TestSupport
import Testing
import Wire

/// Endpoint, user and BGP routes changed in any order, beside a second writing of the rules and beside tables that
/// are built anew.
@Suite("R6 overlay: endpoints over BGP and UDR while all three change")
struct OverlayTests {
  @Test(
    "R2 R5 R6: exact after each of random interleaved changes, under every model",
    arguments: PrecedenceModel.allCases, 0..<5 as Range<UInt64>)
  func interleaved(model: PrecedenceModel, seed: UInt64) {
    var run = OverlayRun(model, seed: seed)
    for step in 0..<30 {
      let before = run.tables
      let places = run.places()
      let answers = run.answers(before, places)
      let change = run.change()
      let label = "\(model.rawValue), seed \(seed), step \(step): \(change.text)"
      #expect(run.answers(before, places) == answers, "a snapshot changed: \(label)")
      if let difference = change.problem ?? run.difference(near: change.prefixes) {
        // The steps after it would all say the same.
        Issue.record("\(label): \(difference)")
        return
      }
    }
  }

  @Test("R2 route table: 0.0.0.0/0 takes the None routes away and its removal brings them back")
  func defaultRoute() {
    var tables = RoutingTables(topology: sampleTopology(routes: []))
    #expect(route(tables, "192.168.1.1") == "system 192.168.0.0/16 None")
    let all = RouteTable(name: "rt", routes: [UserRoute("all", "0.0.0.0/0", .internet)])
    tables.setRouteTable(all, at: 0)
    #expect(route(tables, "192.168.1.1") == "user 0.0.0.0/0 Internet")
    #expect(tables.topology.routeTables[0].routes == all.routes)
    tables.setRouteTable(RouteTable(name: "rt"), at: 0)
    #expect(route(tables, "192.168.1.1") == "system 192.168.0.0/16 None")
  }

  @Test("R2 route table: propagation is switched for its subnets and its gateway, and no others")
  func propagation() {
    var topology = sampleTopology(routes: [], bgp: [BGPRoute("172.20.0.0/16", via: "169.254.1.1")])
    topology.subnets[0].name = "GatewaySubnet"
    topology.subnets.append(
      Subnet(name: "web", virtualNetwork: 0, addressPrefixes: [net("10.0.2.0/24")]))
    var tables = RoutingTables(topology: topology)
    let contexts: [RoutingContext] = [.subnet(0), .gateway(virtualNetwork: 0), .subnet(1)]
    func origins() -> [String] {
      contexts.map { String(route(tables, "172.20.0.1", $0).prefix { $0 != " " }) }
    }
    #expect(origins() == ["bgp", "bgp", "bgp"])
    tables.setRouteTable(RouteTable(name: "rt", disableBgpRoutePropagation: true), at: 0)
    #expect(origins() == ["system", "system", "bgp"])
    tables.setRouteTable(RouteTable(name: "rt"), at: 0)
    #expect(origins() == ["bgp", "bgp", "bgp"])
  }

  @Test("R2 R5 reload: layers of what stayed the same are taken over")
  func takenOver() {
    var topology = sampleTopology(endpoints: [.storage], routes: [UserRoute("t", "Sql", .none)])
    topology.subnets.append(
      Subnet(
        name: "web", virtualNetwork: 0, addressPrefixes: [net("10.0.2.0/24")],
        serviceEndpoints: [.sql], routeTable: 1))
    topology.routeTables.append(
      RouteTable(name: "second", routes: [UserRoute("w", "9.0.0.0/8", .none)]))
    let old = RoutingTables(topology: topology)

    // The tags as a file read again gives them: equal, and not the same storage.
    var again = topology
    again.serviceTags = ServiceTags(source: "another file", tags: sampleTags.all)
    again.routeTables.reverse()
    for index in again.subnets.indices { again.subnets[index].routeTable = 1 - index }
    let same = RoutingTables(topology: again, keepingLiveRoutesOf: old)
    #expect(same.endpointLayerIdentities == old.endpointLayerIdentities)
    #expect(same.userLayerIdentities == old.userLayerIdentities.reversed())

    var changed = again
    changed.subnets[1].serviceEndpoints = [.storage]
    changed.routeTables[0].routes.append(UserRoute("x", "9.9.0.0/16", .internet))
    let partly = RoutingTables(topology: changed, keepingLiveRoutesOf: old)
    #expect(partly.endpointLayerIdentities[0] == old.endpointLayerIdentities[0])
    #expect(partly.endpointLayerIdentities[1] == old.endpointLayerIdentities[0])
    #expect(partly.userLayerIdentities[0] != old.userLayerIdentities[1])
    #expect(partly.userLayerIdentities[1] == old.userLayerIdentities[0])
    #expect(route(partly, "9.9.1.1", .subnet(1)) == "user 9.9.0.0/16 Internet")
  }

  @Test("R2 R5 reload: other tags or services, and layers made of them are built anew")
  func notTakenOver() {
    var topology = sampleTopology(endpoints: [.sql], routes: [UserRoute("t", "Sql", .none)])
    topology.routeTables.append(
      RouteTable(name: "written", routes: [UserRoute("w", "9.0.0.0/8", .none)]))
    let old = RoutingTables(topology: topology)
    var others = topology
    others.serviceTags = ServiceTags(tags: [ServiceTag(name: "Sql", prefixes: [net("7.0.0.0/24")])])
    let new = RoutingTables(topology: others, keepingLiveRoutesOf: old)
    #expect(route(new, "7.0.0.1") == "endpoint 7.0.0.0/24 VirtualNetworkServiceEndpoint")
    #expect(route(new, "7.0.0.1", usesEndpoints: false) == "user 7.0.0.0/24 None")
    #expect(route(new, "20.61.99.193") == "system 0.0.0.0/0 Internet")
    #expect(new.userLayerIdentities[1] == old.userLayerIdentities[1], "it has no tag")

    var services = topology
    services.services.services.removeFirst()
    let shifted = RoutingTables(topology: services, keepingLiveRoutesOf: old)
    let found = shifted.resolve(.subnet(0), address("20.61.99.193"), usesEndpoints: true)
    #expect(found?.service == 1, "Sql's place in the new catalogue")
  }

  @Test("R5 switch: subnets with the same endpoints in the same region share a layer")
  func sharedSwitch() {
    var topology = sampleTopology()
    topology.virtualNetworks.append(
      VirtualNetwork(
        name: "north", id: 2, region: Region("northeurope"), addressSpace: [net("10.1.0.0/16")]))
    for network in [0, 1] {
      topology.subnets.append(
        Subnet(name: "s\(network)", virtualNetwork: network, addressPrefixes: []))
    }
    var tables = RoutingTables(topology: topology)
    for subnet in 0..<3 { _ = tables.setServiceEndpoints([.sql], ofSubnet: subnet) }
    let layers = tables.endpointLayerIdentities
    #expect(layers[0] == layers[1])
    #expect(layers[0] != layers[2])
    #expect(route(tables, "40.68.37.158", .subnet(2)).hasPrefix("endpoint"))
    #expect(route(tables, "40.68.37.158", .subnet(1)).hasPrefix("system"))
    let one = tables.memoryInBytes.endpoint
    _ = tables.setServiceEndpoints([], ofSubnet: 1)
    #expect(tables.memoryInBytes.endpoint > one, "the empty layer is there once more, and no other")
    #expect(tables.endpointLayerIdentities[0] == layers[0])
  }
}
