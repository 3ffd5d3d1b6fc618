import Foundation
import Model
import TestSupport
import Testing
import Wire

@Suite("N1 effective security rules")
struct EffectiveSecurityRuleTests {
  private static func tables() -> RoutingTables {
    var topology = sampleTopology(bgp: [BGPRoute("192.168.0.0/16")])
    topology.applicationSecurityGroups = [ApplicationSecurityGroup(name: "web")]
    topology.securityGroups = [
      SecurityGroup(
        name: "nic-nsg", resourceID: "/subscriptions/s/networkSecurityGroups/nic-nsg",
        rules: [
          SecurityRule(
            name: "storage", priority: 200, direction: .outbound, access: .allow, transport: .tcp,
            sources: [.applicationSecurityGroup(0)],
            destinations: [.serviceTag("Storage.NorthEurope")],
            destinationPorts: [443...443, 8_000...8_100])
        ]), SecurityGroup(name: "subnet-nsg"),
    ]
    topology.subnets[0].securityGroup = 1
    topology.networkInterfaces = [
      NetworkInterface(
        name: "vm1", subnet: 0,
        ipConfigurations: [
          .init(privateAddress: address("10.0.1.4"), applicationSecurityGroups: [0])
        ], macAddress: MACAddress(0x0200_0000_0001), securityGroup: 0, device: Device(name: "vm1"))
    ]
    return RoutingTables(topology: topology)
  }

  @Test("N1: the NIC's group, then the subnet's, each in the order of asking, tags spelled out")
  func groups() throws {
    let list = Self.tables().effectiveSecurityGroups(ofNetworkInterface: 0).value
    #expect(
      list.map(\.networkSecurityGroup.id)
        == ["/subscriptions/s/networkSecurityGroups/nic-nsg", "subnet-nsg"])
    #expect(list.map(\.association.networkInterface?.id) == ["vm1", nil])
    #expect(list.map(\.association.subnet?.id) == [nil, "vnet1/app"])
    let rules = list[0].effectiveSecurityRules
    #expect(
      rules.map { "\($0.direction.rawValue) \($0.priority) \($0.name)" } == [
        "Inbound 65000 defaultSecurityRules/AllowVnetInBound",
        "Inbound 65001 defaultSecurityRules/AllowAzureLoadBalancerInBound",
        "Inbound 65500 defaultSecurityRules/DenyAllInBound",
        "Outbound 200 securityRules/storage",
        "Outbound 65000 defaultSecurityRules/AllowVnetOutBound",
        "Outbound 65001 defaultSecurityRules/AllowInternetOutBound",
        "Outbound 65500 defaultSecurityRules/DenyAllOutBound",
      ])
    let storage = rules[3]
    #expect(storage.proto == "Tcp")
    #expect(storage.sourceAddressPrefix == "10.0.1.4/32")
    #expect(storage.sourcePortRange == "0-65535")
    #expect(storage.destinationPortRanges == ["443-443", "8000-8100"])
    #expect(storage.destinationAddressPrefix == "Storage.NorthEurope")
    #expect(storage.expandedDestinationAddressPrefix == ["20.60.40.0/23"])
    #expect(rules[0].proto == "All")
    #expect(
      rules[0].expandedSourceAddressPrefix
        == ["10.0.0.0/16", "168.63.129.16/32", "192.168.0.0/16"])
  }

  @Test("N1: Internet is, to the address, what VirtualNetwork is not")
  func internet() throws {
    let tables = Self.tables()
    let rule = tables.effectiveSecurityGroups(ofNetworkInterface: 0).value[1]
      .effectiveSecurityRules[4]
    #expect(rule.destinationAddressPrefix == "Internet")
    let prefixes = try #require(rule.expandedDestinationAddressPrefix).map(net)
    // Apart from each other, and with the rest they make up all there is.
    let size = { (prefix: IPPrefix) in UInt64(1) << UInt64(32 - prefix.length) }
    let inside = tables.virtualNetworkPrefixes(of: 0).filter(\.isIPv4)
    #expect((prefixes + inside).reduce(0) { $0 + size($1) } == 1 << 32)
    for prefix in prefixes { #expect(!inside.contains { $0.overlaps(prefix) }) }
    for edge in ["9.255.255.255", "10.1.0.0", "192.167.255.255", "192.169.0.0", "255.255.255.255"] {
      #expect(prefixes.contains { $0.contains(address(edge)) }, "\(edge)")
      #expect(!tables.isInVirtualNetwork(address(edge), of: 0))
    }
  }

  @Test("N1: Azure's own example is of the same shape", .needsSharedData)
  func shape() throws {
    struct File: Decodable {
      struct Responses: Decodable {
        struct Answer: Decodable {
          struct Body: Decodable {
            struct Group: Decodable {
              var effectiveSecurityRules: [EffectiveSecurityRule]
            }
            var value: [Group]
          }
          var body: Body
        }
        var ok: Answer

        private enum CodingKeys: String, CodingKey { case ok = "200" }
      }
      var responses: Responses
    }
    let file = try PublishedData.json(
      "azure/rest-api-specs/NetworkInterfaceEffectiveNSGList.json", as: File.self)
    let rules = try #require(file.responses.ok.body.value.first).effectiveSecurityRules
    #expect(rules.map(\.priority) == [234, 1_000, 65_001])
    #expect(
      rules[2].proto == "All" && rules[2].name == "defaultSecurityRules/AllowInternetOutBound")
    #expect(rules[2].expandedDestinationAddressPrefix?.count == 4)
    // The same default rule, written by us: the same keys.
    let own = Self.tables().effectiveSecurityGroups(ofNetworkInterface: 0).value[1]
      .effectiveSecurityRules[4]
    let keys = { (rule: EffectiveSecurityRule) throws -> Set<String> in
      let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(rule))
      return Set((object as? [String: Any] ?? [:]).keys)
    }
    #expect(try keys(own) == keys(rules[2]))
  }
}
