import ConfigurationFile
import Foundation
import Model
import Testing
import Wire

/// Configurations that hold.
@Suite("good configurations")
struct GoodConfigurationTests {
  @Test("the examples load without a warning")
  func examples() throws {
    let folder = Place.packageRoot.appendingPathComponent("examples")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".yaml") && !$0.contains("/refused/") }
    #expect(files.contains("forced-tunnel.yaml"))
    #expect(files.contains("scenarios/appliance.yaml"))
    for file in files {
      let outcome = Outcome.ofFile(folder.appendingPathComponent(file).path)
      #expect(outcome.problems == [], "\(file)")
      #expect(outcome.configuration?.warnings == [], "\(file)")
    }
  }

  @Test("the forced-tunnel example is what it says")
  func forcedTunnel() throws {
    let path = Place.packageRoot.appendingPathComponent("examples/forced-tunnel.yaml").path
    let configuration = try #require(Outcome.ofFile(path).configuration)
    let topology = configuration.topology
    #expect(topology.name == "forced-tunnel")
    #expect(configuration.controlSocket == "/run/spurline/forced-tunnel.sock")
    #expect(topology.virtualNetworks.map(\.addressSpace) == [[IPPrefix("10.0.0.0/16")!]])
    #expect(topology.subnets.map(\.name) == ["app", "web", "nva", "GatewaySubnet"])
    let app = try #require(topology.subnets[0].routeTable)
    #expect(
      topology.routeTables[app].routes == [
        UserRoute(
          name: "everything", destination: .prefix(.anyIPv4), nextHopType: .virtualAppliance,
          nextHopIPAddress: IPAddress("10.0.100.4"))
      ])
    let vm1 = topology.networkInterfaces[0]
    #expect(vm1.macAddress == MACAddress("02:00:0a:00:01:04"))
    #expect(vm1.ipConfigurations[0].publicAddress == IPAddress("203.0.113.4"))
    #expect(topology.networkInterfaces[2].ipForwarding)
    #expect(topology.worldPorts.map(\.kind) == [.internet, .gateway, .backbone])
    #expect(topology.worldPorts[1].virtualNetwork == 0)
    #expect(configuration.kernelBGP == [.init(virtualNetwork: 0, table: 100, routeProtocol: 12)])
    let lab = try #require(configuration.lab)
    #expect(lab.namespaces.first?.attachment == .networkInterface(0))
    #expect(lab.links.contains { $0.first.namespace == "fabric" })
  }

  @Test("what is not written has a default")
  func defaults() throws {
    let yaml =
      network + """
        ports:
        lab:
        networkInterfaces:
          - name: vm1
            subnet: a
            ipConfigurations: [{ }]
        """
    let first = try #require(Outcome.of(yaml, path: "some where/my lab.yaml").configuration)
    let second = try #require(Outcome.of(yaml, path: "my lab.yaml").configuration)
    let topology = first.topology
    #expect(topology.name == "my-lab")
    #expect(first.controlSocket == "/run/spurline/my-lab.sock")
    #expect(topology.precedence == .serviceEndpoints)
    #expect(!topology.icmpFollowsEndpoints)
    #expect(first.maximumFlows == 65_536)
    #expect(first.lab == nil)
    #expect(topology.worldPorts.map(\.device.name) == ["internet", "backbone"])
    #expect(topology.worldPorts.allSatisfy { $0.device.mtu == 1500 && $0.addresses.isEmpty })
    let nic = topology.networkInterfaces[0]
    #expect(nic.device == Device(name: "vm1"))
    #expect(nic.guestAddress == .private)
    #expect(!nic.ipForwarding)
    // The first address that Azure does not reserve.
    #expect(nic.ipConfigurations.map(\.privateAddress) == [IPAddress("10.0.1.4")])
    #expect((1...0xff_ffff).contains(topology.virtualNetworks[0].id))
    #expect(topology.serviceTags.source == "built in")

    // Made up, but the same each time, unicast, locally administered, and no two alike.
    let macs = { (topology: Topology) in
      topology.networkInterfaces.map(\.macAddress)
        + topology.worldPorts.flatMap { [$0.macAddress, $0.peerMACAddress] }
    }
    #expect(macs(topology) == macs(second.topology))
    #expect(macs(topology).allSatisfy { $0.bits >> 40 == 0x02 })
    #expect(Set(macs(topology)).count == 5)
    #expect(topology.virtualNetworks[0].id == second.topology.virtualNetworks[0].id)
  }

  @Test("a long name gets an interface of a name that the kernel takes")
  func derivedDevice() throws {
    let yaml =
      network + """
        networkInterfaces:
          - { name: production-web-server-1-nic, subnet: v/a, ipConfigurations: [{ }] }
          - { name: production-web-server-2-nic, subnet: v/a, ipConfigurations: [{ }] }
        """
    let topology = try #require(Outcome.of(yaml).configuration).topology
    let names = topology.networkInterfaces.map(\.device.name)
    #expect(Set(names).count == 2)
    #expect(names.allSatisfy { $0.hasPrefix("producti-") && $0.utf8.count <= 15 })
    // The second one takes the next free address.
    #expect(
      topology.networkInterfaces.map(\.ipConfigurations[0].privateAddress)
        == [IPAddress("10.0.1.4"), IPAddress("10.0.1.5")])
  }

  @Test("F5: unrelated networks may have the same addresses")
  func overlap() throws {
    let yaml = """
      virtualNetworks:
        - { name: v, location: westeurope, addressSpace: 10.0.0.0/16, subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }] }
        - { name: w, location: westeurope, addressSpace: 10.0.0.0/16, subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }] }
      networkInterfaces:
        - { name: n, subnet: v/a, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
        - { name: m, subnet: w/a, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
      """
    let configuration = try #require(Outcome.of(yaml).configuration)
    #expect(configuration.topology.networkInterfaces.map(\.subnet) == [0, 1])
    #expect(configuration.warnings == [])
  }

  @Test("anchors, aliases and merge keys work; what is written beside a merge wins")
  func merges() throws {
    let yaml = """
      x-defaults: &subnet { routeTable: t, serviceEndpoints: [Microsoft.Sql] }
      x-more: &more { routeTable: u }
      routeTables: [{ name: t }, { name: u }]
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: &space [10.0.0.0/16]
          subnets:
            - { <<: *subnet, name: a, addressPrefix: 10.0.1.0/24 }
            - { <<: [*more, *subnet], name: b, addressPrefix: 10.0.2.0/24, serviceEndpoints: [] }
      """
    let topology = try #require(Outcome.of(yaml).configuration).topology
    #expect(topology.subnets.map(\.routeTable) == [0, 1])
    #expect(topology.subnets.map(\.serviceEndpoints.count) == [1, 0])
  }

  @Test("IPv6 works beside IPv4")
  func dualStack() throws {
    let yaml = """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: { addressPrefixes: [10.0.0.0/16, "fd00:db8::/48"] }
          subnets: [{ name: a, addressPrefixes: [10.0.1.0/24, "fd00:db8:0:1::/64"] }]
      routeTables:
        - name: t
          routes:
            - { name: six, addressPrefix: "::/0", nextHopType: VirtualAppliance, nextHopIpAddress: "fd00:db8:0:1::4" }
      networkInterfaces:
        - name: n
          subnet: v/a
          ipConfigurations: [{ }, { privateIPAddressVersion: IPv6, publicIPAddress: "2001:db8::4" }]
      """
    let topology = try #require(Outcome.of(yaml).configuration).topology
    #expect(
      topology.networkInterfaces[0].ipConfigurations == [
        .init(privateAddress: IPAddress("10.0.1.4")!),
        .init(
          privateAddress: IPAddress("fd00:db8:0:1::4")!, publicAddress: IPAddress("2001:db8::4")!),
      ])
  }
}
