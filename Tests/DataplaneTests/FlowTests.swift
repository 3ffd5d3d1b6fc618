import Dataplane
import Testing
import Wire

@Suite("F4: flows") struct FlowTests {
  static let second: UInt64 = 1_000_000_000

  @Test("F4: what no flow admits from outside is dropped", arguments: ["internet", "backbone"])
  func outside(port: String) {
    let lab = Fixture()
    let builder = lab.outside(
      port == "internet" ? Fixture.web : Fixture.storage,
      port == "internet" ? "203.0.113.4" : "10.0.1.4", by: port)
    for frame in [
      builder.tcp(443, 40_000), builder.tcp(443, 40_000, flags: [.syn, .ack]),
      builder.udp(53, 40_000), builder.echo(),
    ] {
      let (verdict, sent) = lab.receive(frame, from: port)
      #expect(verdict == .dropped(.noFlow))
      #expect(sent.isEmpty)
    }
  }

  @Test("F4: a reply is only what matches in every part of the key")
  func exact() {
    let lab = Fixture()
    _ = lab.receive(FrameBuilder("10.0.1.4", Fixture.web).udp(4_000, 53), from: "vm1")
    let right = lab.outside(Fixture.web, "203.0.113.4", by: "internet")
    #expect(lab.receive(right.udp(53, 4_001), from: "internet").verdict == .dropped(.noFlow))
    #expect(lab.receive(right.udp(54, 4_000), from: "internet").verdict == .dropped(.noFlow))
    #expect(lab.receive(right.tcp(53, 4_000), from: "internet").verdict == .dropped(.noFlow))
    let other = lab.outside("198.51.100.81", "203.0.113.4", by: "internet")
    #expect(lab.receive(other.udp(53, 4_000), from: "internet").verdict == .dropped(.noFlow))
    #expect(
      lab.receive(right.udp(53, 4_000), from: "internet").verdict == .forwarded(lab.port("vm1")))
  }

  @Test("F4: idle times depend on the state")
  func idle() {
    let lab = Fixture()
    let client = FrameBuilder("10.0.1.4", Fixture.web)
    _ = lab.receive(client.tcp(1, 80), from: "vm1")
    _ = lab.receive(client.udp(2, 53), from: "vm1")
    _ = lab.receive(client.echo(), from: "vm1")
    SwitchTests.connect(lab, to: Fixture.web, port: 3)
    #expect(
      lab.path.counters.flowsByState
        == ["opening": 1, "unanswered": 1, "icmp": 1, "established": 1])
    func after(_ seconds: UInt64) -> [String: Int] {
      lab.path.expireFlows(now: lab.now + seconds * Self.second)
      return lab.path.counters.flowsByState
    }
    #expect(after(29).count == 4)
    #expect(after(31) == ["unanswered": 1, "icmp": 1, "established": 1])
    #expect(after(61) == ["unanswered": 1, "established": 1])
    #expect(after(121) == ["established": 1])
    #expect(after(7_439) == ["established": 1])
    #expect(after(7_441) == [:])
  }

  @Test("F4: a FIN or a reset ends a connection soon")
  func closing() {
    for flags in [TCPFlags.rst, [.fin, .ack]] {
      let lab = Fixture()
      SwitchTests.connect(lab, to: Fixture.web)
      _ = lab.receive(
        FrameBuilder("10.0.1.4", Fixture.web).tcp(
          40_000, 443, flags: flags, sequence: 1_051, acknowledgment: 9_701), from: "vm1")
      #expect(lab.path.counters.flowsByState == ["closing": 1])
      lab.path.expireFlows(now: lab.now + 241 * Self.second)
      #expect(lab.path.counters.flows == 0)
    }
  }

  @Test("F4: a flood of SYNs evicts only its own kind")
  func flood() {
    var limits = FlowLimits()
    limits.maximumFlows = 100
    let lab = Fixture(limits: limits)
    for port in 0..<60 { SwitchTests.connect(lab, to: Fixture.web, port: 50_000 + UInt16(port)) }
    for port in 0..<5_000 {
      let verdict = lab.receive(
        FrameBuilder("10.0.1.4", Fixture.web).tcp(UInt16(1 + port), 80), from: "vm1"
      ).verdict
      #expect(verdict == .forwarded(lab.port("internet")))
    }
    #expect(lab.path.counters.flowsByState == ["established": 60, "opening": 40])
    #expect(lab.path.counters.flowsEvicted == 4_960)
    #expect(lab.path.counters.isBalanced)
  }

  @Test("F4: a table full of established connections refuses more, by name")
  func full() {
    var limits = FlowLimits()
    limits.maximumFlows = 10
    let lab = Fixture(limits: limits)
    for port in 0..<10 { SwitchTests.connect(lab, to: Fixture.web, port: 50_000 + UInt16(port)) }
    #expect(
      lab.receive(FrameBuilder("10.0.1.4", Fixture.web).tcp(1, 80), from: "vm1").verdict
        == .dropped(.flowTableFull))
    // The old ones go on.
    #expect(
      lab.receive(
        FrameBuilder("10.0.1.4", Fixture.web).tcp(50_003, 443, flags: [.ack], sequence: 1_051),
        from: "vm1"
      ).verdict == .forwarded(lab.port("internet")))
  }

  @Test("F4: replies that take another way are flows of their own")
  func asymmetric() {
    // Only app is forced through the appliance: vm2's replies come straight back, as in Azure.
    let lab = Fixture(change: Fixture.forceTunnel)
    lab.topology.routeTables[0].routes.append(
      .init(
        name: "web", destination: .prefix(IPPrefix("10.0.2.0/24")!),
        nextHopType: .virtualAppliance, nextHopIPAddress: IPAddress("10.0.100.4")))
    lab.routing = .init(topology: lab.topology)
    lab.publish()
    let request = FrameBuilder("10.0.1.4", "10.0.2.4").tcp(1, 80)
    #expect(lab.receive(request, from: "vm1").verdict == .forwarded(lab.port("nva")))
    #expect(lab.receive(request, from: "nva").verdict == .forwarded(lab.port("vm2")))
    let reply = FrameBuilder("10.0.2.4", "10.0.1.4").tcp(80, 1, flags: [.syn, .ack])
    #expect(lab.receive(reply, from: "vm2").verdict == .forwarded(lab.port("vm1")))
    #expect(lab.path.counters.flows == 3)
  }
}
