import Model
import Testing
import Wire

@testable import Dataplane

@Suite("Endpoint traffic in tunnels") struct TunnelTests {
  private func client(_ nic: String) -> FrameBuilder {
    var builder = FrameBuilder("10.0.1.4", Fixture.storage)
    if nic == "twin" { builder.sourceMAC = MACAddress(0x0200_0a00_0106) }
    return builder
  }

  @Test(
    "I1 F5: two networks with one private address talk to one service at once, told apart by it",
    arguments: FarEnd.all)
  func overlap(far: FarEnd) throws {
    let lab = far.lab()
    var identities: Set<String> = []
    // The same ports, too: all that differs is the network.
    for round in 0..<3 {
      for (vni, nic) in [(1, "vm1"), (2, "twin")] as [(UInt32, String)] {
        let (verdict, sent) = lab.receive(
          client(nic).udp(4_000, 443, payload: [1, 2, UInt8(round)]), from: nic)
        #expect(verdict == .forwarded(lab.port("backbone")))
        let seen = try far.read(try #require(sent.first))
        #expect(seen.vni == (far.outer == .none ? nil : Int(vni)))
        #expect(seen.inner.source == far.overlay("10.0.1.4", of: FarEnd.prefixes[nic]!))
        #expect(seen.inner.destination == far.overlay(Fixture.storage, of: FarEnd.services))
        #expect(seen.inner.hopLimit == 63)
        #expect(seen.inner.checksumsHold)
        #expect(seen.inner.payload == [1, 2, UInt8(round)])
        identities.insert(seen.identity)
      }
      for (vni, nic) in [(1, "vm1"), (2, "twin")] as [(UInt32, String)] {
        let reply = far.frame(
          Fixture.storage, to: "10.0.1.4", prefix: FarEnd.prefixes[nic]!, vni: vni
        ) { $0.udp(443, 4_000, payload: [7, UInt8(vni)]) }
        let (verdict, sent) = lab.receive(reply, from: "backbone")
        #expect(verdict == .forwarded(lab.port(nic)))
        let frame = try #require(sent.first).frame
        #expect(sent.first?.port == nic)
        #expect(frame.source == Fixture.storage && frame.destination == "10.0.1.4")
        #expect(frame.payload == [7, UInt8(vni)])
        #expect(frame.checksumsHold && frame.hopLimit == 63)
      }
    }
    #expect(identities.count == 2)
    #expect(lab.path.counters.isBalanced)
    #expect(lab.path.counters.flows == 2)
    #expect(lab.path.counters.received["backbone"]?.packets == 6)
    #expect(lab.path.counters.transmitted["backbone"]?.packets == 6)
    #expect(Set(lab.path.flows(now: lab.now).map(\.virtualNetwork)) == ["vnet1", "twin"])
  }

  @Test("F5: without an encapsulation the second of two equal flows is refused by name")
  func none() {
    let lab = Fixture { topology in
      for subnet in [0, 3] {
        topology.subnets[subnet].serviceEndpoints = [ServiceEndpoint(service: "Microsoft.Storage")]
      }
    }
    #expect(
      lab.receive(client("vm1").udp(4_000, 443), from: "vm1").verdict
        == .forwarded(lab.port("backbone")))
    #expect(
      lab.receive(client("twin").udp(4_000, 443), from: "twin").verdict == .dropped(.flowConflict))
  }

  @Test("I1: subnets of a network have identities of their own", arguments: FarEnd.all)
  func subnets(far: FarEnd) throws {
    let lab = far.lab()
    var identities: Set<String> = []
    for (nic, source, mac) in [
      ("vm1", "10.0.1.4", 0x0200_0a00_0104), ("vm2", "10.0.2.4", 0x0200_0a00_0204),
    ] as [(String, String, UInt64)] {
      var builder = FrameBuilder(source, Fixture.storage)
      builder.sourceMAC = MACAddress(mac)
      let (_, sent) = lab.receive(builder.udp(4_000, 443), from: nic)
      let seen = try far.read(try #require(sent.first))
      identities.insert(seen.identity)
    }
    #expect(identities.count == 2)
    // The answer of VXLAN names the network alone; that of a service tunnel the subnet.
    let region = Region("westeurope").number
    let second = NetworkIdentity(region: region, network: 1, subnet: 2).prefix.prefix.address
    let reply = far.frame(
      Fixture.storage, to: "10.0.2.4", prefix: second.description, vni: 1
    ) { $0.udp(443, 4_000) }
    #expect(lab.receive(reply, from: "backbone").verdict == .forwarded(lab.port("vm2")))
  }

  @Test("I1: an identity that no network owns, and what is not encapsulated", arguments: FarEnd.all)
  func unknown(far: FarEnd) {
    let lab = far.lab()
    _ = lab.receive(client("vm1").udp(4_000, 443), from: "vm1")
    func reply(_ service: String = Fixture.storage, prefix: String, vni: UInt32) -> Verdict {
      let frame = far.frame(service, to: "10.0.1.4", prefix: prefix, vni: vni) {
        $0.udp(443, 4_000)
      }
      return lab.receive(frame, from: "backbone").verdict
    }
    let own = FarEnd.prefixes["vm1"]!
    #expect(reply(prefix: own, vni: 1) == .forwarded(lab.port("vm1")))
    if far.isServiceTunnel {
      #expect(reply(prefix: "fd53:504c:1:2:3:4::", vni: 1) == .dropped(.unknownIdentity))
      #expect(reply(prefix: FarEnd.services, vni: 1) == .dropped(.unknownIdentity))
    }
    if far.outer != .none {
      #expect(reply(prefix: own, vni: 3) == .dropped(.unknownIdentity))
      // Two identities in one packet that contradict each other.
      #expect(
        reply(prefix: own, vni: 2) == .dropped(far.isServiceTunnel ? .unknownIdentity : .noFlow))
    }
    let bare = lab.outside(Fixture.storage, "10.0.1.4", by: "backbone").udp(443, 4_000)
    #expect(lab.receive(bare, from: "backbone").verdict == .dropped(.notEncapsulated))
    // Nothing from outside makes a flow.
    let stranger = far.frame(Fixture.storage, to: "10.0.1.4", prefix: own, vni: 1) {
      $0.udp(443, 4_001)
    }
    #expect(lab.receive(stranger, from: "backbone").verdict == .dropped(.noFlow))
    #expect(lab.path.counters.isBalanced)
  }

  @Test("ARP and pings on the backbone's own link go on as before", arguments: FarEnd.all)
  func link(far: FarEnd) throws {
    let lab = far.lab()
    var ping = lab.outside("169.254.3.2", "169.254.3.1", by: "backbone")
    ping.hopLimit = 64
    let (verdict, sent) = lab.receive(ping.echo(), from: "backbone")
    #expect(verdict == .answered(.echo))
    #expect(sent.first?.port == "backbone")
    #expect(sent.first?.frame.destination == "169.254.3.2")
    let ask = mac(.broadcast) + mac(MACAddress(0x0200_0000_0302)) + [8, 6]
    let message: [UInt8] =
      [0, 1, 8, 0, 6, 4, 0, 1] + mac(MACAddress(0x0200_0000_0302)) + [169, 254, 3, 2]
    let arp = lab.receive(ask + message + mac(.zero) + [169, 254, 3, 1], from: "backbone")
    #expect(arp.verdict == .answered(.arp))
    #expect(arp.sent.first?.frame.bytes.count == 42)
    // Nobody's address.
    #expect(
      lab.receive(ask + message + mac(.zero) + [10, 0, 1, 4], from: "backbone").verdict
        == .dropped(.notForUs))
  }

  @Test("I1: a far end asks inside VXLAN who has a NIC's address, and is answered inside it")
  func innerARP() throws {
    let far = FarEnd.all[3]
    let lab = far.lab()
    let ask = mac(.broadcast) + mac(MACAddress(0x0200_0000_0302)) + [8, 6]
    let message: [UInt8] =
      [0, 1, 8, 0, 6, 4, 0, 1] + mac(MACAddress(0x0200_0000_0302)) + [20, 60, 26, 132]
    for (vni, known) in [(1, true), (2, true), (3, false)] as [(UInt32, Bool)] {
      let (verdict, sent) = lab.receive(
        far.wrap(ask + message + mac(.zero) + [10, 0, 1, 4], vni: vni), from: "backbone")
      guard known else {
        #expect(verdict == .dropped(.unknownIdentity))
        continue
      }
      #expect(verdict == .answered(.arp))
      let seen = try far.read(try #require(sent.first))
      #expect(seen.vni == Int(vni))
      #expect(seen.inner.etherType == 0x0806)
      // The answer's sender: the network's own inner MAC address.
      let expected = MACAddress(0x0200_0100_0000 | UInt64(vni))
      #expect(MACAddress(UInt64(seen.inner.number(22, 6))) == expected)
      #expect(seen.inner.sourceMAC == expected)
    }
    #expect(
      lab.receive(
        far.wrap(ask + message + mac(.zero) + [10, 0, 9, 9], vni: 1), from: "backbone"
      ).verdict == .dropped(.notForUs))
  }

  @Test("F6: the inner MTU shrinks, and senders learn how far", arguments: FarEnd.all)
  func mtu(far: FarEnd) throws {
    let lab = far.lab()
    let inner = 1_500 - far.overhead
    let packet = { (count: Int, cut: Bool) in
      var builder = self.client("vm1")
      builder.dontFragment = !cut
      return builder.udp(4_000, 443, payload: [UInt8](repeating: 5, count: count - 28))
    }
    for _ in 0..<2 {
      let whole = lab.receive(packet(inner, false), from: "vm1")
      #expect(whole.verdict == .forwarded(lab.port("backbone")))
      #expect(try #require(whole.sent.first).frame.packetLength == 1_500)
      let (verdict, sent) = lab.receive(packet(inner + 1, false), from: "vm1")
      #expect(verdict == .answered(.fragmentationNeeded))
      let answer = try #require(sent.first)
      #expect(answer.port == "vm1" && answer.frame.source == "10.0.1.1")
      #expect(answer.frame.number(answer.frame.l4 + 6, 2) == inner)
    }
    // Without "don't fragment" it is cut before it is encapsulated, and every piece fits.
    let (verdict, sent) = lab.receive(packet(inner + 1, true), from: "vm1")
    #expect(verdict == .forwarded(lab.port("backbone")))
    #expect(sent.count == 2)
    var payload = 0
    for piece in sent {
      #expect(piece.frame.packetLength <= 1_500)
      let seen = try far.read(piece)
      if far.isServiceTunnel {
        #expect(seen.inner.transport == 44)
        payload += seen.inner.end - seen.inner.l4 - 8
      } else {
        payload += seen.inner.end - seen.inner.l4
      }
    }
    #expect(payload == inner + 1 - 20)
  }

  @Test("F6: a SYN announces what fits the tunnel, in both directions", arguments: FarEnd.all)
  func segmentSize(far: FarEnd) throws {
    let lab = far.lab()
    let limit = 1_500 - far.overhead - 40
    let option: [UInt8] = [2, 4] + big(UInt16(1_460))
    for checksum in [FrameBuilder.Checksum.right, .partial] {
      let (_, sent) = lab.receive(
        client("vm1").tcp(40_000, 443, options: option, checksum: checksum), from: "vm1")
      let seen = try far.read(try #require(sent.first))
      #expect(seen.inner.number(seen.inner.l4 + 22, 2) == limit)
      #expect(seen.inner.checksumsHold)
    }
    let answer = far.frame(
      Fixture.storage, to: "10.0.1.4", prefix: FarEnd.prefixes["vm1"]!, vni: 1
    ) { $0.tcp(443, 40_000, flags: [.syn, .ack], options: option) }
    let (_, sent) = lab.receive(answer, from: "backbone")
    let frame = try #require(sent.first).frame
    #expect(frame.number(frame.l4 + 22, 2) == limit)
    #expect(frame.checksumsHold)
  }

  @Test("F7: a batch of segments is cut to what fits the tunnel", arguments: FarEnd.all)
  func batch(far: FarEnd) throws {
    let lab = far.lab()
    _ = lab.receive(client("vm1").tcp(40_000, 443, sequence: 99), from: "vm1")
    let data = (0..<9_000).map { UInt8(truncatingIfNeeded: $0) }
    let (_, sent) = lab.receive(
      client("vm1").tcp(
        40_000, 443, flags: .ack, sequence: 100, acknowledgment: 1, payload: data,
        checksum: .partial), from: "vm1")
    var payload: [UInt8] = []
    for piece in sent {
      #expect(piece.frame.packetLength <= 1_500)
      let seen = try far.read(piece)
      #expect(seen.inner.checksumsHold)
      #expect(seen.inner.sequence == 100 + UInt32(payload.count))
      payload += seen.inner.payload
    }
    #expect(payload == data)
    // And a batch that comes out of the tunnel.
    let reply = far.frame(
      Fixture.storage, to: "10.0.1.4", prefix: FarEnd.prefixes["vm1"]!, vni: 1
    ) {
      $0.tcp(
        443, 40_000, flags: .ack, sequence: 5, acknowledgment: 100, payload: data,
        checksum: .partial)
    }
    let back = lab.receive(reply, from: "backbone").sent
    #expect(back.flatMap(\.frame.payload) == data)
    #expect(back.allSatisfy { $0.frame.checksumsHold && $0.frame.packetLength <= 1_500 })
    // A small one with its checksum left to the interface.
    let small = far.frame(
      Fixture.storage, to: "10.0.1.4", prefix: FarEnd.prefixes["vm1"]!, vni: 1
    ) {
      $0.tcp(
        443, 40_000, flags: [.syn, .ack], sequence: 4, acknowledgment: 100, checksum: .partial)
    }
    #expect(lab.receive(small, from: "backbone").sent.first?.frame.checksumsHold == true)
  }

  @Test("F3: a switch closes connections inside their tunnel", arguments: FarEnd.all)
  func reset(far: FarEnd) throws {
    let lab = far.lab()
    _ = lab.receive(client("vm1").tcp(40_000, 443, sequence: 99), from: "vm1")
    let report = lab.switchEndpoints([], of: "vnet1/app")
    #expect(report.closed.count == 1)
    let outside = lab.sent.filter { $0.port == "backbone" }
    #expect(!outside.isEmpty)
    for frame in outside {
      let seen = try far.read(frame)
      #expect(seen.inner.flags.contains(.rst) && seen.inner.checksumsHold)
    }
    #expect(lab.path.counters.switchResets == UInt64(lab.sent.count))
  }

  @Test("What a service tunnel cannot carry is dropped by name")
  func refused() {
    let lab = FarEnd.all[0].lab { $0.icmpFollowsEndpoints = true }
    var builder = client("vm1")
    builder.options = [1, 1, 1, 0]
    #expect(
      lab.receive(builder.udp(4_000, 443), from: "vm1").verdict == .dropped(.optionsNotCarried))
    #expect(
      lab.receive(client("vm1").frame(47, [0, 0, 0, 0]), from: "vm1").verdict
        == .dropped(.nestedEncapsulation))
    #expect(
      lab.receive(client("vm1").frame(2, [0, 0, 0, 0]), from: "vm1").verdict
        == .dropped(.protocolNotCarried))
    var fragment = client("vm1")
    fragment.moreFragments = true
    #expect(
      lab.receive(
        fragment.udp(4_000, 443, payload: [UInt8](repeating: 0, count: 16), checksum: .none),
        from: "vm1"
      ).verdict == .dropped(.checksumMissing))
    #expect(lab.path.counters.isBalanced)
  }

  @Test("R8 I1: pings that follow endpoints are translated, there and back", arguments: FarEnd.all)
  func ping(far: FarEnd) throws {
    let lab = far.lab { $0.icmpFollowsEndpoints = true }
    let (_, sent) = lab.receive(client("vm1").echo(), from: "vm1")
    let seen = try far.read(try #require(sent.first))
    #expect(seen.inner.transport == (far.isServiceTunnel ? 58 : 1))
    #expect(seen.inner.checksumsHold)
    let reply = far.frame(
      Fixture.storage, to: "10.0.1.4", prefix: FarEnd.prefixes["vm1"]!, vni: 1
    ) { $0.echo(request: false) }
    let back = lab.receive(reply, from: "backbone")
    #expect(back.verdict == .forwarded(lab.port("vm1")))
    #expect(back.sent.first?.frame.transport == 1)
    #expect(back.sent.first?.frame.checksumsHold == true)
  }

  @Test("Explaining names the encapsulation, on the way out and back", arguments: FarEnd.all)
  func explain(far: FarEnd) throws {
    let lab = far.lab()
    let bytes = client("vm1").udp(4_000, 443)
    let out = lab.explain(bytes, from: "vm1")
    let step = try #require(out.steps.first { $0.stage == "encapsulate" })
    #expect(step.text.contains("\(far.overhead) bytes more; \(1_500 - far.overhead) fit"))
    #expect(out.verdict == "forwarded" && out.egress == "backbone")
    _ = lab.receive(bytes, from: "vm1")
    let reply = far.frame(
      Fixture.storage, to: "10.0.1.4", prefix: FarEnd.prefixes["vm1"]!, vni: 1
    ) { $0.udp(443, 4_000) }
    let back = lab.explain(reply, from: "backbone")
    #expect(back.steps.first?.stage == "decapsulate")
    #expect(back.steps.first?.text.contains("vnet1") == true)
    #expect(back.egress == "vm1")
  }
}

extension Fixture {
  func explain(_ bytes: [UInt8], from port: String) -> Explanation {
    var copy = bytes
    return copy.withUnsafeMutableBytes {
      path.explain(
        Frame(
          bytes: $0.baseAddress!, length: bytes.count, wireLength: bytes.count, timestamp: now),
        from: self.port(port))
    }
  }
}
