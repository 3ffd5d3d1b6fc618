import Dataplane
import Model
import Testing
import Wire

@Suite("N1: security groups on the path") struct SecurityGroupTests {
  private static func rule(
    _ name: String, _ direction: SecurityRule.Direction, _ access: SecurityRule.Access,
    priority: Int = 100, from sources: [SecurityRule.Address] = [.any],
    to destinations: [SecurityRule.Address] = [.any], ports: [ClosedRange<UInt16>] = [0...65_535]
  ) -> SecurityRule {
    SecurityRule(
      name: name, priority: priority, direction: direction, access: access, sources: sources,
      destinations: destinations, destinationPorts: ports)
  }

  /// A lab with one group, of these rules, at a NIC or at a subnet.
  private static func lab(
    _ rules: [SecurityRule], nic: Int? = nil, subnet: Int? = nil,
    change: (inout Topology) -> Void = { _ in }
  ) -> Fixture {
    Fixture { topology in
      topology.securityGroups = [SecurityGroup(name: "nsg", rules: rules)]
      if let nic { topology.networkInterfaces[nic].securityGroup = 0 }
      if let subnet { topology.subnets[subnet].securityGroup = 0 }
      change(&topology)
    }
  }

  /// Of a first packet of vm1.
  private func verdict(
    _ lab: Fixture, _ destination: String, port: UInt16 = 443, sourcePort: UInt16 = 40_000
  ) -> Verdict {
    verdict(lab, from: "vm1", "10.0.1.4", destination, port: port, sourcePort: sourcePort)
  }

  private func verdict(
    _ lab: Fixture, from: String, _ source: String, _ destination: String, port: UInt16 = 443,
    sourcePort: UInt16 = 40_000
  ) -> Verdict {
    var frame = FrameBuilder(source, destination)
    let record = lab.path.snapshot.ports[Int(lab.port(from).index)]
    frame.sourceMAC = record.peerMACAddress
    return lab.receive(frame.tcp(sourcePort, port), from: from).verdict
  }

