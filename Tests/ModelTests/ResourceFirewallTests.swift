import Model
import Testing
import Wire

@Suite("I3: resource firewalls")
struct ResourceFirewallTests {
  /// A topology with this one resource, its table, and the match for it.
  private func verdict(
    _ resource: Resource, at location: Resource.Location = .primary,
    _ caller: (Topology) -> Caller
  ) -> FirewallVerdict {
    let topology = identified(resourceTopology([resource]))
    let table = ResourceTable(topology)
    return table.verdict(
      for: caller(topology), at: .init(resource: 0, location: location))
  }

  private func over(_ subnet: Int) -> (Topology) -> Caller {
    { $0.caller(address("10.0.1.4"), overEndpointOfSubnet: subnet) }
  }

  private func from(_ source: String, region: String? = nil) -> (Topology) -> Caller {
    { _ in Caller(source: address(source), region: region.map(Region.init)) }
  }

  @Test("I3: a rule of either kind admits, and the default action decides what neither does")
  func eitherKind() {
    let account = Resource.account(
      .denying(subnets: ["home/app"], addresses: ["203.0.113.0/24", "198.51.100.7/32"]))
    #expect(
      verdict(account, over(0))
        == FirewallVerdict(isAdmitted: true, deciding: .virtualNetworkRule(0)))
    #expect(
      verdict(account, from("203.0.113.255"))
        == FirewallVerdict(isAdmitted: true, deciding: .ipRule(0)))
    #expect(
      verdict(account, from("198.51.100.7"))
        == FirewallVerdict(isAdmitted: true, deciding: .ipRule(1)))
    #expect(
      verdict(account, from("198.51.100.8"))
        == FirewallVerdict(isAdmitted: false, deciding: .defaultAction))
    #expect(
      verdict(.account(), from("198.51.100.8"))
        == FirewallVerdict(isAdmitted: true, deciding: .defaultAction))
  }

  @Test("I3: the same private address in two networks is two callers")
  func overlapping() {
    let account = Resource.account(.denying(subnets: ["home/app"]), tenant: nil)
    #expect(verdict(account, over(0)).isAdmitted)
    #expect(!verdict(account, over(1)).isAdmitted)
    #expect(!verdict(account, over(2)).isAdmitted)
  }

  @Test("I3: an IP rule stops matching when the source becomes private")
  func switched() {
    // The network's private range is a public one, and the rule holds it: over the endpoint it still has no effect.
    let vault = Resource(
      id: resourceID("Microsoft.KeyVault/vaults", "v"), name: "v", service: "Microsoft.KeyVault",
      region: Region("westeurope"),
      firewall: .denying(addresses: ["203.0.113.4/32", "11.0.0.0/8"]))
    #expect(
      verdict(vault, from("203.0.113.4"))
        == FirewallVerdict(isAdmitted: true, deciding: .ipRule(0)))
    let denied = verdict(vault) { $0.caller(address("11.0.1.4"), overEndpointOfSubnet: 0) }
    #expect(
      denied
        == FirewallVerdict(isAdmitted: false, deciding: .defaultAction, obstacle: .privateSource))
    #expect(
      vault.firewall.sentence(for: denied)
        == "denied by the default action Deny; over the endpoint the source is private, so IP rules do not match"
    )
  }

  @Test("I3: for storage an IP rule has no effect on callers in the same region")
  func sameRegion() {
    let rules = ResourceFirewall.denying(addresses: ["203.0.113.4/32"])
    let denied = verdict(.account(rules), from("203.0.113.4", region: "West Europe"))
    #expect(
      denied
        == FirewallVerdict(
          isAdmitted: false, deciding: .defaultAction, obstacle: .sameRegion(rule: 0)))
    #expect(
      rules.sentence(for: denied)
        == "denied by the default action Deny; the IP rule 203.0.113.4 has no effect on callers in the same region"
    )
    #expect(verdict(.account(rules), from("203.0.113.4", region: "northeurope")).isAdmitted)
    #expect(verdict(.account(rules), from("203.0.113.4")).isAdmitted)
    #expect(verdict(.server(rules), from("203.0.113.4", region: "westeurope")).isAdmitted)
    // A secondary meets its callers in its own region.
    let account = Resource.account(rules, secondary: "northeurope")
    #expect(
      !verdict(account, at: .secondary, from("203.0.113.4", region: "northeurope")).isAdmitted)
    #expect(verdict(account, at: .secondary, from("203.0.113.4", region: "westeurope")).isAdmitted)
  }

  @Test("I3: a rule does not admit a network of another tenant")
  func tenant() {
    let account = Resource.account(.denying(subnets: ["other/app", "far/app"]))
    let denied = verdict(account, over(1))
    #expect(
      denied
        == FirewallVerdict(
          isAdmitted: false, deciding: .defaultAction, obstacle: .otherTenant(rule: 0)))
    #expect(
      account.firewall.sentence(for: denied)
        == "denied by the default action Deny; the virtual-network rule for other/app is for the resource's tenant alone"
    )
    // Contoso is contoso.
    #expect(verdict(account, over(3)).isAdmitted)
  }

  @Test("I3, R8: platform disk traffic meets no firewall, REST to the same account does")
  func platform() {
    let account = Resource.account(.denying())
    let disk = verdict(account) { _ in Caller(source: address("10.0.1.4"), isPlatform: true) }
    #expect(disk == FirewallVerdict(isAdmitted: true, deciding: .platform))
    #expect(
      account.firewall.sentence(for: disk) == "platform disk traffic meets no firewall")
    #expect(!verdict(account, over(0)).isAdmitted)
  }

  @Test("I3: without public network access nobody is admitted")
  func closed() {
    var rules = ResourceFirewall.denying(subnets: ["home/app"], addresses: ["203.0.113.0/24"])
    rules.isPublic = false
    rules.defaultAction = .allow
    for caller in [over(0), from("203.0.113.1")] {
      #expect(
        verdict(.account(rules), caller)
          == FirewallVerdict(isAdmitted: false, deciding: .publicNetworkAccess))
    }
  }

  @Test("I3: SQL's rule for 0.0.0.0 admits addresses of Azure, and no others")
  func azureServices() {
    let rules = ResourceFirewall(
      defaultAction: .deny,
      ipRules: [
        .init(name: "AllowAllWindowsAzureIps", addresses: .azureServices),
        .init(addresses: .range(IPv4Address(203, 0, 113, 9), IPv4Address(203, 0, 113, 11))),
      ])
    #expect(verdict(.server(rules), from("20.1.2.3", region: "eastus")).deciding == .ipRule(0))
    #expect(!verdict(.server(rules), from("20.1.2.3")).isAdmitted)
    #expect(verdict(.server(rules), from("203.0.113.11")).deciding == .ipRule(1))
    #expect(verdict(.server(rules), from("203.0.113.10", region: "eastus")).deciding == .ipRule(0))
    #expect(rules.ipRules.map(\.description) == ["Azure services", "203.0.113.9-203.0.113.11"])
  }

  @Test("I3: each rule counts what it has decided")
  func counters() {
    let account = Resource.account(
      .denying(subnets: ["home/app"], addresses: ["203.0.113.0/24", "198.51.100.0/24"]))
    var counters = FirewallCounters(account.firewall)
    for caller in [over(0), over(0), from("198.51.100.1"), from("192.0.2.1"), over(2)] {
      counters.count(verdict(account, caller))
    }
    counters.count(verdict(account) { _ in Caller(source: address("10.0.1.4"), isPlatform: true) })
    #expect(counters.virtualNetworkRules == [2])
    #expect(counters.ipRules == [0, 1])
    #expect((counters.defaultAction, counters.platform) == (2, 1))
    #expect((counters.admitted, counters.denied) == (4, 2))
    let once = counters
    counters.add(once)
    #expect(counters.virtualNetworkRules == [4] && counters.ipRules == [0, 2])
    #expect((counters.admitted, counters.denied) == (8, 4))
  }
}
