import Model
import Testing
import Wire

@testable import Dataplane

@Suite("The service edge") struct EdgeTests {
  @Test(
    "I1 I2 F5: two networks with equal addresses and ports at one server, there and back",
    arguments: FarEnd.all)
  func twoNetworks(far: FarEnd) throws {
    // Both are admitted by one account.
    let lab = EdgeLab(far) { topology in
      topology.resources[2].firewall.virtualNetworkRules.append(
        .init(subnetID: topology.id(ofSubnet: topology.subnet(named: "twin/app")!)))
    }
    let first = EdgeConnection(lab, "vm1", to: EdgeLab.logs).open()
    let second = EdgeConnection(lab, "twin", to: EdgeLab.logs, sequence: 70_000).open()
    #expect(first.seen == "10.0.1.4")
    let translated = try #require(second.seen.flatMap { IPAddress($0) })
    #expect(IPPrefix("100.64.0.0/16")!.contains(translated))
    for (connection, other) in [(first, "twin"), (second, "vm1")] {
      let payload = Array("from \(connection.caller)".utf8)
      let request = connection.send(payload, flags: [.psh, .ack])
      #expect(request.served.first?.payload == payload)
      #expect(request.served.first?.checksumsHold == true)
      #expect(request.served.first?.hopLimit == 62)
      let answer = connection.reply(Array("to \(connection.caller)".utf8))
      #expect(answer.told.map(\.port) == [connection.caller] && other != connection.caller)
      let frame = try #require(answer.told.first?.frame)
      #expect(frame.payload == Array("to \(connection.caller)".utf8))
      #expect(frame.destination == "10.0.1.4" && frame.source == EdgeLab.logs)
      #expect(frame.checksumsHold && frame.destinationPort == 40_000)
    }
    // The same of UDP.
    for (caller, expected) in [("vm1", true), ("twin", false)] {
      let request = lab.from(caller, to: EdgeLab.logs) { $0.udp(5_000, 445, payload: [7]) }
      let source = try #require(request.served.first?.source)
      #expect((source == "10.0.1.4") == expected)
      let answer = lab.reply(EdgeLab.logs, to: source) { $0.udp(445, 5_000, payload: [8]) }
      #expect(answer.told.map(\.port) == [caller] && answer.told.first?.frame.payload == [8])
    }
    #expect(lab.edge.path.counters.isBalanced && lab.fabric.path.counters.isBalanced)
    #expect(
      lab.edge.path.counters.resourceRules == [
        "logs: virtualNetworkRules[0] vnet1/app": 2, "logs: virtualNetworkRules[1] twin/app": 2,
      ])
  }

  @Test(
    "I2: an error that a router behind the edge sends reaches the caller whose packet it quotes")
  func icmpError() throws {
    let lab = EdgeLab(FarEnd.all[3]) { topology in
      topology.resources[2].firewall.defaultAction = .allow
    }
    for caller in ["vm1", "twin"] {
      let request = lab.from(caller, to: EdgeLab.logs) { $0.udp(5_000, 445, payload: [7]) }
      let served = try #require(request.served.first)
      var router = lab.edge.outside("192.0.2.14", served.source, by: "services")
      router.dontFragment = true
      let error = lab.deliver(
        router.error(type: 3, code: 3, quoting: served.bytes), from: "services")
      #expect(error.told.map(\.port) == [caller])
      let frame = try #require(error.told.first?.frame)
      #expect(frame.transport == 1 && frame.checksumsHold && frame.destination == "10.0.1.4")
      // The packet inside is the caller's own again.
      let quoted = SeenFrame(
        [UInt8](repeating: 0, count: 12) + [8, 0] + frame.bytes[(frame.l4 + 8)...])
      #expect(quoted.source == "10.0.1.4" && quoted.destination == EdgeLab.logs)
    }
  }

  @Test("I2: when all addresses of ours are taken the connection is refused by name")
  func noAddressLeft() {
    let lab = EdgeLab { topology in
      topology.resources[2].firewall.defaultAction = .allow
      topology.edge!.translation = IPPrefix("100.64.0.0/30")!
      // Four networks with the same addresses.
      for index in 2..<4 {
        var network = topology.virtualNetworks[1]
        (network.name, network.id) = ("twin\(index)", UInt32(index + 1))
        topology.virtualNetworks.append(network)
        var subnet = topology.subnets[3]
        subnet.virtualNetwork = index
        topology.subnets.append(subnet)
        var nic = topology.networkInterfaces[4]
        (nic.name, nic.subnet) = ("twin\(index)", topology.subnets.count - 1)
        nic.ipConfigurations[0].publicAddress = IPAddress("203.0.113.\(20 + index)")
        nic.device = Device(name: nic.name)
        topology.networkInterfaces.append(nic)
      }
    }
    let verdicts = ["vm1", "twin", "twin2", "twin3"].map { caller in
      lab.from(caller, to: EdgeLab.logs) { $0.udp(5_000, 445) }.verdict
    }
    let served = Verdict.forwarded(lab.edge.port("services"))
    #expect(verdicts == [served, served, served, .dropped(.flowConflict)])
    #expect(lab.records.count == 3, "what never reached a server was not admitted")
  }

  @Test("I2: a new connection does not take the place of an equal one that is closing")
  func closing() {
    let lab = EdgeLab { $0.resources[2].firewall.defaultAction = .allow }
    let first = EdgeConnection(lab, "vm1", to: EdgeLab.logs).open()
    first.send(flags: [.fin, .ack])
    let second = EdgeConnection(lab, "twin", to: EdgeLab.logs).open()
    #expect(second.seen != "10.0.1.4", "the server may still have the first one's end to come")
    #expect(first.reply(flags: [.fin, .ack]).told.map(\.port) == ["vm1"])
  }

  @Test("I2: what is for no resource, and what servers begin")
  func unknown() {
    let lab = EdgeLab()
    #expect(
      lab.from("vm1", to: "20.60.26.200") { $0.tcp(1, 80) }.verdict == .dropped(.unknownResource))
    // No datagram says which of several is meant.
    #expect(
      lab.from("vm1", to: EdgeLab.shared) { $0.udp(1, 443) }.verdict == .dropped(.unknownResource))
    #expect(lab.reply(EdgeLab.logs, to: "10.0.1.4") { $0.tcp(80, 1) }.verdict == .dropped(.noFlow))
    #expect(
      lab.reply(EdgeLab.logs, to: "198.51.100.21") { $0.udp(80, 1) }.verdict == .dropped(.noFlow))
    #expect(lab.records.isEmpty)
  }

  @Test("I3: a virtual-network rule over the endpoint, an IP rule from the Internet, else denied")
  func rules() {
    let lab = EdgeLab()
    let served = Verdict.forwarded(lab.edge.port("services"))
    let verdict = { (caller: String, server: String) in
      lab.from(caller, to: server) { $0.udp(5_000, 445) }.verdict
    }
    #expect(verdict("vm1", EdgeLab.logs) == served)
    #expect(verdict("twin", EdgeLab.logs) == .dropped(.resourceFirewall))
    #expect(verdict("vm2", EdgeLab.logs) == .dropped(.resourceFirewall))
    #expect(verdict("198.51.100.21", EdgeLab.logs) == served)
    #expect(verdict("198.51.100.22", EdgeLab.logs) == .dropped(.resourceFirewall))
    #expect(verdict("twin", EdgeLab.orders) == served)
    #expect(verdict("vm1", EdgeLab.orders) == .dropped(.resourceFirewall))
    // A ping is a request like any other.
    let ping = lab.from("198.51.100.22", to: EdgeLab.logs) { $0.echo() }
    #expect(ping.verdict == .dropped(.resourceFirewall))
    #expect(lab.from("198.51.100.21", to: EdgeLab.logs) { $0.echo() }.verdict == served)
    #expect(
      lab.edge.path.counters.resourceRules == [
        "logs: virtualNetworkRules[0] vnet1/app": 1, "logs: ipRules[0] 198.51.100.21": 2,
        "logs: defaultAction Deny": 4, "orders: virtualNetworkRules[0] twin/app": 1,
        "orders: defaultAction Deny": 1,
      ])
    #expect(lab.edge.path.counters.isBalanced)
  }

  @Test("I3: publicNetworkAccess and another tenant deny, the default action Allow admits")
  func otherRules() {
    let lab = EdgeLab { topology in
      topology.resources[2].firewall.isPublic = false
      topology.resources[3].tenant = "contoso"
      topology.virtualNetworks[1].tenant = "fabrikam"
    }
    let verdict = { (caller: String, server: String) in
      lab.from(caller, to: server) { $0.udp(5_000, 445) }.verdict
    }
    #expect(verdict("vm1", EdgeLab.logs) == .dropped(.resourceFirewall))
    #expect(verdict("twin", EdgeLab.orders) == .dropped(.resourceFirewall))
    #expect(
      lab.records.map(\.sentence) == [
        "denied by publicNetworkAccess, which is Disabled",
        "denied by the default action Deny; the virtual-network rule for twin/app is for the resource's tenant alone",
      ])
  }

  @Test("I1: nobody takes another's identity", arguments: FarEnd.all)
  func spoofed(far: FarEnd) {
    let lab = EdgeLab(far)
    let backbone = lab.edge.path.snapshot.ports[Int(lab.edge.port("backbone").index)]
    // The frame of vm1 to the edge, changed by whoever has the backbone in hand.
    var builder = FrameBuilder("10.0.1.4", EdgeLab.logs)
    builder.sourceMAC = MACAddress(0x0200_0a00_0104)
    let (_, sent) = lab.fabric.receive(builder.udp(5_000, 445), from: "vm1")
    let good = sent[0].frame.bytes
    #expect(lab.deliver(good, from: "backbone").served.count == 1)
    // As it is without the encapsulation: an address proves nothing.
    var bare = FrameBuilder("10.0.2.4", EdgeLab.logs)
    (bare.sourceMAC, bare.destinationMAC) = (backbone.peerMACAddress, backbone.macAddress)
    #expect(
      lab.deliver(bare.udp(5_000, 445), from: "backbone").verdict == .dropped(.notEncapsulated))
    // A source outside of the subnet whose identity it has: another guest's, by its own fabric.
    let other = EdgeLab(far) { $0.subnets[0].addressPrefixes = [IPPrefix("10.0.9.0/24")!] }
    #expect(other.deliver(good, from: "backbone").verdict == .dropped(.spoofedSource))
    if far.outer != .none {
      // The other network's identifier, with the first one's prefix or MAC address.
      var foreign = good
      foreign[14 + 20 + (far.outer == .vxlan ? 14 : 6)] = 2
      #expect(lab.deliver(foreign, from: "backbone").verdict == .dropped(.unknownIdentity))
    }
    if !far.isServiceTunnel {
      // A MAC address that is no subnet's.
      var foreign = good
      foreign[14 + 20 + 16 + 6 + 5] ^= 0x40
      #expect(lab.deliver(foreign, from: "backbone").verdict == .dropped(.unknownIdentity))
    }
    #expect(lab.edge.path.counters.isBalanced)
  }

  @Test("I1: subnets that share a prefix are told apart by address")
  func sharedPrefix() {
    let prefix = OverlayPrefix(IPPrefix("fd00:1::/96")!)!
    let lab = EdgeLab { topology in
      topology.worldPorts[2].encapsulation!.prefixes = [0: prefix, 1: prefix]
      topology.edge = EdgeLab.edge(topology)
      topology.resources[3].firewall.virtualNetworkRules[0].subnetID = topology.id(ofSubnet: 1)
    }
    for (caller, server) in [("vm1", EdgeLab.logs), ("vm2", EdgeLab.orders)] {
      let request = lab.from(caller, to: server) { $0.udp(5_000, 445) }
      #expect(request.served.count == 1, "\(caller): \(request.verdict)")
      let answer = lab.reply(server, to: request.served.first?.source ?? "192.0.2.1") {
        $0.udp(445, 5_000)
      }
      #expect(answer.told.map(\.port) == [caller])
    }
    #expect(lab.records.map(\.subnet) == ["vnet1/app", "vnet1/web"])
  }

  @Test("I1: without an encapsulation an address is an identity where only one subnet has it")
  func noEncapsulation() {
    let lab = EdgeLab(nil) { topology in
      topology.resources[2].firewall.virtualNetworkRules[0].subnetID = topology.id(ofSubnet: 1)
    }
    let request = lab.from("vm2", to: EdgeLab.logs) { $0.udp(5_000, 445) }
    #expect(request.served.count == 1)
    let answer = lab.reply(EdgeLab.logs, to: "10.0.2.4") { $0.udp(445, 5_000) }
    #expect(answer.told.map(\.port) == ["vm2"])
    #expect(
      lab.from("vm1", to: EdgeLab.logs) { $0.udp(5_000, 445) }.verdict
        == .dropped(.unknownIdentity))
  }

  @Test("I3: private addresses do not come from the Internet; IPv6 is a caller like others")
  func fromInternet() throws {
    let lab = EdgeLab { topology in
      topology.resources[2].firewall.defaultAction = .allow
      topology.resources[2].addresses.append(IPAddress("2001:db8:9::9")!)
    }
    for source in ["10.0.1.4", "100.64.0.1", "192.168.1.1"] {
      #expect(
        lab.from(source, to: EdgeLab.logs) { $0.udp(1, 2) }.verdict == .dropped(.spoofedSource))
    }
    let request = lab.from("2001:db8:77::1", to: "2001:db8:9::9") { $0.udp(1, 2, payload: [3]) }
    #expect(request.served.first?.source == "2001:db8:77::1")
    let answer = lab.reply("2001:db8:9::9", to: "2001:db8:77::1") { $0.udp(2, 1, payload: [4]) }
    #expect(answer.told.map(\.port) == ["internet"])
    #expect(answer.told.first?.frame.checksumsHold == true)
    let denied = EdgeLab { topology in
      topology.resources[2].addresses.append(IPAddress("2001:db8:9::9")!)
    }.from("2001:db8:77::1", to: "2001:db8:9::9") { $0.tcp(1, 443, sequence: 5) }
    #expect(denied.verdict == .answered(.denied))
    let reset = try #require(denied.told.first?.frame)
    #expect(reset.flags == [.rst, .ack] && reset.acknowledgment == 6 && reset.checksumsHold)
  }

  @Test("F2: fragments follow their first one's verdict")
  func fragments() {
    let lab = EdgeLab(FarEnd.all[3])
    let piece = { (caller: String, offset: Int, more: Bool) in
      lab.from(caller, to: EdgeLab.logs) { builder in
        var builder = builder
        (builder.dontFragment, builder.moreFragments) = (false, more)
        builder.fragmentOffset = offset
        guard offset > 0 else {
          return builder.udp(5_000, 445, payload: Array(repeating: 1, count: 24))
        }
        return builder.frame(17, Array(repeating: 2, count: 8))
      }
    }
    #expect(piece("vm1", 0, true).served.count == 1)
    #expect(piece("vm1", 32, false).served.count == 1)
    #expect(piece("198.51.100.22", 0, true).verdict == .dropped(.resourceFirewall))
    #expect(piece("198.51.100.22", 32, false).verdict == .dropped(.resourceFirewall))
  }

  @Test(
    "I2: the fast path takes admitted flows, in both directions and the same way",
    arguments: FarEnd.all)
  func fastPath(far: FarEnd) {
    let lab = EdgeLab(far)
    let connection = EdgeConnection(lab, "vm1", to: EdgeLab.shared).open()
    let steady = {
      lab.edge.path.flows(now: lab.edge.now).count == 1
        && lab.edge.path.table[0].forward.isSteady && lab.edge.path.table[0].reverse.isSteady
    }
    #expect(!steady(), "nothing passes unread before the verdict")
    connection.send(httpRequest(EdgeLab.alpha))
    #expect(!steady(), "nor before the server has what was read")
    #expect(connection.reply().told.count == 1)
    #expect(steady())
    #expect(connection.send([1, 2, 3]).served.first?.payload == [1, 2, 3])
    #expect(connection.reply([4]).told.first?.frame.payload == [4])
    #expect(lab.edge.path.inspections.count == 0)
    #expect(lab.edge.path.counters.byService["Microsoft.Storage"] ?? 0 > 0)
  }

  @Test(
    "I3: an explanation at the edge names identity, resource and rule, and ends like the packet")
  func explain() {
    let lab = EdgeLab()
    let explain = { (source: String, server: String, isTCP: Bool) in
      let builder = lab.edge.outside(source, server, by: "internet")
      return lab.edge.explain(isTCP ? builder.tcp(1, 443) : builder.udp(1, 443), from: "internet")
    }
    let admitted = explain("198.51.100.21", EdgeLab.logs, true)
    #expect(admitted.verdict == "forwarded" && admitted.egress == "services")
    #expect(admitted.steps.contains { $0.text == "I3: admitted by the IP rule 198.51.100.21" })
    let denied = explain("198.51.100.22", EdgeLab.logs, true)
    #expect(denied.verdict == "answered" && denied.verdictDetail == "denied")
    #expect(denied.steps.contains { $0.text.hasPrefix("I3: denied by the default action Deny") })
    let dropped = explain("198.51.100.22", EdgeLab.logs, false)
    #expect(dropped.verdict == "dropped" && dropped.verdictDetail == "resource-firewall")
    let awaited = explain("198.51.100.22", EdgeLab.shared, true)
    #expect(awaited.steps.contains { $0.text.contains("the host name will say which is meant") })
    #expect(lab.records.isEmpty && lab.edge.path.counters.resourceRules.isEmpty)
  }
}
