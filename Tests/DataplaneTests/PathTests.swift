import Dataplane
import TestSupport
import Testing
import Wire

@Suite("Accounting, routes and explanations of whole packets") struct PathTests {
  @Test("R5 R8: traffic from the gateway never takes an endpoint route")
  func gateway() {
    let lab = Fixture()
    for subnet in ["vnet1/app", "vnet1/web", "vnet1/nva"] {
      lab.switchEndpoints(["Microsoft.Storage"], of: subnet)
    }
    let public198 = lab.outside("198.51.100.200", Fixture.storage, by: "gateway")
    #expect(
      lab.receive(public198.tcp(1, 443), from: "gateway").verdict
        == .forwarded(lab.port("internet")))
    let private192 = lab.outside("192.168.10.1", Fixture.storage, by: "gateway")
    #expect(
      lab.receive(private192.tcp(1, 443), from: "gateway").verdict == .dropped(.noPublicAddress))
    #expect(lab.path.counters.byService.isEmpty)
    let inside = lab.outside("192.168.10.1", "10.0.1.4", by: "gateway")
    let (verdict, sent) = lab.receive(inside.tcp(1, 22), from: "gateway")
    #expect(verdict == .forwarded(lab.port("vm1")))
    #expect(sent.first?.frame.source == "192.168.10.1")
    #expect(
      lab.receive(
        FrameBuilder("10.0.1.4", "192.168.10.1").tcp(22, 1, flags: [.syn, .ack]), from: "vm1"
      ).verdict == .forwarded(lab.port("gateway")))
  }

  @Test("R8: platform traffic takes no endpoint route")
  func platform() {
    let lab = Fixture()
    lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    let disk = FrameBuilder("10.0.1.4", Fixture.storage).tcp(5_000, 443)
    let (verdict, sent) = lab.receive(disk, from: "vm1-platform")
    #expect(verdict == .forwarded(lab.port("internet")))
    #expect(sent.first?.frame.source == "203.0.113.4")
    #expect(lab.receive(disk, from: "vm1").verdict == .forwarded(lab.port("backbone")))
    // Its replies go back to where it came from, and a switch does not touch it.
    let reply = lab.outside(Fixture.storage, "203.0.113.4", by: "internet").tcp(
      443, 5_000, flags: [.syn, .ack])
    #expect(lab.receive(reply, from: "internet").verdict == .forwarded(lab.port("vm1-platform")))
    #expect(lab.switchEndpoints([], of: "vnet1/app").closed.map(\.egress) == ["backbone"])
  }

  @Test("R8: platform traffic has the host's address where that is known, and nothing else has it")
  func platformAddress() {
    let lab = Fixture {
      $0.networkInterfaces[0].platformAddress = IPAddress("203.0.113.129")
      $0.networkInterfaces[0].ipConfigurations[0].publicAddress = nil
    }
    let disk = FrameBuilder("10.0.1.4", Fixture.storage).tcp(5_000, 443)
    let (verdict, sent) = lab.receive(disk, from: "vm1-platform")
    #expect(verdict == .forwarded(lab.port("internet")), "although the NIC has no public address")
    #expect(sent.first?.frame.source == "203.0.113.129")
    #expect(lab.receive(disk, from: "vm1").verdict == .dropped(.noPublicAddress))
    let reply = lab.outside(Fixture.storage, "203.0.113.129", by: "internet").tcp(
      443, 5_000, flags: [.syn, .ack])
    let (back, received) = lab.receive(reply, from: "internet")
    #expect(back == .forwarded(lab.port("vm1-platform")))
    #expect(received.first?.frame.destination == "10.0.1.4")
    // Who takes the host's address is stopped where it begins: a guest, an appliance, on-premises.
    let stolen = FrameBuilder("203.0.113.129", Fixture.storage).tcp(5_001, 443)
    for port in ["vm1", "nva"] {
      #expect(lab.receive(stolen, from: port).verdict == .dropped(.spoofedSource))
    }
    let remote = lab.outside("203.0.113.129", Fixture.storage, by: "gateway").tcp(5_001, 443)
    #expect(lab.receive(remote, from: "gateway").verdict == .dropped(.spoofedSource))
  }

  @Test("R8: ICMP follows the ordinary route unless told otherwise", arguments: [false, true])
  func icmp(follows: Bool) {
    let lab = Fixture { $0.icmpFollowsEndpoints = follows }
    lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    #expect(
      lab.receive(FrameBuilder("10.0.1.4", Fixture.storage).echo(), from: "vm1").verdict
        == .forwarded(lab.port(follows ? "backbone" : "internet")))
  }

  @Test("R5: only the subnet that has the endpoint uses it")
  func scope() {
    let lab = Fixture()
    lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    #expect(
      lab.receive(FrameBuilder("10.0.2.4", Fixture.storage).tcp(1, 443), from: "vm2").verdict
        == .forwarded(lab.port("internet")))
    #expect(
      lab.receive(FrameBuilder("10.0.1.4", "20.61.99.196").tcp(1, 1433), from: "vm1").verdict
        == .forwarded(lab.port("internet")))
  }

  @Test("R2: routes to an appliance, to None, and to nobody")
  func userRoutes() {
    let lab = Fixture { topology in
      Fixture.forceTunnel(&topology)
      topology.routeTables[0].routes += [
        .init(
          name: "nowhere", destination: .prefix(IPPrefix("198.18.0.0/15")!), nextHopType: .none),
        .init(
          name: "missing", destination: .prefix(IPPrefix("198.51.0.0/16")!),
          nextHopType: .virtualAppliance, nextHopIPAddress: IPAddress("10.0.100.99")),
      ]
    }
    let verdict = { (target: String) in
      lab.receive(FrameBuilder("10.0.1.4", target).udp(1, 2), from: "vm1").verdict
    }
    #expect(verdict("8.8.8.8") == .forwarded(lab.port("nva")))
    #expect(verdict("198.18.0.1") == .dropped(.routeNone))
    #expect(verdict(Fixture.web) == .dropped(.nextHopUnknown))
    #expect(verdict("192.168.1.1") == .forwarded(lab.port("gateway")))
  }

  @Test("Received = forwarded + answered + dropped, whatever comes in")
  func balance() {
    let lab = Fixture()
    var random = SeededGenerator(seed: 42)
    let ports = lab.path.snapshot.ports.map(\.name)
    var count: UInt64 = 0
    for round in 0..<20_000 {
      var frame: [UInt8]
      switch random.next() % 4 {
      case 0:
        frame = (0..<Int(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      case 1:
        frame = FrameBuilder("10.0.1.4", Fixture.web).tcp(
          UInt16(truncatingIfNeeded: random.next()), 80,
          flags: TCPFlags(rawValue: UInt8(random.next() & 0x3f)))
      case 2:
        frame = FrameBuilder("10.0.1.4", "198.51.100.\(random.next() % 256)").udp(1, 2)
      default:
        frame = lab.outside(Fixture.web, "203.0.113.4", by: "internet").udp(2, 1)
      }
      // Damaged somewhere, and cut somewhere.
      if !frame.isEmpty, random.next() % 2 == 0 {
        frame[Int(random.next() % UInt64(frame.count))] ^= UInt8(1 << (random.next() % 8))
      }
      if random.next() % 8 == 0 { frame.removeLast(Int(random.next() % UInt64(frame.count + 1))) }
      let wire = frame.count + (random.next() % 16 == 0 ? 100 : 0)
      _ = lab.receive(
        frame, from: ports[Int(random.next() % UInt64(ports.count))], wireLength: wire)
      count += 1
      #expect(lab.output.verdicts.count == 1)
      if round % 1_000 == 0 {
        lab.now += 1_000_000_000
        lab.path.expireFlows(now: lab.now)
      }
    }
    #expect(lab.path.counters.totalReceived == count)
    #expect(lab.path.counters.isBalanced)
  }

  @Test("The flow table changes no byte: decided anew, every packet comes out the same")
  func withoutFlowTable() {
    var without = FlowLimits()
    without.usesFlowTable = false
    let labs = [Fixture(), Fixture(limits: without)]
    var random = SeededGenerator(seed: 7)
    for lab in labs { lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app") }
    for _ in 0..<3_000 {
      let port = UInt16(1_000 + random.next() % 20)
      let server = ["198.51.100.80", Fixture.storage, "10.0.2.4"][Int(random.next() % 3)]
      let flags = [TCPFlags.syn, .ack, [.ack, .fin], .rst][Int(random.next() % 4)]
      let isReply = random.next() % 2 == 0
      let results = labs.map { lab -> (Verdict, [[UInt8]]) in
        let way = server == "10.0.2.4" ? "vm2" : server == Fixture.storage ? "backbone" : "internet"
        let result =
          isReply
          ? lab.receive(
            lab.outside(server, way == "internet" ? "203.0.113.4" : "10.0.1.4", by: way)
              .tcp(80, port, flags: flags), from: way)
          : lab.receive(FrameBuilder("10.0.1.4", server).tcp(port, 80, flags: flags), from: "vm1")
        return (result.verdict, result.sent.map(\.frame.bytes))
      }
      #expect(results[0].0 == results[1].0)
      #expect(results[0].1 == results[1].1)
    }
  }

  @Test("Explain decides as forwarding does, says every step, and changes nothing")
  func explain() {
    let lab = Fixture(change: Fixture.forceTunnel)
    lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    for (target, verdict, detail) in [
      (Fixture.storage, "forwarded", "backbone"), (Fixture.web, "forwarded", "nva"),
      ("10.0.2.77", "dropped", "destination-unknown"),
    ] {
      let frame = FrameBuilder("10.0.1.4", target).tcp(1, 443)
      var vector = PacketVector()
      let fits = frame.withUnsafeBytes {
        vector.append($0, wireLength: frame.count, timestamp: lab.now)
      }
      #expect(fits)
      let explanation = lab.path.explain(vector[0], from: lab.port("vm1"))
      #expect(explanation.verdict == verdict)
      #expect(explanation.verdictDetail == detail)
      #expect(explanation.route?.candidates.isEmpty == false)
      #expect(explanation.route?.candidates.first?.lostBecause == nil)
      #expect(
        explanation.route?.candidates.dropFirst().allSatisfy { $0.lostBecause != nil } == true)
      #expect(Array(UnsafeRawBufferPointer(vector[0].buffer)) == frame)
      #expect(lab.path.counters.flows == 0)
      #expect(lab.path.counters.totalReceived == 0)
    }
  }
}
