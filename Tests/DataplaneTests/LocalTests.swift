import Dataplane
import Testing
import Wire

@Suite("F6: what the dataplane answers by itself") struct LocalTests {
  static func arp(_ sender: String, asks target: String, from mac: MACAddress) -> [UInt8] {
    var bytes = Array(repeating: UInt8(0xff), count: 6) + DataplaneTests.mac(mac) + [0x08, 0x06]
    bytes += [0, 1, 8, 0, 6, 4, 0, 1] + DataplaneTests.mac(mac)
    bytes += big(IPv4Address(sender)!.bits) + [0, 0, 0, 0, 0, 0] + big(IPv4Address(target)!.bits)
    return bytes
  }

  @Test("F6: ARP for the gateway and for neighbours is answered with the fabric's MAC")
  func arp() throws {
    let lab = Fixture()
    let vm1 = MACAddress(0x0200_0a00_0104)
    for target in ["10.0.1.1", "10.0.1.99"] {
      let (verdict, sent) = lab.receive(
        Self.arp("10.0.1.4", asks: target, from: vm1), from: "vm1")
      #expect(verdict == .answered(.arp))
      let out = try #require(sent.first)
      #expect(out.port == "vm1")
      #expect(out.frame.destinationMAC == vm1)
      #expect(Array(out.frame.bytes[20..<22]) == [0, 2])
      #expect(Array(out.frame.bytes[22..<28]) == DataplaneTests.mac(Snapshot.fabricMAC))
      #expect(out.frame.number(28, 4) == Int(IPv4Address(target)!.bits))
    }
    // Its own address, a probe for a duplicate, an announcement, another subnet's address.
    for (sender, target) in [
      ("0.0.0.0", "10.0.1.4"), ("10.0.1.4", "10.0.1.4"), ("10.0.1.4", "10.0.2.4"),
    ] {
      let (verdict, sent) = lab.receive(Self.arp(sender, asks: target, from: vm1), from: "vm1")
      #expect(verdict == .dropped(.notForUs))
      #expect(sent.isEmpty)
    }
    let peer = MACAddress(0x0200_0000_0102)
    for (target, answered) in [("192.0.2.1", true), ("203.0.113.4", true), ("203.0.113.99", false)]
    {
      let (verdict, sent) = lab.receive(
        Self.arp("192.0.2.2", asks: target, from: peer), from: "internet")
      #expect(verdict == (answered ? .answered(.arp) : .dropped(.notForUs)))
      if answered { #expect(Array(sent[0].frame.bytes[22..<28]) == [2, 0, 0, 0, 1, 1]) }
    }
  }

  @Test("F6: neighbour discovery for the gateway is answered")
  func neighborDiscovery() throws {
    let lab = Fixture()
    var builder = FrameBuilder("fd00:1::4", "ff02::1:ff00:1")
    builder.destinationMAC = MACAddress(0x3333_ff00_0001)
    builder.hopLimit = 255
    let target = IPAddress("fd00:1::1")!
    func solicit(_ sum: UInt16) -> [UInt8] {
      builder.frame(
        58,
        [135, 0] + big(sum) + [0, 0, 0, 0] + big128(target.bits) + [1, 1]
          + mac(builder.sourceMAC))
    }
    let pseudo =
      big128(builder.source.bits) + big128(builder.destination.bits)
      + big(UInt32(32)) + [0, 0, 0, 58]
    let sum = slowChecksum(pseudo + Array(solicit(0)[54...]))
    let (verdict, sent) = lab.receive(solicit(sum), from: "vm1")
    #expect(verdict == .answered(.neighborDiscovery))
    let out = try #require(sent.first?.frame)
    #expect(out.bytes[out.l4] == 136)
    #expect(out.source == "fd00:1::1")
    #expect(out.destination == "fd00:1::4")
    #expect(out.hopLimit == 255)
    #expect(out.checksumsHold)
    #expect(Array(out.bytes.suffix(6)) == mac(Snapshot.fabricMAC))
  }

  @Test("F6: the gateway address answers pings")
  func echo() throws {
    let lab = Fixture()
    for (source, gateway) in [("10.0.1.4", "10.0.1.1"), ("fd00:1::4", "fd00:1::1")] {
      let (verdict, sent) = lab.receive(FrameBuilder(source, gateway).echo(), from: "vm1")
      #expect(verdict == .answered(.echo))
      let out = try #require(sent.first?.frame)
      #expect(out.source == gateway)
      #expect(out.destination == source)
      #expect([0, 129].contains(out.bytes[out.l4]))
      #expect(out.checksumsHold)
    }
  }

  @Test("F2 F6: a ping of nothing but zeros comes back with a checksum of all ones")
  func echoOfZeros() throws {
    let lab = Fixture()
    let ping = FrameBuilder("10.0.1.4", "10.0.1.1").frame(1, [8, 0, 0xf7, 0xff, 0, 0, 0, 0])
    let out = try #require(lab.receive(ping, from: "vm1").sent.first?.frame)
    #expect(Array(out.bytes[out.l4..<out.end]) == [0, 0, 0xff, 0xff, 0, 0, 0, 0])
  }

  @Test("F6: time exceeded comes from the subnet's gateway address")
  func timeExceeded() throws {
    let lab = Fixture()
    for (source, target, gateway, type) in [
      ("10.0.1.4", Fixture.web, "10.0.1.1", UInt8(11)),
      ("fd00:1::4", "2001:db8::1", "fd00:1::1", 3),
    ] {
      var builder = FrameBuilder(source, target)
      builder.hopLimit = 1
      let (verdict, sent) = lab.receive(builder.udp(1, 33_434), from: "vm1")
      #expect(verdict == .answered(.timeExceeded))
      let out = try #require(sent.first?.frame)
      #expect(sent[0].port == "vm1")
      #expect(out.source == gateway)
      #expect(out.destination == source)
      #expect(out.bytes[out.l4] == type)
      #expect(out.checksumsHold)
      let inner = SeenFrame(Array(out.bytes[..<out.l3]) + out.bytes[(out.l4 + 8)...])
      #expect(inner.source == source)
    }
    // An error about an error is never sent (RFC 1122 section 3.2.2).
    var error = FrameBuilder("10.0.1.4", "10.0.2.4")
    error.hopLimit = 1
    let quoted = FrameBuilder("10.0.2.4", "10.0.1.4").udp(1, 2)
    #expect(
      lab.receive(error.error(type: 3, code: 3, quoting: quoted), from: "vm1").verdict
        == .dropped(.ttlExceeded))
  }

