import Foundation
import Testing

extension EndToEnd {
  /// Cases of the document about whose subnet an endpoint is; docs/scenarios.md names its sentences.
  @Suite("Scenarios: networks and subnets", .serialized) struct NetworkScenarioTests {
    private static let storage = "20.60.26.132"

    @Test(
      "R5 I3: of peered networks those with an endpoint are admitted, under several subscriptions")
    func peered() throws {
      let scenario = try Scenario("peered-networks")
      defer { scenario.close() }
      #expect(try scenario.http("hub-vm", Self.storage) == "10.0.1.4")
      #expect(try scenario.http("branch-vm", Self.storage) == "10.1.1.4")
      #expect(try scenario.last(from: "10.1.1.4")?.subnet == "branch/app")
      // The peering itself works, and hands no endpoint on.
      #expect(
        try scenario.lab.run("spoke-vm", "ping", "-c", "1", "-W", "2", "10.0.1.4").status == 0)
      #expect(try scenario.http("spoke-vm", Self.storage) == "403")
      let denied = try #require(try scenario.last(from: "203.0.113.6"))
      #expect(!denied.isAdmitted && !denied.viaEndpoint && denied.subnet == nil)
      for (nic, hasEndpoint) in [("hub-vm", true), ("branch-vm", true), ("spoke-vm", false)] {
        let routes = try Program.spurline("routes", nic, "--config", scenario.lab.config).output
        #expect(routes.contains("VirtualNetworkServiceEndpoint") == hasEndpoint, "\(nic)")
      }
      // With an endpoint of its own it has an identity of its own, which has to be admitted too.
      try scenario.endpoint("enable", "spoke/app", "Microsoft.Storage")
      #expect(try scenario.http("spoke-vm", Self.storage) == "403")
      #expect(try scenario.last(from: "10.2.1.4")?.subnet == "spoke/app")
      #expect(try scenario.isBalanced())
    }

    @Test("R2 R5 I3: an appliance is the only way to an account; every way around it is denied")
    func appliance() throws {
      let scenario = try Scenario("appliance")
      defer { scenario.close() }
      let lab = scenario.lab
      let (own, elsewhere) = ("10.0.100.4", "20.60.26.140")
      // What docs/scenarios.md shows: it translates, and lets through one account and nothing else.
      let rules = """
        table ip appliance {
          chain forward {
            type filter hook forward priority 0; policy drop;
            ct state established accept
            ip daddr \(Self.storage) accept
          }
          chain postrouting { type nat hook postrouting priority 100; masquerade; }
        }
        """
      let loaded = try lab.run("nva", "nft", "-f", try lab.folder.write(rules, to: "rules.nft"))
      #expect(loaded.status == 0, "\(loaded.errors)")
      #expect(try scenario.http("vm1", Self.storage) == own)
      #expect(try scenario.last(from: own)?.rule == "virtualNetworkRules[0] vnet1/nva")
      #expect(try scenario.http("vm1", elsewhere) == "curl 28", "the appliance's filter")

      // Around it: by a subnet without the route to it, by an endpoint of one's own, by the appliance's address.
      #expect(try scenario.http("vm2", Self.storage) == "403")
      #expect(try scenario.last(from: "203.0.113.5")?.isAdmitted == false)
      try scenario.endpoint("enable", "vnet1/app", "Microsoft.Storage")
      #expect(try scenario.http("vm1", Self.storage) == "403")
      #expect(try scenario.last(from: "10.0.1.4")?.subnet == "vnet1/app")
      try scenario.endpoint("disable", "vnet1/app", "Microsoft.Storage")
      #expect(try lab.run("vm2", "ip", "addr", "add", "\(own)/32", "dev", "eth0").status == 0)
      #expect(try scenario.http("vm2", Self.storage, "--interface", own) == "curl 28")
      let sums = try lab.counters()
      #expect(sums.dropped["spoofed-source"] ?? 0 > 0)
      #expect(sums.isBalanced, "\(sums)")
      // Through it, it still works.
      #expect(try scenario.http("vm1", Self.storage) == own)
    }

    @Test("R5 I3: a subnet that is delegated to a managed service is secured like any other")
    func managedService() throws {
      let scenario = try Scenario("managed-service")
      defer { scenario.close() }
      #expect(try scenario.http("web1", Self.storage) == "10.0.2.4")
      #expect(try scenario.last(from: "10.0.2.4")?.rule == "virtualNetworkRules[0] vnet1/web")
      #expect(try scenario.http("vm1", Self.storage) == "403")
      #expect(try scenario.last(from: "10.0.1.4")?.subnet == "vnet1/app")
      #expect(try scenario.isBalanced())
      let check = try Program.spurline("check", scenario.lab.config)
      #expect(
        check.output.contains("  vnet1/web is delegated to Microsoft.Web/serverFarms\n"),
        "\(check.output)")
    }
  }
}
