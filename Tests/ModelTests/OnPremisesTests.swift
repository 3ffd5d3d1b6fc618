import Model
import Testing
import Wire

@Suite("I5: on-premises")
struct OnPremisesTests {
  private func firewall(_ addresses: [String]) -> CompiledFirewall {
    CompiledFirewall(
      .account(.denying(subnets: ["home/app"], addresses: addresses)), in: resourceServices)
  }

  /// How many of a host's 2,000 connections are admitted behind a circuit with two NAT addresses.
  private func admitted(_ firewall: CompiledFirewall, _ circuit: NATAddresses) -> Int {
    (0..<2_000).count { connection in
      let address = circuit.address(
        forFlowFrom: address("192.168.1.10"), UInt16(32_768 + connection),
        to: address("20.60.26.4"), 443)
      return firewall.verdict(for: Caller(source: address)).isAdmitted
    }
  }

  private let circuit = NATAddresses(["203.0.113.1", "203.0.113.2"].map(address))!

  @Test("I5: on-premises is denied unless its NAT addresses are IP rules")
  func unlisted() {
    #expect(admitted(firewall([]), circuit) == 0)
    #expect(circuit.admitted(by: firewall([])) == [])
    #expect(
      !firewall(["192.168.0.0/16"]).verdict(for: Caller(source: address("203.0.113.1"))).isAdmitted)
  }

  @Test(
    "I5: with one of a circuit's two addresses allowed about half of the flows pass, with both all")
  func circuitOfTwo() {
    let half = admitted(firewall(["203.0.113.1/32"]), circuit)
    #expect((900...1_100).contains(half), "\(half) of 2000")
    #expect(circuit.admitted(by: firewall(["203.0.113.1/32"])) == [address("203.0.113.1")])
    let other = admitted(firewall(["203.0.113.2/32"]), circuit)
    #expect(half + other == 2_000)
    #expect(admitted(firewall(["203.0.113.1/32", "203.0.113.2/32"]), circuit) == 2_000)
  }

  @Test("I5: a flow keeps its address")
  func perFlow() {
    for port in UInt16(1)...200 {
      let chosen = (0..<3).map { _ in
        circuit.address(
          forFlowFrom: address("192.168.1.10"), port, to: address("20.60.26.4"), 443)
      }
      #expect(Set(chosen).count == 1)
    }
    #expect(NATAddresses([]) == nil)
  }

  @Test("I3: the region of a source is its NIC's network, or that of the tag AzureCloud; else none")
  func regions() {
    var topology = resourceTopology()
    topology.networkInterfaces = [
      NetworkInterface(
        name: "vm", subnet: 0,
        ipConfigurations: [
          .init(privateAddress: address("10.0.1.4"), publicAddress: address("203.0.113.4"))
        ], macAddress: MACAddress(2), device: Device(name: "vm"))
    ]
    topology.serviceTags = ServiceTags(
      tags: [
        ServiceTag(
          name: "AzureCloud.francecentral", region: Region("centralfrance"),
          prefixes: [net("40.66.32.0/19"), net("2603:1020:800::/47")]),
        ServiceTag(
          name: "AzureCloud.eastus", region: Region("eastus"), prefixes: [net("20.42.0.0/17")]),
      ])
    topology.networkInterfaces[0].platformAddress = address("203.0.113.129")
    let regions = CallerRegions(topology)
    #expect(regions.region(of: address("203.0.113.4")) == Region("westeurope"))
    #expect(regions.region(of: address("40.66.33.1")) == Region("francecentral"))
    #expect(regions.region(of: address("20.42.1.1")) == Region("eastus"))
    #expect(regions.region(of: address("198.51.100.1")) == nil)
    #expect(regions.region(of: address("2603:1020:800::1")) == nil)
    #expect(
      regions.caller(address("20.42.1.1"))
        == Caller(source: address("20.42.1.1"), region: Region("eastus")))
    #expect(
      regions.caller(address("203.0.113.129"))
        == Caller(
          source: address("203.0.113.129"), region: Region("westeurope"), isPlatform: true),
      "R8: the host of the machine")
  }
}
