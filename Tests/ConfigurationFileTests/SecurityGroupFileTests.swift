import ConfigurationFile
import Model
import Testing
import Wire

/// Security groups as they are written here, and as Azure exports them.
@Suite("N1 security groups in files")
struct SecurityGroupFileTests {
  static let yaml = """
    virtualNetworks:
      - name: v
        location: westeurope
        addressSpace: [10.0.0.0/16]
        subnets: [{ name: a, addressPrefix: 10.0.1.0/24, networkSecurityGroup: NSG }]
    applicationSecurityGroups: [web, { name: db }]
    networkSecurityGroups:
      - name: nsg
        securityRules:
          - name: https
            description: what the web is for
            priority: 100
            direction: inbound
            access: allow
            protocol: tcp
            sourceAddressPrefixes: [10.0.9.0/24, 10.0.8.4, Storage.westeurope, virtualnetwork]
            sourcePortRange: 1024-65535
            destinationApplicationSecurityGroups: [web]
            destinationPortRanges: [443, 8000-8100]
          - { name: ping, priority: 100, direction: Outbound, access: Deny, protocol: Icmp, sourceAddressPrefix: "*", destinationAddressPrefix: Internet }
      - name: empty
    networkInterfaces:
      - name: n
        subnet: v/a
        networkSecurityGroup: { id: /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/EMPTY }
        ipConfigurations: [{ privateIPAddress: 10.0.1.4, applicationSecurityGroups: [web, { id: /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/applicationSecurityGroups/DB }] }]
    """

