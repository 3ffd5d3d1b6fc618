import Model
import Testing
import Wire

@testable import Dataplane

@Suite("F3: what a switch would do") struct ForecastTests {
  private static let storageID = AzureID(
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/data")!
  private static let sqlID = AzureID(
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/orders")!
  private static let sql = "20.61.99.196"

  /// `data`, Storage of the paired region, and `orders`, SQL; both admit vm1's public address.
  private static func resources(_ topology: inout Topology) {
    // The network `twin` has the same addresses.
    topology.worldPorts[2].encapsulation = .init(kind: .serviceTunnel)
    topology.services.services[0].resources.ignoresIPRulesInRegion = true
    topology.services.services[1].resources.allowsRuleBeforeEndpoint = true
    let firewall = ResourceFirewall(
      defaultAction: .deny, ipRules: [.init(prefix: IPPrefix("203.0.113.4/32")!)])
    topology.resources = [
      Resource(
        id: storageID, name: "data", service: "Microsoft.Storage", region: Region("northeurope"),
        addresses: [IPAddress(Fixture.storage)!], firewall: firewall),
      Resource(
        id: sqlID, name: "orders", service: "Microsoft.Sql", region: Region("westeurope"),
        addresses: [IPAddress(Self.sql)!], firewall: firewall),
    ]
  }

  private func forecast(_ lab: ForecastLab, _ services: [String], _ switching: String) -> Forecast {
    lab.forecast(services, switching: switching, of: "vnet1/app")
  }

  @Test("F3 I3: the connection, both its sources, the IP rule that ends and the verdict then")
  func enable() throws {
    let lab = ForecastLab(change: Self.resources)
    SwitchTests.connect(lab.lab, to: Self.sql)
    SwitchTests.connect(lab.lab, to: Fixture.web, port: 41_000)
    let forecast = forecast(lab, ["Microsoft.Sql"], "Microsoft.Sql")
    let closed = try #require(forecast.connectionsClosed.first)
    #expect(forecast.connectionsClosed.count == 1)
    #expect(closed.source == "10.0.1.4:40000")
    #expect(closed.now.exit == "internet" && closed.now.source == "203.0.113.4")
    #expect(closed.then.exit == "backbone" && closed.then.source == "10.0.1.4")
    #expect(forecast.flowsKept == 1)
    #expect(
      forecast.rulesEnding == [
        .init(resource: "orders", rule: "ipRules[0] 203.0.113.4", sources: ["203.0.113.4"])
      ])
    let denied = try #require(forecast.requestsDenied.first)
    #expect(denied.now?.rule == "ipRules[0] 203.0.113.4")
    #expect(
      denied.then?.sentence
        == "denied by the default action Deny; over the endpoint the source is private, so IP rules do not match"
    )
    #expect(
      forecast.steps == [
        "Add a virtual-network rule for vnet1/app to orders, with ignoreMissingVnetServiceEndpoint.",
        "See that nothing critical runs on the connection that the switch closes, and that the clients connect again.",
        "Enable Microsoft.Sql on vnet1/app.",
        "Remove the IP rule 203.0.113.4 from orders: nobody else has it.",
      ])
  }

  @Test("F3: nothing has changed by it")
  func unchanged() {
    let lab = ForecastLab(change: Self.resources)
    SwitchTests.connect(lab.lab, to: Self.sql)
    let before = (lab.lab.path.counters, lab.lab.path.flows(now: lab.lab.now))
    _ = forecast(lab, ["Microsoft.Sql"], "Microsoft.Sql")
    #expect(lab.lab.path.counters == before.0)
    #expect(lab.lab.path.flows(now: lab.lab.now) == before.1)
    #expect(lab.lab.path.snapshot.generation == 1)
  }

  @Test("N2: an endpoint policy that does not list the resource denies what is asked of it")
  func policy() throws {
    let lab = ForecastLab { topology in
      Self.resources(&topology)
      topology.resources[0].firewall = ResourceFirewall()
      topology.serviceEndpointPolicies = [
        ServiceEndpointPolicy(
          name: "other",
          definitions: [.init(name: "other", serviceResources: [AzureID("/subscriptions/other")!])])
      ]
      topology.subnets[0].serviceEndpointPolicies = [0]
    }
    SwitchTests.connect(lab.lab, to: Fixture.storage)
    let forecast = forecast(lab, ["Microsoft.Storage"], "Microsoft.Storage")
    let denied = try #require(forecast.requestsDenied.first)
    #expect(denied.dropReason == "endpoint-policy")
    #expect(denied.now?.isAdmitted == true && denied.then == nil)
    #expect(forecast.steps.contains { $0.hasPrefix("Do not go on while") }, "\(forecast.steps)")
  }

  @Test("I3: a rule that may not precede the endpoint comes right behind it")
  func ruleAfter() throws {
    let lab = ForecastLab(change: Self.resources)
    let steps = forecast(lab, ["Microsoft.Storage"], "Microsoft.Storage").steps
    #expect(steps.first == "Enable Microsoft.Storage on vnet1/app.")
    #expect(steps[1].hasPrefix("Add a virtual-network rule for vnet1/app to data at once: "))
  }

  @Test("I3: a step that cannot help is not proposed")
  func noRuleHelps() throws {
    let lab = ForecastLab { topology in
      Self.resources(&topology)
      topology.virtualNetworks[0].tenant = "contoso"
      topology.resources[1].tenant = "fabrikam"
    }
    let steps = forecast(lab, ["Microsoft.Sql"], "Microsoft.Sql").steps
    #expect(steps[0].hasPrefix("Do not go on while vnet1/app needs orders: "))
    #expect(steps[0].contains("both must be under one tenant"))
  }

  @Test("F1 I3: disabling needs IP rules, and a NIC without a public address loses the service")
  func disable() throws {
    let lab = ForecastLab { topology in
      Self.resources(&topology)
      topology.subnets[0].serviceEndpoints = [ServiceEndpoint(service: "Microsoft.Sql")]
      topology.resources[1].firewall.ipRules = []
      topology.resources[1].firewall.virtualNetworkRules = [
        .init(subnetID: topology.id(ofSubnet: 0))
      ]
    }
    let forecast = forecast(lab, [], "Microsoft.Sql")
    #expect(forecast.rulesEnding.map(\.rule) == ["virtualNetworkRules[0] vnet1/app"])
    #expect(forecast.callersDenied.map(\.port) == ["vm1", "hidden"])
    #expect(forecast.callersDenied.map(\.dropReason) == [nil, "no-public-address"])
    #expect(
      forecast.steps == [
        "Do not go on while hidden needs orders: its packets will be dropped. \(DropReason.noPublicAddress.sentence)",
        "Add the IP rule 203.0.113.4 to orders.", "Disable Microsoft.Sql on vnet1/app.",
        "Remove the virtual-network rule for vnet1/app from orders: the subnet no longer has the endpoint.",
      ])
  }

  @Test("I2: where resources share an address each answers, with the names that lead to it")
  func shared() {
    let lab = ForecastLab { topology in
      Self.resources(&topology)
      topology.resources[0].hostNames = ["data.example"]
      var other = topology.resources[0]
      other.name = "open"
      other.hostNames = ["open.example"]
      other.firewall = ResourceFirewall()
      topology.resources.append(other)
    }
    SwitchTests.connect(lab.lab, to: Fixture.storage)
    let requests = forecast(lab, ["Microsoft.Storage"], "Microsoft.Storage").requests
    #expect(requests.map(\.resource) == ["data", "open"])
    #expect(requests.map(\.becomesDenied) == [true, false])
    #expect(requests.map { $0.then?.hostNames } == [["data.example"], ["open.example"]])
  }

  @Test(
    "F3: an appliance that puts its own address into what it forwards hides what the service sees")
  func masquerading() throws {
    let lab = ForecastLab { topology in
      Self.resources(&topology)
      Fixture.forceTunnel(&topology)
    }
    let request = FrameBuilder("10.0.1.4", Self.sql).tcp(40_000, 443)
    #expect(lab.lab.receive(request, from: "vm1").verdict == .forwarded(lab.lab.port("nva")))
    _ = lab.lab.receive(FrameBuilder("10.0.100.4", Self.sql).tcp(50_000, 443), from: "nva")
    let forecast = forecast(lab, ["Microsoft.Sql"], "Microsoft.Sql")
    let closed = try #require(forecast.connectionsClosed.first)
    #expect(closed.now.egress == "nva" && closed.now.exit == nil)
    #expect(closed.then.exit == "backbone" && closed.then.source == "10.0.1.4")
    #expect(forecast.requests.map(\.now) == [nil])
  }
}