  @Test("N1: outbound the NIC's group and the subnet's, each can deny")
  func outbound() {
    let deny = [Self.rule("no-web", .outbound, .deny, ports: [80...80])]
    for lab in [Self.lab(deny, nic: 0), Self.lab(deny, subnet: 0)] {
      #expect(
        verdict(lab, Fixture.web, port: 80) == .dropped(.securityGroupOutbound))
      #expect(verdict(lab, Fixture.web, port: 81) == .forwarded(lab.port("internet")))
      // Another NIC, another subnet.
      #expect(
        verdict(lab, from: "vm2", "10.0.2.4", Fixture.web, port: 80)
          == .forwarded(lab.port("internet")))
      #expect(lab.path.counters.dropped == ["security-group-outbound": 1])
      #expect(lab.path.counters.isBalanced)
    }
  }

  @Test("N1: inbound the subnet's group and the NIC's, each can deny; replies need no rule")
  func inbound() {
    let deny = [
      Self.rule("ssh", .inbound, .allow, ports: [22...22]),
      Self.rule("nothing", .inbound, .deny, priority: 200),
      Self.rule("nothing-out", .outbound, .deny, priority: 200),
    ]
    for lab in [Self.lab(deny, nic: 1), Self.lab(deny, subnet: 1)] {
      #expect(verdict(lab, "10.0.2.4", port: 443) == .dropped(.securityGroupInbound))
      #expect(verdict(lab, "10.0.2.4", port: 22) == .forwarded(lab.port("vm2")))
      var reply = FrameBuilder("10.0.2.4", "10.0.1.4")
      reply.sourceMAC = lab.path.snapshot.ports[1].peerMACAddress
      #expect(
        lab.receive(reply.tcp(22, 40_000, flags: [.syn, .ack]), from: "vm2").verdict
          == .forwarded(lab.port("vm1")))
      // The other way round it is a connection of its own.
      #expect(
        verdict(lab, from: "vm2", "10.0.2.4", "10.0.1.4", port: 22)
          == .dropped(.securityGroupOutbound))
    }
  }

  @Test("N1: what comes from on-premises meets the groups of the NIC that it goes to")
  func gateway() {
    let lab = Self.lab(
      [
        Self.rule("branch", .inbound, .allow, from: [.prefix(IPPrefix("192.168.1.0/24")!)]),
        Self.rule("network", .inbound, .deny, priority: 110, from: [.virtualNetwork]),
      ], nic: 0)
    let from = { (source: String) in
      lab.receive(lab.outside(source, "10.0.1.4", by: "gateway").tcp(1, 22), from: "gateway")
        .verdict
    }
    #expect(from("192.168.1.9") == .forwarded(lab.port("vm1")))
    // On-premises is part of the tag VirtualNetwork, by what BGP has told.
    #expect(from("192.168.2.9") == .dropped(.securityGroupInbound))
  }

  @Test(
    "N1: the document's case: Internet denied, one service allowed; an endpoint changes none of it")
  func services() {
    let lab = Self.lab(
      [
        Self.rule("storage", .outbound, .allow, to: [.serviceTag("Storage.WestEurope")]),
        Self.rule("internet", .outbound, .deny, priority: 110, to: [.internet]),
      ], subnet: 0)
    for (endpoints, way) in [([], "internet"), (["Microsoft.Storage"], "backbone")] {
      lab.switchEndpoints(endpoints, of: "vnet1/app")
      let port = UInt16(40_000 + endpoints.count)
      #expect(verdict(lab, Fixture.storage, sourcePort: port) == .forwarded(lab.port(way)))
      #expect(
        verdict(lab, Fixture.web, sourcePort: port) == .dropped(.securityGroupOutbound))
      #expect(verdict(lab, "10.0.2.4", sourcePort: port) == .forwarded(lab.port("vm2")))
    }
  }

  @Test("N1: rules see private addresses: outbound before, inbound after the translation")
  func privateAddresses() {
    let lab = Self.lab(
      [
        Self.rule("private", .outbound, .allow, from: [.prefix(IPPrefix("10.0.1.4/32")!)]),
        Self.rule("others", .outbound, .deny, priority: 110),
        Self.rule(
          "in", .inbound, .allow, from: [.prefix(IPPrefix("10.0.2.4/32")!)],
          to: [.prefix(IPPrefix("10.0.1.4/32")!)]),
        Self.rule("others-in", .inbound, .deny, priority: 110),
      ], nic: 0
    ) { $0.networkInterfaces[0].guestAddress = .public }
    #expect(
      verdict(lab, from: "vm1", "203.0.113.4", Fixture.web) == .forwarded(lab.port("internet")))
    #expect(
      verdict(lab, from: "vm2", "10.0.2.4", "10.0.1.4") == .forwarded(lab.port("vm1")))
    #expect(
      verdict(lab, from: "nva", "10.0.100.4", "10.0.1.4") == .dropped(.securityGroupInbound))
  }

  @Test("N1: platform traffic meets no group")
  func platform() {
    let lab = Self.lab([Self.rule("nothing", .outbound, .deny)], nic: 0, subnet: 0)
    #expect(verdict(lab, Fixture.storage) == .dropped(.securityGroupOutbound))
    #expect(
      lab.receive(FrameBuilder("10.0.1.4", Fixture.storage).tcp(1, 443), from: "vm1-platform")
        .verdict == .forwarded(lab.port("internet")))
  }

  @Test("N1: application security groups go with a NIC's address")
  func applicationGroups() {
    let lab = Self.lab(
      [
        Self.rule(
          "web", .inbound, .allow, from: [.applicationSecurityGroup(0)],
          to: [.applicationSecurityGroup(1)]),
        Self.rule("rest", .inbound, .deny, priority: 110),
      ], subnet: 1
    ) { topology in
      topology.applicationSecurityGroups = ["client", "server"].map { .init(name: $0) }
      topology.networkInterfaces[0].ipConfigurations[0].applicationSecurityGroups = [0]
      topology.networkInterfaces[1].ipConfigurations[0].applicationSecurityGroups = [1]
    }
    #expect(verdict(lab, "10.0.2.4") == .forwarded(lab.port("vm2")))
    #expect(
      verdict(lab, from: "hidden", "10.0.1.5", "10.0.2.4") == .dropped(.securityGroupInbound))
  }

  @Test("N1: an appliance's groups see what it forwards, each pass is a flow of its own")
  func appliance() {
    let rules = [
      Self.rule(
        "web-in", .inbound, .allow, to: [.prefix(IPPrefix("198.51.100.80/32")!)],
        ports: [443...443]),
      Self.rule("rest-in", .inbound, .deny, priority: 110),
      Self.rule(
        "out", .outbound, .deny, from: [.prefix(IPPrefix("10.0.1.4/32")!)], ports: [80...80]),
    ]
    let lab = Self.lab(rules, nic: 2, change: Fixture.forceTunnel)
    #expect(verdict(lab, Fixture.web, port: 443) == .forwarded(lab.port("nva")))
    #expect(verdict(lab, Fixture.web, port: 444) == .dropped(.securityGroupInbound))
    // What it sends on has the client's address.
    #expect(
      verdict(lab, from: "nva", "10.0.1.4", Fixture.web, port: 443)
        == .forwarded(lab.port("internet")))
    #expect(
      verdict(lab, from: "nva", "10.0.1.4", Fixture.web, port: 80)
        == .dropped(.securityGroupOutbound))
  }

  @Test("N1: replies that take another way than the request need no rule either")
  func oneWay() {
    // app goes to web by the appliance; web answers directly.
    let lab = Fixture { topology in
      Fixture.forceTunnel(&topology)
      topology.routeTables[0].routes.append(
        UserRoute(
          name: "web", destination: .prefix(IPPrefix("10.0.2.0/24")!),
          nextHopType: .virtualAppliance, nextHopIPAddress: IPAddress("10.0.100.4")))
      topology.securityGroups = [
        // Both ends begin nothing and let nothing in but what is allowed here.
        SecurityGroup(
          name: "client",
          rules: [
            Self.rule("out", .outbound, .allow, ports: [443...443]),
            Self.rule("rest", .outbound, .deny, priority: 110),
            Self.rule("in", .inbound, .deny),
          ]),
        SecurityGroup(
          name: "server",
          rules: [
            Self.rule("in", .inbound, .allow, ports: [443...443]),
            Self.rule("rest", .inbound, .deny, priority: 110),
            Self.rule("out", .outbound, .deny),
          ]),
      ]
      topology.subnets[0].securityGroup = 0
      topology.subnets[1].securityGroup = 1
    }
    let answer = { () -> Verdict in
      var reply = FrameBuilder("10.0.2.4", "10.0.1.4")
      reply.sourceMAC = lab.path.snapshot.ports[1].peerMACAddress
      return lab.receive(reply.tcp(443, 40_000, flags: [.syn, .ack]), from: "vm2").verdict
    }
    #expect(answer() == .dropped(.securityGroupOutbound))
    #expect(verdict(lab, "10.0.2.4") == .forwarded(lab.port("nva")))
    #expect(
      verdict(lab, from: "nva", "10.0.1.4", "10.0.2.4") == .forwarded(lab.port("vm2")))
    #expect(answer() == .forwarded(lab.port("vm1")))
    // After a reload that moves ports the connection is known as well.
    lab.topology.networkInterfaces.append(lab.topology.networkInterfaces[4])
    lab.topology.networkInterfaces[5].name = "another"
    lab.topology.networkInterfaces[5].ipConfigurations = [
      .init(privateAddress: IPAddress("10.0.1.77")!)
    ]
    lab.routing = RoutingTables(topology: lab.topology)
    lab.publish()
    #expect(answer() == .forwarded(lab.port("vm1")))
  }

  @Test("N1: a changed rule governs new connections; those that are open go on")
  func change() {
    let lab = Fixture()
    SwitchTests.connect(lab, to: Fixture.web)
    lab.topology.securityGroups = [
      SecurityGroup(name: "nsg", rules: [Self.rule("nothing", .outbound, .deny)])
    ]
    lab.topology.networkInterfaces[0].securityGroup = 0
    lab.topology.subnets[0].securityGroup = 0
    lab.publish()
    let more = FrameBuilder("10.0.1.4", Fixture.web).tcp(
      40_000, 443, flags: [.ack], sequence: 1_051, acknowledgment: 9_701)
    #expect(lab.receive(more, from: "vm1").verdict == .forwarded(lab.port("internet")))
    #expect(verdict(lab, Fixture.web, sourcePort: 40_001) == .dropped(.securityGroupOutbound))
    // An ICMP error about the open connection passes with it.
    let seen = lab.outside("203.0.113.4", Fixture.web, by: "internet").tcp(
      40_000, 443, flags: [.ack], sequence: 1_051)
    let error = lab.outside(Fixture.web, "203.0.113.4", by: "internet")
      .error(type: 3, code: 4, rest: 1_400, quoting: seen)
    #expect(lab.receive(error, from: "internet").verdict == .forwarded(lab.port("vm1")))
  }

  @Test("N1: a connection that takes another way now is no new one for its sender's groups")
  func moved() {
    let lab = Fixture()
    SwitchTests.connect(lab, to: Fixture.web)
    lab.topology.securityGroups = [
      SecurityGroup(name: "nsg", rules: [Self.rule("nothing", .outbound, .deny)])
    ]
    lab.topology.networkInterfaces[0].securityGroup = 0
    Fixture.forceTunnel(&lab.topology)
    lab.routing = RoutingTables(topology: lab.topology)
    lab.publish()
    let more = FrameBuilder("10.0.1.4", Fixture.web).tcp(
      40_000, 443, flags: [.ack], sequence: 1_051, acknowledgment: 9_701)
    #expect(lab.receive(more, from: "vm1").verdict == .forwarded(lab.port("nva")))
    #expect(verdict(lab, Fixture.web, sourcePort: 40_001) == .dropped(.securityGroupOutbound))
  }

  @Test("N1: a group is swapped under traffic: each packet meets the old one or the new one")
  func swap() {
    // Both allow one port and deny the other: a mixture of the two would allow or deny both.
    let groups = [(80, 81), (81, 80)].map { allowed, denied in
      SecurityGroup(
        name: "nsg",
        rules: [
          Self.rule("yes", .outbound, .allow, ports: [UInt16(allowed)...UInt16(allowed)]),
          Self.rule(
            "no", .outbound, .deny, priority: 110, ports: [UInt16(denied)...UInt16(denied)]),
        ])
    }
    let lab = Fixture { topology in
      topology.securityGroups = [groups[0]]
      topology.subnets[0].securityGroup = 0
    }
    for round in 0..<200 {
      let allowed = UInt16(80 + round % 2)
      let source = UInt16(1_000 + round)
      #expect(
        verdict(lab, Fixture.web, port: allowed, sourcePort: source)
          == .forwarded(lab.port("internet")))
      #expect(
        verdict(lab, Fixture.web, port: 161 - allowed, sourcePort: source)
          == .dropped(.securityGroupOutbound))
      lab.topology.securityGroups = [groups[(round + 1) % 2]]
      lab.publish()
    }
  }

  @Test("N1: explain names each group's rule, and replay's detail the one that refused")
  func explained() {
    let lab = Self.lab(
      [Self.rule("no-web", .inbound, .deny, ports: [80...80])], subnet: 1
    ) { topology in
      topology.securityGroups.append(SecurityGroup(name: "sender"))
      topology.networkInterfaces[0].securityGroup = 1
    }
    let frame = FrameBuilder("10.0.1.4", "10.0.2.4").tcp(40_000, 80)
    let steps = frame.withUnsafeBytes { bytes in
      var copy = Array(bytes)
      return copy.withUnsafeMutableBytes { bytes in
        lab.path.explain(
          Frame(
            bytes: bytes.baseAddress!, length: bytes.count, wireLength: bytes.count,
            timestamp: lab.now), from: lab.port("vm1"))
      }
    }
    #expect(
      steps.steps.filter { $0.stage == "security-group" }.map(\.text) == [
        "N1: sender of NIC vm1, outbound: AllowVnetOutBound, priority 65000, allows",
        "N1: nsg of subnet vnet1/web, inbound: no-web, priority 100, denies",
      ])
    #expect(steps.verdictDetail == "security-group-inbound")
    _ = lab.receive(frame, from: "vm1")
    let rule = lab.output.details[0].securityRule
    #expect(rule.map { lab.path.snapshot.securityGroups.rule($0).name } == "no-web")
    // It says nothing of the next packet.
    _ = lab.receive(FrameBuilder("10.0.1.4", "10.0.2.99").tcp(1, 2), from: "vm1")
    #expect(lab.output.details[0].securityRule == nil)
  }

  @Test("N1: each rule counts the flows that it has decided on, and keeps its count in a reload")
  func hits() {
    let web = Self.rule("web", .outbound, .allow, ports: [443...443])
    let rest = Self.rule("rest", .outbound, .deny, priority: 200)
    let lab = Self.lab([web, rest], subnet: 0)
    for port in [443, 443, 444] as [UInt16] {
      for source in [1, 1] as [UInt16] {
        _ = verdict(lab, Fixture.web, port: port, sourcePort: source)
      }
    }
    // A second packet of a flow is counted nowhere; what is refused makes no flow.
    #expect(lab.path.counters.securityRules == ["nsg/web Outbound": 1, "nsg/rest Outbound": 2])
    var between = Self.rule("between", .outbound, .allow, priority: 50)
    between.priority = 150
    lab.topology.securityGroups[0].rules = [between, rest, web]
    lab.topology.securityGroups.insert(SecurityGroup(name: "first"), at: 0)
    lab.topology.subnets[0].securityGroup = 1
    lab.publish()
    _ = verdict(lab, Fixture.web, port: 444, sourcePort: 2)
    #expect(
      lab.path.counters.securityRules
        == ["nsg/web Outbound": 1, "nsg/rest Outbound": 2, "nsg/between Outbound": 1])
  }
}
