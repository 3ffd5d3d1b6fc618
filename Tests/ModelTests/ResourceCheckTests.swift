import Model
import Testing

@Suite("I3: what the rules of resources must keep")
struct ResourceCheckTests {
  private func problems(
    _ resource: Resource, endpoints: [ServiceEndpoint] = [.storage, .sql]
  ) -> [String] {
    ResourceChecks(resourceTopology([resource], endpoints: endpoints)).problems(with: resource)
      .map { "\($0.part): \($0.problem)" }
  }

  private func warnings(
    _ resource: Resource, endpoints: [ServiceEndpoint] = [.storage, .sql]
  ) -> [String] {
    var checks = ResourceChecks(resourceTopology([resource], endpoints: endpoints))
    return checks.warnings(about: resource)
      .map { "\($0.part): \($0.problem)" }
  }

  @Test("I3: SQL is secured to networks of its own region alone")
  func sql() {
    #expect(problems(.server(.denying(subnets: ["home/app"]))) == [])
    #expect(
      problems(.server(.denying(subnets: ["home/app", "pair/app"]), region: "northeurope")) == [
        "virtualNetworkRule(0): the network of home/app is in westeurope, the resource in northeurope: a resource of Microsoft.Sql can be secured to networks of its own region alone"
      ])
  }

  @Test(
    "I3: storage is secured to networks of any region; the paired one is reached, a third is not")
  func storage() {
    let account = Resource.account(.denying(subnets: ["home/app", "pair/app", "far/app"]))
    #expect(problems(account) == [])
    #expect(
      warnings(account) == [
        "virtualNetworkRule(2): can never match: no endpoint of far/app for Microsoft.Storage covers the resource's address 20.60.26.4"
      ])
    // An endpoint for every region reaches it.
    #expect(
      warnings(account, endpoints: [ServiceEndpoint(service: "Microsoft.Storage.Global")]) == [])
  }

  @Test("I7: a Data Lake account is of the network's region, and need not lie behind the endpoint")
  func dataLake() {
    let store = { (region: String) in
      Resource(
        id: resourceID("Microsoft.DataLakeStore/accounts", "lake"), name: "lake",
        service: "Microsoft.AzureActiveDirectory", region: Region(region),
        addresses: [address("198.51.100.9")], firewall: .denying(subnets: ["home/app"]))
    }
    let endpoints = [ServiceEndpoint(service: "Microsoft.AzureActiveDirectory")]
    #expect(problems(store("westeurope"), endpoints: endpoints) == [])
    #expect(warnings(store("westeurope"), endpoints: endpoints) == [])
    #expect(
      problems(store("northeurope"), endpoints: endpoints) == [
        "virtualNetworkRule(0): the network of home/app is in westeurope, the resource in northeurope: a resource of Microsoft.AzureActiveDirectory can be secured to networks of its own region alone"
      ])
  }

  @Test("I3: a geo-redundant account's primary must be in the network's region")
  func geoRedundant() {
    let account = Resource.account(
      .denying(subnets: ["home/app", "pair/app"]), secondary: "northeurope")
    #expect(
      problems(account) == [
        "virtualNetworkRule(1): the network of pair/app is in northeurope, the account's primary in westeurope: a geo-redundant account is secured to networks of its primary's region, or over an endpoint for Microsoft.Storage.Global"
      ])
    #expect(
      problems(account, endpoints: [ServiceEndpoint(service: "Microsoft.Storage.Global")]) == [])
    #expect(
      problems(.account(secondary: "francecentral")) == [
        "secondaryRegion: `francecentral` is not the pair of westeurope, which is northeurope"
      ])
  }

  @Test(
    "I3: the secondary is read from the primary's region over the same endpoint, by the same rule")
  func secondary() throws {
    var account = Resource.account(.denying(subnets: ["home/app"]), secondary: "northeurope")
    account.secondaryAddresses = [address("20.60.40.9")]
    let topology = identified(resourceTopology([account]))
    let table = ResourceTable(topology)
    let caller = topology.caller(address("10.0.1.4"), overEndpointOfSubnet: 0)
    #expect(
      table.find(address("20.60.40.9")) == .resource(.init(resource: 0, location: .secondary)))
    #expect(
      table.verdict(for: caller, at: .init(resource: 0, location: .secondary)).deciding
        == .virtualNetworkRule(0))
    #expect(
      try #require(
        topology.services.regions(of: .storage, inRegion: topology.virtualNetworks[0].region)
      ).contains(account.region(at: .secondary)))
  }

  @Test("I3: networks and resources must be under one tenant, in whatever subscription")
  func tenant() {
    #expect(
      problems(.account(.denying(subnets: ["other/app"]))) == [
        "virtualNetworkRule(0): the network of other/app belongs to the tenant `fabrikam`, the resource to `contoso`: both must be under one tenant"
      ])
    #expect(problems(.account(.denying(subnets: ["other/app"]), tenant: nil)) == [])
  }

  @Test("I3: a rule before the endpoint is possible only where the service allows it")
  func beforeEndpoint() {
    let account = Resource.account(.denying(subnets: ["home/app"]))
    #expect(
      problems(account, endpoints: [.sql]) == [
        "virtualNetworkRule(0): home/app has no endpoint for Microsoft.Storage; write it into the subnet's `serviceEndpoints` first"
      ])
    var server = Resource.server(.denying(subnets: ["home/app"]))
    #expect(
      problems(server, endpoints: [.storage]) == [
        "virtualNetworkRule(0): home/app has no endpoint for Microsoft.Sql; write it into the subnet's `serviceEndpoints`, or `ignoreMissingVnetServiceEndpoint: true` here"
      ])
    server.firewall.virtualNetworkRules[0].ignoreMissingVnetServiceEndpoint = true
    #expect(problems(server, endpoints: [.storage]) == [])
    var other = account
    other.firewall.virtualNetworkRules[0].ignoreMissingVnetServiceEndpoint = true
    #expect(
      problems(other) == [
        "virtualNetworkRule(0): Microsoft.Storage takes no rule before the subnet has the endpoint; remove `ignoreMissingVnetServiceEndpoint`"
      ])
  }

  @Test("I4: the number of rules is limited per service")
  func limits() {
    let rules = ResourceFirewall.denying(
      subnets: ["a/a", "a/b", "a/c", "a/d", "a/e"],
      addresses: ["203.0.113.1/32", "203.0.113.2/32", "203.0.113.3/32", "203.0.113.4/32"])
    #expect(
      problems(.account(rules)) == [
        "virtualNetworkRules: has 5 virtual-network rules; a resource of Microsoft.Storage can have 4",
        "ipRules: has 4 IP rules; a resource of Microsoft.Storage can have 3",
      ])
    #expect(
      problems(.account(.denying(subnets: ["home/app", "HOME/APP"]))) == [
        "virtualNetworkRule(1): HOME/APP stands in another rule of the resource too; remove one"
      ])
  }

  @Test("I3: rules that decide nothing are warned of")
  func idle() {
    var rules = ResourceFirewall.denying(addresses: ["203.0.113.0/24", "203.0.113.128/25"])
    #expect(
      warnings(.account(rules)) == [
        "ipRule(1): can never decide: 203.0.113.0/24, before it, holds all of 203.0.113.128/25"
      ])
    rules.defaultAction = .allow
    rules.ipRules.removeLast()
    #expect(
      warnings(.account(rules)) == [
        "defaultAction: admits whatever the rule would; write `Deny` to secure the resource"
      ])
  }
}