  @Test("F6: too big with DF is answered, without DF it is cut")
  func tooBig() throws {
    let lab = Fixture {
      $0.networkInterfaces[0].device.mtu = 9_000
      $0.worldPorts[0].device.mtu = 1_400
    }
    var builder = FrameBuilder("10.0.1.4", Fixture.web)
    let payload = (0..<3_000).map { UInt8(truncatingIfNeeded: $0) }
    let (verdict, sent) = lab.receive(builder.udp(1, 2, payload: payload), from: "vm1")
    #expect(verdict == .answered(.fragmentationNeeded))
    let out = try #require(sent.first?.frame)
    #expect(Array(out.bytes[out.l4..<out.l4 + 2]) == [3, 4])
    #expect(out.number(out.l4 + 6, 2) == 1_400)
    #expect(out.source == "10.0.1.1")

    builder.dontFragment = false
    let (cut, pieces) = lab.receive(builder.udp(1, 2, payload: payload), from: "vm1")
    #expect(cut == .forwarded(lab.port("internet")))
    #expect(pieces.count == 3)
    #expect(pieces.allSatisfy { $0.frame.packetLength <= 1_400 && $0.frame.checksumsHold })
    let joined = pieces.flatMap { Array($0.frame.bytes[$0.frame.l4..<$0.frame.end]) }
    #expect(Array(joined[8...]) == payload)
    var whole = FrameBuilder("203.0.113.4", Fixture.web)
    whole.dontFragment = false
    #expect(SeenFrame(whole.frame(17, joined)).checksumsHold)
    #expect(pieces.map(\.frame.moreFragments) == [true, true, false])

    let (six, answer) = lab.receive(
      FrameBuilder("fd00:1::4", "2001:db8::1").udp(1, 2, payload: payload), from: "vm1")
    #expect(six == .answered(.fragmentationNeeded))
    #expect(answer.first.map { $0.frame.bytes[$0.frame.l4] } == 2)
  }

  @Test("F6: DNS is not altered")
  func dns() throws {
    let lab = Fixture()
    let query = (0..<60).map { UInt8(truncatingIfNeeded: $0 * 5) }
    let (_, sent) = lab.receive(
      FrameBuilder("10.0.1.4", Fixture.web).udp(5_353, 53, payload: query), from: "vm1")
    #expect(sent.first?.frame.payload == query)
  }

  @Test("What is not for us, or for nobody, is dropped by name")
  func notForUs() {
    let lab = Fixture()
    var builder = FrameBuilder("10.0.1.4", Fixture.web)
    builder.destinationMAC = MACAddress(0x0200_0000_9999)
    #expect(lab.receive(builder.udp(1, 2), from: "vm1").verdict == .dropped(.notForUs))
    builder.destinationMAC = .broadcast
    #expect(lab.receive(builder.udp(1, 2), from: "vm1").verdict == .dropped(.groupAddress))
    for (source, target, reason) in [
      ("10.0.1.4", "224.0.0.1", DropReason.groupAddress),
      ("10.0.1.4", "255.255.255.255", .groupAddress), ("10.0.1.4", "127.0.0.1", .invalidAddress),
      ("127.0.0.1", Fixture.web, .invalidAddress), ("0.0.0.0", Fixture.web, .invalidAddress),
      ("10.0.1.4", "10.0.1.4", .routedToItself), ("fd00:1::4", "fe80::1", .invalidAddress),
    ] {
      let verdict = lab.receive(FrameBuilder(source, target).udp(1, 2), from: "vm1").verdict
      #expect(verdict == .dropped(reason), "\(source) to \(target)")
    }
    #expect(lab.path.counters.isBalanced)
  }
}