  @Test("N1: every key of a rule is read")
  func keys() throws {
    let outcome = Outcome.of(Self.yaml)
    #expect(outcome.lines == "")
    let topology = try #require(outcome.configuration).topology
    #expect(outcome.configuration?.warnings == [])
    #expect(topology.applicationSecurityGroups.map(\.name) == ["web", "db"])
    #expect(topology.securityGroups.map(\.name) == ["nsg", "empty"])
    #expect(
      topology.securityGroups[0].rules == [
        SecurityRule(
          name: "https", priority: 100, direction: .inbound, access: .allow, transport: .tcp,
          sources: [
            .prefix(IPPrefix("10.0.9.0/24")!), .prefix(IPPrefix("10.0.8.4/32")!),
            .serviceTag("Storage.WestEurope"), .virtualNetwork,
          ], sourcePorts: [1_024...65_535], destinations: [.applicationSecurityGroup(0)],
          destinationPorts: [443...443, 8_000...8_100]),
        SecurityRule(
          name: "ping", priority: 100, direction: .outbound, access: .deny, transport: .icmp,
          destinations: [.internet]),
      ])
    #expect(topology.subnets[0].securityGroup == 0)
    #expect(topology.networkInterfaces[0].securityGroup == 1)
    #expect(topology.networkInterfaces[0].ipConfigurations[0].applicationSecurityGroups == [0, 1])
  }

  @Test("N1: as Azure exports it: nested, default rules beside, empty fields, rules apart")
  func azure() throws {
    let json = """
      [ { "type": "Microsoft.Network/virtualNetworks", "name": "v", "location": "westeurope",
          "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] }, "subnets": [ { "name": "a",
            "properties": { "addressPrefix": "10.0.1.0/24", "networkSecurityGroup": {
              "id": "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/G" } } } ] } },
        { "type": "Microsoft.Network/networkSecurityGroups", "name": "g",
          "id": "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/g",
          "properties": { "provisioningState": "Succeeded", "subnets": [ { "id": "x" } ],
            "securityRules": [ { "name": "r", "etag": "1", "type": "Microsoft.Network/networkSecurityGroups/securityRules",
              "properties": { "protocol": "TCP", "sourcePortRange": "*", "sourceAddressPrefix": "*",
                "destinationAddressPrefix": "", "destinationAddressPrefixes": ["10.0.1.4/32", "10.0.1.5/32"],
                "destinationPortRange": "", "access": "Allow", "priority": 300, "direction": "Inbound", "sourcePortRanges": [],
                "destinationPortRanges": ["22", "8080-8081"], "sourceAddressPrefixes": [] } } ],
            "defaultSecurityRules": [ { "name": "AllowVnetInBound", "properties": { "priority": 65000 } } ] } },
        { "type": "Microsoft.Network/networkSecurityGroups/securityRules", "name": "g/late", "properties": {
            "protocol": "*", "sourcePortRange": "*", "destinationPortRange": "*", "sourceAddressPrefix": "*",
            "destinationAddressPrefix": "*", "access": "Deny", "priority": 400, "direction": "Outbound" } },
        { "type": "Microsoft.Network/applicationSecurityGroups", "name": "web", "location": "westeurope" } ]
      """
    let outcome = try AzureResourceTests.load(json)
    #expect(outcome.lines == "")
    let topology = try #require(outcome.configuration).topology
    #expect(outcome.configuration?.warnings == [])
    #expect(topology.subnets[0].securityGroup == 0)
    #expect(topology.applicationSecurityGroups.map(\.name) == ["web"])
    let group = topology.securityGroups[0]
    #expect(group.resourceID?.hasSuffix("/networkSecurityGroups/g") == true)
    #expect(group.rules.map(\.name) == ["r", "late"])
    #expect(
      group.rules[0].destinations
        == ["10.0.1.4/32", "10.0.1.5/32"].map {
          .prefix(IPPrefix($0)!)
        })
    #expect(group.rules[0].destinationPorts == [22...22, 8_080...8_081])
  }

  @Test("N1: a group of the YAML file takes the place of the one that is included")
  func joined() throws {
    let json = """
      [ { "type": "Microsoft.Network/networkSecurityGroups", "name": "g", "properties": { "securityRules": [
          { "name": "r", "properties": { "protocol": "*", "destinationPortRange": "*", "sourceAddressPrefix": "*",
            "destinationAddressPrefix": "*", "access": "Deny", "priority": 400, "direction": "Outbound" } } ] } } ]
      """
    let yaml = "azure: azure.json\n" + network + "networkSecurityGroups: [{ name: G }]\n"
    let outcome = try AzureResourceTests.load(json, yaml)
    #expect(outcome.lines == "")
    #expect(outcome.configuration?.topology.securityGroups == [SecurityGroup(name: "G")])
  }

  @Test("N1: the example loads, with two groups at two subnets and one at a NIC")
  func example() throws {
    let path = Place.packageRoot.appendingPathComponent("examples/security-groups.yaml").path
    let outcome = Outcome.ofFile(path)
    #expect(outcome.lines == "")
    let configuration = try #require(outcome.configuration)
    #expect(configuration.warnings == [])
    let topology = configuration.topology
    #expect(topology.subnets.map(\.securityGroup) == [0, 1])
    #expect(topology.networkInterfaces.map(\.securityGroup) == [nil, nil, 2])
    #expect(
      topology.networkInterfaces.map { $0.ipConfigurations[0].applicationSecurityGroups }
        == [[0], [], [1]])
  }

  @Test("N1: a group at the gateway's subnet is warned of")
  func gatewaySubnet() throws {
    let yaml = """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: GatewaySubnet, addressPrefix: 10.0.1.0/24, networkSecurityGroup: g }]
      networkSecurityGroups: [{ name: g }]
      """
    let configuration = try #require(Outcome.of(yaml).configuration)
    #expect(
      Outcome.lines(configuration.warnings) == """
        5: virtualNetworks[0].subnets[0].networkSecurityGroup: is not applied: what comes by a gateway meets the groups of the NIC that it goes to
        """)
  }
}

