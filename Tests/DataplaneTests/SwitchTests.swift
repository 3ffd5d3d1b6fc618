import Dataplane
import Testing
import Wire

@Suite("F3: the switch") struct SwitchTests {
  /// A connection of vm1 to `server`, established, with data both ways; by which port it left.
  static func connect(
    _ lab: Fixture, to server: String, port: UInt16 = 40_000, by way: String = "internet",
    as seen: String = "203.0.113.4"
  ) {
    let client = FrameBuilder("10.0.1.4", server)
    #expect(
      lab.receive(client.tcp(port, 443, sequence: 1_000), from: "vm1").verdict
        == .forwarded(lab.port(way)))
    let answer = lab.outside(server, seen, by: way)
    _ = lab.receive(
      answer.tcp(443, port, flags: [.syn, .ack], sequence: 9_000, acknowledgment: 1_001), from: way)
    _ = lab.receive(
      client.tcp(
        port, 443, flags: [.ack, .psh], sequence: 1_001, acknowledgment: 9_001,
        payload: Array(repeating: 1, count: 50)), from: "vm1")
    _ = lab.receive(
      answer.tcp(
        443, port, flags: [.ack], sequence: 9_001, acknowledgment: 1_051,
        payload: Array(repeating: 2, count: 700)), from: way)
  }

  @Test("F3: enabling closes the open connections to the service with a reset to each side")
  func enable() throws {
    let lab = Fixture()
    Self.connect(lab, to: Fixture.storage)
    Self.connect(lab, to: Fixture.web, port: 41_000)
    let report = lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    #expect(report.closed.map(\.source) == ["10.0.1.4:40000"])
    #expect(report.closed.map(\.destination) == ["\(Fixture.storage):443"])
    #expect(report.closed.map(\.service) == ["Microsoft.Storage"])
    #expect(report.closed.map(\.egress) == ["internet"])

    let sent = lab.sent
    #expect(sent.allSatisfy { $0.frame.flags.contains(.rst) && $0.frame.checksumsHold })
    let toClient = sent.filter { $0.port == "vm1" }.map(\.frame)
    let toServer = sent.filter { $0.port == "internet" }.map(\.frame)
    #expect(toClient.count + toServer.count == sent.count)
    // What each side expects next is what it has been sent, or what it has acknowledged if some was lost.
    #expect(toClient.map(\.sequence) == [9_701, 9_001])
    #expect(toClient.allSatisfy { $0.source == Fixture.storage && $0.destination == "10.0.1.4" })
    #expect(toServer.map(\.sequence) == [1_051])
    #expect(toServer.allSatisfy { $0.source == "203.0.113.4" && $0.acknowledgment == 9_701 })
  }

  @Test("F3: no other flow is touched")
  func others() {
    let lab = Fixture()
    Self.connect(lab, to: Fixture.web, port: 41_000)
    lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    #expect(lab.sent.isEmpty)
    let more = FrameBuilder("10.0.1.4", Fixture.web).tcp(
      41_000, 443, flags: [.ack], sequence: 1_051, acknowledgment: 9_701)
    let (verdict, sent) = lab.receive(more, from: "vm1")
    #expect(verdict == .forwarded(lab.port("internet")))
    #expect(sent.first?.frame.source == "203.0.113.4")
    #expect(lab.path.counters.flows == 1)
  }

  @Test(
    "F3: late packets of a closed connection are answered with a reset, new ones use the new path")
  func late() throws {
    let lab = Fixture()
    Self.connect(lab, to: Fixture.storage)
    lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    let (verdict, sent) = lab.receive(
      FrameBuilder("10.0.1.4", Fixture.storage).tcp(
        40_000, 443, flags: [.ack], sequence: 1_051, acknowledgment: 9_333), from: "vm1")
    #expect(verdict == .answered(.reset))
    let reset = try #require(sent.first)
    #expect(reset.port == "vm1")
    #expect(reset.frame.flags.contains(.rst))
    #expect(reset.frame.sequence == 9_333)
    #expect(reset.frame.checksumsHold)
    // The server's side, on the old way.
    let (late, back) = lab.receive(
      lab.outside(Fixture.storage, "203.0.113.4", by: "internet").tcp(
        443, 40_000, flags: [.ack], sequence: 9_701, acknowledgment: 1_051), from: "internet")
    #expect(late == .answered(.reset))
    #expect(back.first?.port == "internet")
    #expect(back.first?.frame.sequence == 1_051)
    // A reset is not answered with a reset.
    let (quiet, none) = lab.receive(
      lab.outside(Fixture.storage, "203.0.113.4", by: "internet").tcp(
        443, 40_000, flags: .rst, sequence: 9_701), from: "internet")
    #expect(quiet == .dropped(.flowClosed))
    #expect(none.isEmpty)
    // The same ports again: a new connection, by the backbone.
    Self.connect(lab, to: Fixture.storage, by: "backbone", as: "10.0.1.4")
    #expect(lab.path.counters.isBalanced)
  }

  @Test("F3: a connection that both sides have ended is not closed once more")
  func ended() {
    let lab = Fixture()
    Self.connect(lab, to: Fixture.storage)
    _ = lab.receive(
      FrameBuilder("10.0.1.4", Fixture.storage).tcp(
        40_000, 443, flags: [.fin, .ack], sequence: 1_051, acknowledgment: 9_701), from: "vm1")
    _ = lab.receive(
      lab.outside(Fixture.storage, "203.0.113.4", by: "internet").tcp(
        443, 40_000, flags: [.fin, .ack], sequence: 9_701, acknowledgment: 1_052), from: "internet")
    let report = lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    #expect(report.closed.isEmpty)
    #expect(lab.sent.isEmpty)
    #expect(lab.path.counters.flows == 0)
  }

  @Test("F3: disabling closes them just the same")
  func disable() {
    let lab = Fixture()
    lab.switchEndpoints(["Microsoft.Storage", "Microsoft.Sql"], of: "vnet1/app")
    Self.connect(lab, to: Fixture.storage, by: "backbone", as: "10.0.1.4")
    Self.connect(lab, to: "20.61.99.196", port: 42_000, by: "backbone", as: "10.0.1.4")
    let report = lab.switchEndpoints(["Microsoft.Sql"], of: "vnet1/app")
    #expect(report.closed.map(\.egress) == ["backbone"])
    #expect(report.closed.map(\.service) == ["Microsoft.Storage"])
    #expect(report.flowsKept == 1)
    #expect(Set(lab.sent.map(\.port)) == ["vm1", "backbone"])
    Self.connect(lab, to: Fixture.storage, by: "internet")
  }

  @Test("F3: behind an appliance both legs are closed, and it is one connection")
  func appliance() {
    let lab = Fixture(change: Fixture.forceTunnel)
    let client = FrameBuilder("10.0.1.4", Fixture.storage)
    #expect(
      lab.receive(client.tcp(40_000, 443), from: "vm1").verdict == .forwarded(lab.port("nva")))
    #expect(
      lab.receive(client.tcp(40_000, 443), from: "nva").verdict == .forwarded(lab.port("internet")))
    let reply = lab.outside(Fixture.storage, "203.0.113.4", by: "internet")
      .tcp(443, 40_000, flags: [.syn, .ack], sequence: 9_000, acknowledgment: 1)
    // Back the way it came, by the appliance.
    #expect(lab.receive(reply, from: "internet").verdict == .forwarded(lab.port("nva")))
    let inner = FrameBuilder(Fixture.storage, "10.0.1.4")
      .tcp(443, 40_000, flags: [.syn, .ack], sequence: 9_000, acknowledgment: 1)
    #expect(lab.receive(inner, from: "nva").verdict == .forwarded(lab.port("vm1")))

    let report = lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    #expect(report.closed.count == 1)
    #expect(report.closed.first?.egress == "nva")
    #expect(Set(lab.sent.map(\.port)) == ["vm1", "nva", "internet"])
  }

  @Test("F3: a flow of another protocol is forgotten and decided anew")
  func datagrams() {
    let lab = Fixture()
    let request = FrameBuilder("10.0.1.4", Fixture.storage).udp(5_000, 445)
    #expect(lab.receive(request, from: "vm1").verdict == .forwarded(lab.port("internet")))
    let report = lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    #expect(report.closed.isEmpty)
    #expect(report.otherFlowsRemoved == 1)
    #expect(lab.receive(request, from: "vm1").verdict == .forwarded(lab.port("backbone")))
  }

  @Test("F3: a route that changes moves a flow without closing it")
  func otherRoute() {
    let lab = Fixture()
    Self.connect(lab, to: Fixture.web)
    Fixture.forceTunnel(&lab.topology)
    lab.routing = .init(topology: lab.topology)
    let report = lab.publish()
    #expect(report.closed.isEmpty)
    #expect(lab.sent.isEmpty)
    let more = FrameBuilder("10.0.1.4", Fixture.web).tcp(
      40_000, 443, flags: [.ack], sequence: 1_051, acknowledgment: 9_701)
    #expect(lab.receive(more, from: "vm1").verdict == .forwarded(lab.port("nva")))
  }

  @Test("R3 F4: a more specific route to the same neighbour leaves an established flow as it is")
  func sameWay() {
    let lab = Fixture()
    lab.routing.announce(
      .init(
        virtualNetwork: 0, prefix: IPPrefix("198.51.100.0/24")!,
        nextHop: IPAddress("169.254.4.2")))
    lab.publish()
    let client = FrameBuilder("10.0.1.4", Fixture.web)
    _ = lab.receive(client.tcp(1, 80), from: "vm1")
    _ = lab.receive(
      lab.outside(Fixture.web, "10.0.1.4", by: "gateway").tcp(80, 1, flags: [.syn, .ack]),
      from: "gateway")
    _ = lab.receive(client.tcp(1, 80, flags: .ack, sequence: 1), from: "vm1")
    #expect(lab.path.counters.flowsByState == ["established": 1])
    lab.routing.announce(
      .init(
        virtualNetwork: 0, prefix: IPPrefix("198.51.100.80/32")!,
        nextHop: IPAddress("169.254.4.2")))
    lab.publish()
    #expect(
      lab.receive(client.tcp(1, 80, flags: .ack, sequence: 1), from: "vm1").verdict
        == .forwarded(lab.port("gateway")))
    #expect(lab.output.details[0].route?.prefix == IPPrefix("198.51.100.80/32")!)
    #expect(lab.path.counters.flowsByState == ["established": 1])
  }

  @Test("A reload that moves ports keeps flows by name")
  func moved() {
    let lab = Fixture()
    Self.connect(lab, to: Fixture.web)
    lab.topology.networkInterfaces.removeAll { $0.name == "hidden" }
    lab.topology.networkInterfaces.swapAt(1, 2)
    lab.routing = .init(topology: lab.topology)
    let before = lab.path.counters
    lab.publish()
    #expect(lab.path.counters.flows == 1)
    #expect(lab.path.counters.totalReceived == before.totalReceived)
    let reply = lab.outside(Fixture.web, "203.0.113.4", by: "internet").tcp(
      443, 40_000, flags: [.ack], sequence: 9_701, acknowledgment: 1_051)
    #expect(lab.receive(reply, from: "internet").verdict == .forwarded(lab.port("vm1")))
  }
}
