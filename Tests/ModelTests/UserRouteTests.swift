import Model
import Testing
import Wire

@Suite("R2 user routes")
struct UserRouteTests {
  @Test("R2 UDR: every next hop that can be written comes out")
  func nextHops() {
    let tables = RoutingTables(
      topology: sampleTopology(routes: [
        UserRoute("a", "1.0.0.0/8", .virtualAppliance, via: "10.0.100.4"),
        UserRoute("b", "2.0.0.0/8", .virtualNetworkGateway),
        UserRoute("c", "3.0.0.0/8", .vnetLocal),
        UserRoute("d", "4.0.0.0/8", .internet),
        UserRoute("e", "5.0.0.0/8", .none),
        UserRoute("f", "2001:db8::/32", .virtualAppliance, via: "fd00::4"),
      ]))
    #expect(route(tables, "1.1.1.1") == "user 1.0.0.0/8 VirtualAppliance 10.0.100.4")
    #expect(route(tables, "2.1.1.1") == "user 2.0.0.0/8 VirtualNetworkGateway")
    #expect(route(tables, "3.1.1.1") == "user 3.0.0.0/8 VnetLocal")
    #expect(route(tables, "4.1.1.1") == "user 4.0.0.0/8 Internet")
    #expect(route(tables, "5.1.1.1") == "user 5.0.0.0/8 None")
    #expect(route(tables, "2001:db8::9") == "user 2001:db8::/32 VirtualAppliance fd00::4")
  }

  @Test(
    "R2 UDR: on an equal prefix written > regional tag > top-level tag > AzureCloud.region > AzureCloud"
  )
  func tagOrder() {
    let tags = ServiceTags(
      tags: ["Storage", "Storage.WestEurope", "AzureCloud", "AzureCloud.westeurope"].map {
        ServiceTag(
          name: $0, region: $0.contains(".") ? Region("westeurope") : nil,
          prefixes: [net("20.60.26.0/23"), net("2603:1020::/48")])
      })
    let inOrder = [
      "20.60.26.0/23", "Storage.WestEurope", "Storage", "AzureCloud.westeurope", "AzureCloud",
    ]
    for count in 1...inOrder.count {
      // Written in the worst order: the winner last.
      let routes = inOrder.suffix(count).reversed().map { UserRoute($0, $0, .none) }
      let tables = RoutingTables(topology: sampleTopology(routes: routes, tags: tags))
      let explanation = tables.explain(.subnet(0), address("20.60.26.1"), usesEndpoints: true)
      let users = explanation.candidates.filter { $0.route.origin == .user }
      #expect(users.map(\.route.name) == inOrder.suffix(count).map { $0 })
      #expect(users.dropFirst().allSatisfy { $0.lostBecause?.contains("(R2)") == true })
      if count < inOrder.count {
        #expect(route(tables, "2603:1020::1") == "user 2603:1020::/48 None")
      }
    }
  }

  @Test("R2 UDR: a longer prefix of a worse tag still wins")
  func longerTag() {
    let tables = RoutingTables(
      topology: sampleTopology(routes: [
        UserRoute("written", "20.60.0.0/16", .none),
        UserRoute("cloud", "AzureCloud", .internet),
      ]))
    #expect(route(tables, "20.60.26.1") == "user 20.60.26.0/23 Internet")
    #expect(route(tables, "20.60.99.1") == "user 20.60.0.0/16 None")
  }

  @Test("R2 UDR: disableBgpRoutePropagation hides gateway routes, and the explanation says so")
  func propagation() throws {
    let bgp = [BGPRoute("0.0.0.0/0", via: "169.254.2.2"), BGPRoute("172.20.0.0/16")]
    let open = RoutingTables(topology: sampleTopology(routes: [], bgp: bgp))
    let hidden = RoutingTables(topology: sampleTopology(hidesBGP: true, bgp: bgp))
    #expect(route(open, "8.8.8.8") == "bgp 0.0.0.0/0 VirtualNetworkGateway 169.254.2.2")
    #expect(route(hidden, "8.8.8.8") == "system 0.0.0.0/0 Internet")
    #expect(!hidden.effectiveRoutes(ofSubnet: 0).contains { $0.source == .VirtualNetworkGateway })
    #expect(route(hidden, "8.8.8.8", .gateway(virtualNetwork: 0)).hasPrefix("bgp"))
    let loser = try #require(
      hidden.explain(.subnet(0), address("8.8.8.8"), usesEndpoints: true).candidates
        .first { $0.route.origin == .bgp })
    #expect(
      loser.lostBecause
        == "the route table 'rt' hides gateway routes from the subnet (R2, "
        + "disableBgpRoutePropagation); the system route 0.0.0.0/0 (Internet) wins.")
  }
}