/// Mistakes in security groups.
@Suite("bad configurations: N1 security groups")
struct BadSecurityGroupTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  /// A file with one group; its rules begin in line 9.
  private static func rules(_ lines: String...) -> String {
    network + "networkSecurityGroups:\n  - name: g\n    securityRules:\n"
      + lines.map { "      - { \($0) }" }.joined(separator: "\n")
  }

  private static func rule(
    _ name: String = "r", priority: String = "100", direction: String = "Inbound",
    access: String = "Allow", transport: String = "Tcp", from: String = "sourceAddressPrefix: '*'",
    to: String = "destinationAddressPrefix: '*'", ports: String = "destinationPortRange: 443"
  ) -> String {
    "name: \(name), priority: \(priority), direction: \(direction), access: \(access), "
      + "protocol: \(transport), \(from), \(to), \(ports)"
  }

  static let cases = [
    Bad(
      "priorities that nobody can write",
      rules(rule(priority: "99"), rule("s", priority: "4097"), rule("t", priority: "first")),
      """
      9: networkSecurityGroups[0].securityRules[0].priority: `99` is not a whole number from 100 to 4096
      10: networkSecurityGroups[0].securityRules[1].priority: `4097` is not a whole number from 100 to 4096
      11: networkSecurityGroups[0].securityRules[2].priority: `first` is not a whole number from 100 to 4096
      """),
    Bad(
      "the same priority twice in one direction",
      rules(rule("r"), rule("s"), rule("t", direction: "Outbound")),
      """
      10: networkSecurityGroups[0].securityRules[1].priority: 100 is the priority of the inbound rule `r` too; which of the two is asked first must be clear
      """),
    Bad(
      "the same name twice", rules(rule("r"), rule("R", priority: "101")),
      """
      10: networkSecurityGroups[0].securityRules[1].name: `R` is the name of another rule of `g`, in line 9
      """),
    Bad(
      "words that are none",
      rules(rule(direction: "Inbond", access: "Permit", transport: "Tpc")),
      """
      9: networkSecurityGroups[0].securityRules[0].direction: `Inbond` is not `Inbound` or `Outbound`; did you mean `Inbound`?
      9: networkSecurityGroups[0].securityRules[0].access: `Permit` is not `Allow` or `Deny`
      9: networkSecurityGroups[0].securityRules[0].protocol: `Tpc` is not `*`, `Tcp`, `Udp`, `Icmp`, `Esp` or `Ah`; did you mean `Tcp`?
      """),
    Bad(
      "ports that are none",
      rules(rule(ports: "destinationPortRanges: [70000, 90-80, 1-2-3, http, 5-]")),
      """
      9: networkSecurityGroups[0].securityRules[0].destinationPortRanges[0]: `70000` is not a port from 0 to 65535, a range such as `8000-8100`, or `*`
      9: networkSecurityGroups[0].securityRules[0].destinationPortRanges[1]: `90-80` is not a port from 0 to 65535, a range such as `8000-8100`, or `*`
      9: networkSecurityGroups[0].securityRules[0].destinationPortRanges[2]: `1-2-3` is not a port from 0 to 65535, a range such as `8000-8100`, or `*`
      9: networkSecurityGroups[0].securityRules[0].destinationPortRanges[3]: `http` is not a port from 0 to 65535, a range such as `8000-8100`, or `*`
      9: networkSecurityGroups[0].securityRules[0].destinationPortRanges[4]: `5-` is not a port from 0 to 65535, a range such as `8000-8100`, or `*`
      """),
    Bad(
      "ports of a protocol without",
      rules(rule(transport: "Icmp")),
      """
      9: networkSecurityGroups[0].securityRules[0].destinationPortRange: `Icmp` has no ports; write `*` or leave the ports out
      """),
    Bad(
      "a tag that does not exist",
      rules(
        rule(
          from: "sourceAddressPrefix: VirtualNetwrk",
          to: "destinationAddressPrefix: Storage.WestEurop")),
      """
      9: networkSecurityGroups[0].securityRules[0].sourceAddressPrefix: `VirtualNetwrk` is neither an address prefix nor a service tag (built in); did you mean `VirtualNetwork`?
      9: networkSecurityGroups[0].securityRules[0].destinationAddressPrefix: `Storage.WestEurop` is neither an address prefix nor a service tag (built in); did you mean `Storage.WestEurope`?
      """),
    Bad(
      "prefixes that are none",
      rules(rule(from: "sourceAddressPrefixes: [10.0.1.7/24, 10.0.1, 1.2.3.4/33]")),
      """
      9: networkSecurityGroups[0].securityRules[0].sourceAddressPrefixes[0]: `10.0.1.7/24` has bits behind its length; did you mean `10.0.1.0/24`?
      9: networkSecurityGroups[0].securityRules[0].sourceAddressPrefixes[1]: `10.0.1` is not an address prefix such as `10.0.1.0/24`, nor an address
      9: networkSecurityGroups[0].securityRules[0].sourceAddressPrefixes[2]: `1.2.3.4/33` is not an address prefix such as `10.0.1.0/24`, nor an address
      """),
    Bad(
      "every address and others", rules(rule(to: "destinationAddressPrefixes: [Internet, '*']")),
      """
      9: networkSecurityGroups[0].securityRules[0].destinationAddressPrefixes[1]: `*` is every address, and stands alone
      """),
    Bad(
      "one and several at once",
      rules(rule(from: "sourceAddressPrefix: 10.0.1.4, sourceAddressPrefixes: [10.0.1.5]")),
      """
      9: networkSecurityGroups[0].securityRules[0].sourceAddressPrefix: stands beside `sourceAddressPrefixes`; write one of the two
      """),
    Bad(
      "a tag beside an application security group",
      rules(rule(from: "sourceAddressPrefix: Internet, sourceApplicationSecurityGroups: [web]"))
        + "\napplicationSecurityGroups: [web]",
      """
      9: networkSecurityGroups[0].securityRules[0].sourceApplicationSecurityGroups: stands beside `sourceAddressPrefix`; a rule has addresses and tags there, or application security groups
      """),
    Bad(
      "groups that do not exist",
      rules(rule(from: "sourceApplicationSecurityGroups: [wbe]"))
        + "\napplicationSecurityGroups: [web]"
        + "\nnetworkInterfaces: [{ name: n, subnet: a, networkSecurityGroup: h, ipConfigurations: [{ applicationSecurityGroups: [wev] }] }]",
      """
      9: networkSecurityGroups[0].securityRules[0].sourceApplicationSecurityGroups[0]: there is no application security group `wbe`; did you mean `web`?
      11: networkInterfaces[0].networkSecurityGroup: there is no network security group `h`; did you mean `g`?
      11: networkInterfaces[0].ipConfigurations[0].applicationSecurityGroups[0]: there is no application security group `wev`; did you mean `web`?
      """),
    Bad(
      "everything missing", rules(""),
      """
      9: networkSecurityGroups[0].securityRules[0].name: is missing; it must be the rule's name
      9: networkSecurityGroups[0].securityRules[0].priority: is missing; it must be a whole number from 100 to 4096
      9: networkSecurityGroups[0].securityRules[0].direction: is missing; it must be `Inbound` or `Outbound`
      9: networkSecurityGroups[0].securityRules[0].access: is missing; it must be `Allow` or `Deny`
      9: networkSecurityGroups[0].securityRules[0].protocol: is missing; it must be `*`, `Tcp`, `Udp`, `Icmp`, `Esp` or `Ah`
      9: networkSecurityGroups[0].securityRules[0].sourceAddressPrefix: is missing; it must be an address prefix, a service tag or `*`
      9: networkSecurityGroups[0].securityRules[0].destinationAddressPrefix: is missing; it must be an address prefix, a service tag or `*`
      """),
    Bad(
      "a destination without ports", rules(rule(ports: "sourcePortRange: '*'")),
      """
      9: networkSecurityGroups[0].securityRules[0].destinationPortRange: is missing; it must be a port such as `443`, a range such as `8000-8100`, or `*`
      """),
    Bad(
      "a group of addresses in two networks",
      """
      virtualNetworks:
        - { name: v, location: westeurope, addressSpace: 10.0.0.0/16, subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }] }
        - { name: w, location: westeurope, addressSpace: 10.1.0.0/16, subnets: [{ name: b, addressPrefix: 10.1.1.0/24 }] }
      applicationSecurityGroups: [web]
      networkInterfaces:
        - { name: n, subnet: a, ipConfigurations: [{ applicationSecurityGroups: [web] }] }
        - { name: m, subnet: b, ipConfigurations: [{ applicationSecurityGroups: [web] }] }
      """,
      """
      7: networkInterfaces[1].ipConfigurations[0].applicationSecurityGroups[0]: `web` has addresses of `n` in `v`; all of a group must be in one virtual network
      """),
    Bad(
      "more rules than a group can have",
      rules(
        (0...1_000).map { rule("r\($0)", priority: "\(100 + $0)") }.joined(
          separator: " }\n      - { ")),
      """
      7: networkSecurityGroups[0].securityRules: has 1001 rules; a group can have 1000
      """),
  ]
}
