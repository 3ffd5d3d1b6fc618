import Model
import Testing

@Suite("I3: subnets by identity")
struct SubnetIdentityTests {
  private func admitted(_ topology: Topology, _ subnet: Int = 0) -> Bool {
    ResourceTable(topology).firewalls[0]
      .verdict(for: topology.caller(address("10.0.1.4"), overEndpointOfSubnet: subnet)).isAdmitted
  }

  /// The topology without the subnet `home/app`.
  private func withoutSubnet(_ topology: Topology) -> Topology {
    var topology = topology
    topology.subnets.removeFirst()
    return topology
  }

  @Test("I3: a subnet made anew under an old name inherits no rule")
  func madeAnew() {
    let written = resourceTopology([.account(.denying(subnets: ["home/app"]))])
    var identities = SubnetIdentities()
    var first = written
    identities.adopt(&first)
    #expect(admitted(first))
    // The same file again, as a reload reads it.
    var same = written
    identities.adopt(&same)
    #expect(admitted(same) && same.subnets[0].identity == first.subnets[0].identity)
    var gone = withoutSubnet(written)
    identities.adopt(&gone)
    #expect(
      gone.resources[0].firewall.virtualNetworkRules[0].identity == first.subnets[0].identity)
    var anew = written
    identities.adopt(&anew)
    #expect(!admitted(anew))
    #expect(anew.subnets[0].identity != first.subnets[0].identity)
    // The rule removed and made again is a rule for the new subnet.
    var unsecured = written
    unsecured.resources[0].firewall = .denying()
    identities.adopt(&unsecured)
    #expect(!admitted(unsecured))
    var secured = written
    identities.adopt(&secured)
    #expect(admitted(secured))
  }

  @Test("I3: a rule written anew in the reload that makes the subnet anew is for the new one")
  func otherResource() {
    var identities = SubnetIdentities()
    let rules = ResourceFirewall.denying(subnets: ["home/app"])
    var first = resourceTopology([.account(rules, name: "old")])
    identities.adopt(&first)
    var gone = withoutSubnet(first)
    identities.adopt(&gone)
    var second = resourceTopology([.account(rules, name: "old"), .account(rules, name: "new")])
    identities.adopt(&second)
    let table = ResourceTable(second)
    let caller = second.caller(address("10.0.1.4"), overEndpointOfSubnet: 0)
    #expect(table.firewalls.map { $0.verdict(for: caller).isAdmitted } == [false, true])
  }

  @Test(
    "I3: a rule for a subnet that is nowhere admits nobody, and one that comes later is its subnet")
  func nowhere() {
    var identities = SubnetIdentities()
    var topology = withoutSubnet(resourceTopology([.account(.denying(subnets: ["home/app"]))]))
    identities.adopt(&topology)
    #expect(topology.resources[0].firewall.virtualNetworkRules[0].identity == nil)
    var later = resourceTopology([.account(.denying(subnets: ["home/app"]))])
    identities.adopt(&later)
    #expect(admitted(later))
  }

  @Test("I3: names and IDs are compared without regard to case")
  func letters() {
    var firewall = ResourceFirewall.denying()
    firewall.virtualNetworkRules = [
      .init(
        subnetID: AzureID(
          "/SUBSCRIPTIONS/S/resourcegroups/G/providers/microsoft.network/virtualnetworks/HOME/subnets/App/"
        )!)
    ]
    #expect(admitted(identified(resourceTopology([.account(firewall)]))))
    #expect("\(firewall.virtualNetworkRules[0])" == "HOME/App")
  }
}
