import Model
import Testing
import Wire

@Suite("N1 security groups")
struct SecurityGroupTests {
  private func topology(_ groups: [SecurityGroup]) -> Topology {
    Topology(
      securityGroups: groups,
      applicationSecurityGroups: ["web", "db", "none"].map { ApplicationSecurityGroup(name: $0) },
      serviceTags: RandomSecurityGroup.tags)
  }

  private func packet(
    _ source: String, _ destination: String, transport: UInt8 = 6, port: UInt16 = 443,
    isInside: (Bool, Bool) = (true, false)
  ) -> SecurityPacket {
    SecurityPacket(
      transport: transport,
      source: .init(address(source), isInVirtualNetwork: isInside.0), sourcePort: 40_000,
      destination: .init(address(destination), isInVirtualNetwork: isInside.1),
      destinationPort: port)
  }

  /// The name of the rule that decides, and what it says.
  private func decide(
    _ rules: [SecurityRule], _ packet: SecurityPacket,
    _ direction: SecurityRule.Direction = .outbound
  ) -> String {
    let groups = SecurityGroups(of: topology([SecurityGroup(name: "g", rules: rules)]))
    let rule = groups.rule(groups.decide(packet, group: 0, direction))
    return "\(rule.access.rawValue) by \(rule.name)"
  }

  @Test(
    "N1: compiled groups decide as their rules do, asked one after the other", arguments: 0..<21)
  func random(seed: Int) {
    var random = RandomSecurityGroup(seed: UInt64(seed))
    // Around a word's end, and many words.
    let group = random.group(rules: [0, 1, 5, 61, 62, 130, 300][seed % 7])
    let groups = SecurityGroups(of: topology([group]))
    let slow = SlowSecurityGroup(group: group, tags: RandomSecurityGroup.tags)
    for _ in 0..<100 {
      let packet = random.packet()
      for direction in SecurityRule.Direction.allCases {
        let rule = groups.rule(groups.decide(packet, group: 0, direction))
        let expected = slow.decide(packet, direction)
        #expect(rule == expected, "seed \(seed), \(direction), \(packet)")
        if rule != expected { return }
      }
    }
  }

