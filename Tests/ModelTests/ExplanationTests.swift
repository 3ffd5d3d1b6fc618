import Model
import Testing
import Wire

@Suite("R6 and R8: explanations")
struct ExplanationTests {
  /// An explanation as lines: origin, prefix, reason.
  private func lines(
    _ tables: RoutingTables, _ destination: String, _ context: RoutingContext = .subnet(0),
    usesEndpoints: Bool = true
  ) -> [String] {
    tables.explain(context, address(destination), usesEndpoints: usesEndpoints).candidates.map {
      "\($0.route.origin.rawValue) \($0.route.prefix): \($0.lostBecause ?? "wins")"
    }
  }

  @Test("R6: every loser is named with the winner and the rule")
  func losers() {
    let tables = RoutingTables(
      topology: sampleTopology(
        endpoints: [.storage],
        routes: [
          UserRoute("fine", "20.60.26.0/24", .virtualAppliance, via: "10.0.100.4"),
          UserRoute("all", "0.0.0.0/0", .virtualAppliance, via: "10.0.100.4"),
        ], bgp: [BGPRoute("20.60.26.128/25", via: "169.254.2.2")]))
    let rule =
      "the endpoint route 20.60.26.0/23 of Microsoft.Storage wins: a destination inside an endpoint "
      + "prefix goes to the endpoint, whatever the length of other prefixes (R6 service-endpoints)."
    #expect(
      lines(tables, "20.60.26.132") == [
        "endpoint 20.60.26.0/23: wins",
        "user 20.60.26.0/24: \(rule)",
        "user 0.0.0.0/0: the endpoint route 20.60.26.0/23 of Microsoft.Storage wins: within an "
          + "origin the longest prefix stands for all (R4).",
        "bgp 20.60.26.128/25: \(rule)",
        "system 0.0.0.0/0: \(rule)",
      ])
    let explanation = tables.explain(.subnet(0), address("20.60.26.132"), usesEndpoints: true)
    #expect(explanation.model == .serviceEndpoints)
    #expect(explanation.destination == "20.60.26.132")
    #expect(explanation.candidates[0].route.name == "Microsoft.Storage")
    #expect(explanation.candidates[0].route.serviceTag == "Storage")
    #expect(explanation.candidates[1].route.name == "fine")
    #expect(explanation.candidates[1].route.nextHop == "10.0.100.4")
  }

  @Test("R6: the models name themselves in what they decide")
  func models() {
    func reasons(_ model: PrecedenceModel, _ routes: [UserRoute], _ bgp: [BGPRoute]) -> [String] {
      lines(
        RoutingTables(
          topology: sampleTopology(model, endpoints: [.storage], routes: routes, bgp: bgp)),
        "20.60.26.132")
    }
    let longest = reasons(
      .longestPrefix, [UserRoute("u", "20.60.26.0/24", .none)], [BGPRoute("20.60.26.128/25")])
    #expect(
      longest.contains(
        "endpoint 20.60.26.0/23: the user route 'u' (20.60.26.0/24 to None) wins: its prefix is "
          + "longer (R6 longest-prefix)."))
    #expect(
      longest.contains(
        "bgp 20.60.26.128/25: the user route 'u' (20.60.26.0/24 to None) wins: the endpoint route "
          + "20.60.26.0/23 of Microsoft.Storage puts BGP out, whatever its length (R6 longest-prefix)."
      ))
    let observed = reasons(.observed, [UserRoute("u", "20.60.26.0/24", .internet)], [])
    #expect(observed[1].hasSuffix("puts a user route to Internet out (R6 observed)."))
    let equal = reasons(.equalPrefix, [UserRoute("u", "20.60.26.0/23", .none)], [])
    #expect(
      equal[1].hasSuffix("on equal prefixes endpoint comes before user (R6 equal-prefix)."))
  }

  @Test("R8: a packet that uses no endpoints (ICMP, platform) follows the ordinary route")
  func withoutEndpoints() {
    let tables = RoutingTables(topology: sampleTopology(endpoints: [.storage]))
    #expect(
      route(tables, "20.60.26.132", usesEndpoints: false) == "system 0.0.0.0/0 Internet")
    #expect(
      lines(tables, "20.60.26.132", usesEndpoints: false) == [
        "system 0.0.0.0/0: wins",
        "endpoint 20.60.26.0/23: this packet does not take endpoint routes (R8); the system route "
          + "0.0.0.0/0 (Internet) wins.",
      ])
  }

  @Test("R8: traffic from the gateway never takes an endpoint route, even of GatewaySubnet")
  func gateway() {
    var topology = sampleTopology(endpoints: [.storage])
    topology.subnets[0].name = "GatewaySubnet"
    let tables = RoutingTables(topology: topology)
    #expect(
      lines(tables, "20.60.26.132", .gateway(virtualNetwork: 0)) == [
        "system 0.0.0.0/0: wins",
        "endpoint 20.60.26.0/23: traffic from the gateway never takes an endpoint route (R8); the "
          + "system route 0.0.0.0/0 (Internet) wins.",
      ])
  }
}