  @Test("N1: without a rule of its own a group decides by the six default rules")
  func defaults() {
    let inside = (true, true)
    #expect(
      decide([], packet("10.0.1.4", "10.0.2.4", isInside: inside)) == "Allow by AllowVnetOutBound")
    #expect(decide([], packet("10.0.1.4", "20.1.0.1")) == "Allow by AllowInternetOutBound")
    #expect(
      decide([], packet("10.0.1.4", "10.0.2.4", isInside: inside), .inbound)
        == "Allow by AllowVnetInBound")
    #expect(
      decide([], packet("168.63.129.16", "10.0.2.4", isInside: (false, true)), .inbound)
        == "Allow by AllowAzureLoadBalancerInBound")
    #expect(
      decide([], packet("20.1.0.1", "10.0.2.4", isInside: (false, true)), .inbound)
        == "Deny by DenyAllInBound")
    // From an address that is not the network's to one that is: neither of the two that allow.
    #expect(
      decide([], packet("20.1.0.1", "10.0.2.4", isInside: (false, true)))
        == "Deny by DenyAllOutBound")
  }

  @Test("N1: the lowest priority that matches decides, whatever the order in the file")
  func priority() {
    let rules = [
      SecurityRule(name: "later", priority: 200, direction: .outbound, access: .deny),
      SecurityRule(name: "other", priority: 100, direction: .inbound, access: .deny),
      SecurityRule(name: "first", priority: 150, direction: .outbound, access: .allow),
    ]
    #expect(decide(rules, packet("10.0.1.4", "20.1.0.1")) == "Allow by first")
    #expect(decide(rules, packet("10.0.1.4", "20.1.0.1"), .inbound) == "Deny by other")
  }

  @Test("N1: Internet denied and one service's region allowed, as the document says")
  func serviceTag() {
    let rules = [
      SecurityRule(
        name: "storage", priority: 100, direction: .outbound, access: .allow,
        destinations: [.serviceTag("Storage.WestEurope")]),
      SecurityRule(
        name: "no-internet", priority: 200, direction: .outbound, access: .deny,
        destinations: [.internet]),
    ]
    #expect(decide(rules, packet("10.0.1.4", "20.1.0.1")) == "Allow by storage")
    #expect(decide(rules, packet("10.0.1.4", "20.9.0.1")) == "Deny by no-internet")
    #expect(
      decide(rules, packet("10.0.1.4", "10.0.2.4", isInside: (true, true)))
        == "Allow by AllowVnetOutBound")
  }

  @Test("N1: an augmented rule is for each of its addresses and ports, and for no other")
  func augmented() {
    let rule = SecurityRule(
      name: "many", priority: 100, direction: .outbound, access: .deny, transport: .tcp,
      destinations: [.prefix(net("20.1.0.0/24")), .prefix(net("20.1.2.0/24"))],
      destinationPorts: [80...80, 8_000...8_100])
    let cases: [(String, UInt16, Bool)] = [
      ("20.1.0.255", 80, true), ("20.1.2.0", 8_100, true), ("20.1.1.0", 80, false),
      ("20.1.0.1", 81, false), ("20.1.0.1", 8_101, false), ("20.1.0.1", 7_999, false),
    ]
    for (address, port, isDenied) in cases {
      let answer = decide([rule], packet("10.0.1.4", address, port: port))
      #expect((answer == "Deny by many") == isDenied, "\(address):\(port)")
    }
    #expect(decide([rule], packet("10.0.1.4", "20.1.0.1", transport: 17, port: 80)).hasPrefix("A"))
  }

  @Test("N1: a rule for some ports is not for packets without ports")
  func portless() {
    let rule = SecurityRule(
      name: "ports", priority: 100, direction: .outbound, access: .deny,
      destinationPorts: [0...100])
    #expect(
      decide([rule], packet("10.0.1.4", "20.1.0.1", transport: 1, port: 8))
        == "Allow by AllowInternetOutBound")
    #expect(decide([rule], packet("10.0.1.4", "20.1.0.1", port: 8)) == "Deny by ports")
  }

  @Test("N1: application security groups, one at each end")
  func applicationGroups() {
    let rule = SecurityRule(
      name: "web-to-db", priority: 100, direction: .inbound, access: .deny,
      sources: [.applicationSecurityGroup(0)], destinations: [.applicationSecurityGroup(1)])
    var packet = packet("10.0.1.4", "10.0.2.4", isInside: (true, true))
    #expect(decide([rule], packet, .inbound) == "Allow by AllowVnetInBound")
    packet.source.applicationGroups = [2, 0]
    packet.destination.applicationGroups = [1]
    #expect(decide([rule], packet, .inbound) == "Deny by web-to-db")
    packet.destination.applicationGroups = [0]
    #expect(decide([rule], packet, .inbound) == "Allow by AllowVnetInBound")
  }

  @Test("N1: a reload compiles the groups alone that have changed")
  func reload() {
    var random = RandomSecurityGroup(seed: 7)
    let groups = (0..<3).map { index in
      var group = random.group(rules: 5)
      group.name = "g\(index)"
      return group
    }
    let before = SecurityGroups(of: topology(groups))
    var changed = topology(groups)
    changed.securityGroups[1].rules.removeLast()
    let after = SecurityGroups(of: changed, takenFrom: before)
    #expect((0..<3).map { after.sharesGroup($0, with: before) } == [true, false, true])
    changed.serviceTags = ServiceTags(source: "other", tags: [])
    changed.securityGroups = [SecurityGroup(name: "g0")]
    #expect(!SecurityGroups(of: changed, takenFrom: before).sharesGroup(0, with: before))
  }

  @Test("N1: a thousand rules of fifty prefixes each decide as the slow way does")
  func many() {
    var random = RandomSecurityGroup(seed: 11)
    var group = SecurityGroup(name: "large")
    for priority in 100..<1_100 {
      let prefixes = (0..<50).map { _ in
        SecurityRule.Address.prefix(
          IPPrefix(
            .v4(IPv4Address(UInt32.random(in: 0...(.max), using: &random.random))),
            length: Int.random(in: 12...32, using: &random.random)))
      }
      group.rules.append(
        SecurityRule(
          name: "r\(priority)", priority: priority, direction: .outbound,
          access: priority.isMultiple(of: 2) ? .allow : .deny, destinations: prefixes))
    }
    let groups = SecurityGroups(of: topology([group]))
    let slow = SlowSecurityGroup(group: group, tags: RandomSecurityGroup.tags)
    for _ in 0..<50 {
      let packet = SecurityPacket(
        transport: 6, source: .init(address("10.0.1.4"), isInVirtualNetwork: true), sourcePort: 1,
        destination: .init(
          .v4(IPv4Address(UInt32.random(in: 0...(.max), using: &random.random))),
          isInVirtualNetwork: false), destinationPort: 443)
      #expect(
        groups.rule(groups.decide(packet, group: 0, .outbound)) == slow.decide(packet, .outbound))
    }
  }
}

@Suite("N1 the tags VirtualNetwork and Internet")
struct VirtualNetworkTagTests {
  @Test(
    "N1: the network's own space, peers, what the gateway has learned, and the platform's address")
  func members() {
    var topology = sampleTopology(
      routes: [UserRoute("all", "0.0.0.0/0", .internet)],
      bgp: [BGPRoute("192.168.0.0/16"), BGPRoute("0.0.0.0/0")])
    topology.virtualNetworks.append(
      VirtualNetwork(
        name: "peer", id: 9, region: Region("westeurope"), addressSpace: [net("10.77.0.0/16")]))
    topology.virtualNetworks[0].peerings.append(
      Peering(name: "p", remote: topology.virtualNetworks.count - 1))
    var tables = RoutingTables(topology: topology)
    let isInside = { (text: String) in tables.isInVirtualNetwork(address(text), of: 0) }
    for text in ["10.0.1.4", "10.77.0.1", "192.168.1.1", "168.63.129.16"] {
      #expect(isInside(text), "\(text)")
    }
    // Neither the default route of BGP nor that of the route table makes the Internet a part of the network.
    for text in ["8.8.8.8", "10.78.0.1", "172.16.0.1", "20.60.26.1"] {
      #expect(!isInside(text), "\(text)")
    }
    // Learned a moment ago.
    tables.announce(BGPRoute("172.16.0.0/12"))
    #expect(tables.isInVirtualNetwork(address("172.16.0.1"), of: 0))
    // The peer has no gateway to learn by, and does not use ours.
    let peer = topology.virtualNetworks.count - 1
    #expect(!tables.isInVirtualNetwork(address("192.168.1.1"), of: peer))
    #expect(tables.virtualNetworkPrefixes(of: 0).contains(net("172.16.0.0/12")))
    #expect(!tables.virtualNetworkPrefixes(of: 0).contains(.anyIPv4))
    tables.withdraw(net("172.16.0.0/12"), virtualNetwork: 0)
    #expect(!tables.isInVirtualNetwork(address("172.16.0.1"), of: 0))
  }
}
