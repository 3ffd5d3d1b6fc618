import Dataplane
import Testing
import Wire

@Suite("F2: what else is rewritten, and what is not") struct RewriteTests {
  @Test("F2: checksums stay right, incrementally; a wrong one stays wrong")
  func checksums() throws {
    let lab = Fixture()
    for length in [0, 1, 2, 3, 17, 1400] {
      let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + length) }
      for frame in [
        FrameBuilder("10.0.1.4", Fixture.web).udp(UInt16(2_000 + length), 53, payload: payload),
        FrameBuilder("10.0.1.4", Fixture.web).tcp(
          UInt16(2_000 + length), 80, flags: [.ack, .psh], payload: payload),
        FrameBuilder("fd00:1::4", "2001:db8::1").udp(UInt16(2_000 + length), 53, payload: payload),
      ] {
        let (_, sent) = lab.receive(frame, from: "vm1")
        #expect(sent.count == 1)
        #expect(sent.first?.frame.checksumsHold == true)
      }
    }
    var wrong = FrameBuilder("10.0.1.4", Fixture.web).tcp(1, 80)
    wrong[wrong.count - 4] ^= 0x10
    let (_, sent) = lab.receive(wrong, from: "vm1")
    #expect(sent.first?.frame.checksumsHold == false)
  }

  @Test("F2: UDP without a checksum stays without")
  func zeroUDP() throws {
    let lab = Fixture()
    let (_, sent) = lab.receive(
      FrameBuilder("10.0.1.4", Fixture.web).udp(1, 2, checksum: .none), from: "vm1")
    let out = try #require(sent.first?.frame)
    #expect(out.number(out.l4 + 6, 2) == 0)
    #expect(out.source == "203.0.113.4")
  }

  @Test("F2: VLAN tags survive", arguments: [1, 2])
  func vlan(count: Int) throws {
    let lab = Fixture()
    var builder = FrameBuilder("10.0.1.4", Fixture.web)
    builder.tags = Array(
      [(type: UInt16(0x88a8), value: UInt16(100)), (0x8100, 0x2007)].suffix(count))
    let (_, sent) = lab.receive(builder.tcp(1, 80), from: "vm1")
    let out = try #require(sent.first?.frame)
    #expect(out.tags == builder.tags.flatMap { big($0.type) + big($0.value) })
    #expect(out.source == "203.0.113.4")
    #expect(out.checksumsHold)
  }

  @Test("F2: IPv4 options survive")
  func options() throws {
    let lab = Fixture()
    var builder = FrameBuilder("10.0.1.4", Fixture.web)
    builder.options = [0x94, 4, 0, 0, 1, 1, 1, 0]
    let (_, sent) = lab.receive(builder.udp(1, 2), from: "vm1")
    let out = try #require(sent.first?.frame)
    #expect(Array(out.bytes[34..<42]) == builder.options)
    #expect(out.checksumsHold)
  }

  @Test("F2: fragments follow their first fragment, a lone later one is dropped by name")
  func fragments() throws {
    let lab = Fixture()
    let whole = FrameBuilder("10.0.1.4", Fixture.web).udp(
      4_000, 53, payload: Array(repeating: 7, count: 100))
    let datagram = Array(whole[34...])
    var builder = FrameBuilder("10.0.1.4", Fixture.web)
    builder.dontFragment = false
    func fragment(_ offset: Int, _ count: Int, id: UInt16 = 77) -> [UInt8] {
      builder.identification = id
      builder.fragmentOffset = offset
      builder.moreFragments = offset + count < datagram.count
      return builder.frame(17, Array(datagram[offset..<offset + count]))
    }
    #expect(
      lab.receive(fragment(48, 60), from: "vm1").verdict == .dropped(.fragmentWithoutFirst))
    let (first, one) = lab.receive(fragment(0, 48), from: "vm1")
    let (later, two) = lab.receive(fragment(48, 60), from: "vm1")
    #expect(first == .forwarded(lab.port("internet")))
    #expect(later == first)
    let a = try #require(one.first?.frame)
    let b = try #require(two.first?.frame)
    #expect(b.source == "203.0.113.4")
    #expect(b.fragmentOffset == 48)
    // Put together again, the datagram's checksum holds under the new address.
    var joined = FrameBuilder("203.0.113.4", Fixture.web)
    joined.dontFragment = false
    let bytes = joined.frame(17, Array(a.bytes[a.l4..<a.end] + b.bytes[b.l4..<b.end]))
    #expect(SeenFrame(bytes).checksumsHold)
    // The datagram ran out of time: its late fragment follows nothing.
    lab.now += 31 * 1_000_000_000
    #expect(
      lab.receive(fragment(48, 60), from: "vm1").verdict == .dropped(.fragmentWithoutFirst))
    // A first fragment that is dropped takes the rest along, with its reason.
    builder = FrameBuilder("10.0.1.5", Fixture.web)
    builder.dontFragment = false
    #expect(
      lab.receive(fragment(0, 48, id: 5), from: "hidden").verdict == .dropped(.noPublicAddress))
    #expect(
      lab.receive(fragment(48, 60, id: 5), from: "hidden").verdict == .dropped(.noPublicAddress))
  }

  @Test("F2: the packet inside an ICMP error is translated too, both ways")
  func quoted() throws {
    let lab = Fixture()
    let (_, sent) = lab.receive(
      FrameBuilder("10.0.1.4", Fixture.web).udp(4_000, 33_434), from: "vm1")
    let out = try #require(sent.first?.frame)
    // A router on the Internet complains about what it saw.
    let error = lab.outside("192.0.2.77", "203.0.113.4", by: "internet")
      .error(type: 11, code: 0, quoting: out.bytes)
    let (verdict, returned) = lab.receive(error, from: "internet")
    #expect(verdict == .forwarded(lab.port("vm1")))
    let seen = try #require(returned.first?.frame)
    #expect(seen.source == "192.0.2.77")
    #expect(seen.destination == "10.0.1.4")
    #expect(seen.checksumsHold)
    let inner = SeenFrame(Array(seen.bytes[..<14]) + seen.bytes[(seen.l4 + 8)...])
    #expect(inner.source == "10.0.1.4")
    #expect(inner.destination == Fixture.web)
    #expect(slowChecksum(Array(inner.bytes[14..<34])) == 0)
    #expect(inner.checksumsHold)

    // vm1 complains about what came back.
    let (_, reply) = lab.receive(
      lab.outside(Fixture.web, "203.0.113.4", by: "internet").udp(33_434, 4_000), from: "internet")
    let arrived = try #require(reply.first?.frame)
    let complaint = FrameBuilder("10.0.1.4", Fixture.web)
      .error(type: 3, code: 3, quoting: arrived.bytes)
    let (way, gone) = lab.receive(complaint, from: "vm1")
    #expect(way == .forwarded(lab.port("internet")))
    let left = try #require(gone.first?.frame)
    #expect(left.source == "203.0.113.4")
    #expect(left.checksumsHold)
    let quoted = SeenFrame(Array(left.bytes[..<14]) + left.bytes[(left.l4 + 8)...])
    #expect(quoted.destination == "203.0.113.4")
    #expect(quoted.checksumsHold)

    // About a packet that nobody sent.
    let forged = lab.outside("192.0.2.77", "203.0.113.4", by: "internet").error(
      type: 3, code: 1, quoting: FrameBuilder("203.0.113.4", "198.51.100.99").udp(1, 2))
    #expect(lab.receive(forged, from: "internet").verdict == .dropped(.icmpErrorWithoutFlow))
  }

  @Test("F7: partial checksums are finished in software")
  func partial() throws {
    let lab = Fixture()
    for frame in [
      FrameBuilder("10.0.1.4", Fixture.web).tcp(
        1, 80, flags: [.ack], payload: Array(1...99), checksum: .partial),
      FrameBuilder("10.0.1.4", Fixture.web).udp(1, 80, payload: Array(1...98), checksum: .partial),
      FrameBuilder("fd00:1::4", "2001:db8::1").tcp(
        1, 80, flags: [.ack], payload: Array(1...99), checksum: .partial),
    ] {
      #expect(!SeenFrame(frame).checksumsHold)
      let (_, sent) = lab.receive(frame, from: "vm1")
      #expect(sent.first?.frame.checksumsHold == true)
    }
  }

  @Test("F7: frames above the MTU are cut into segments that fit, and lose nothing")
  func segmentation() throws {
    let lab = Fixture()
    // The receiver takes segments of 1,000 bytes, by its SYN.
    _ = lab.receive(FrameBuilder("10.0.1.4", Fixture.web).tcp(40_000, 80), from: "vm1")
    _ = lab.receive(
      lab.outside(Fixture.web, "203.0.113.4", by: "internet").tcp(
        80, 40_000, flags: [.syn, .ack], sequence: 99, acknowledgment: 1,
        options: [2, 4, 0x03, 0xe8]), from: "internet")
    let payload = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let (verdict, sent) = lab.receive(
      FrameBuilder("10.0.1.4", Fixture.web).tcp(
        40_000, 80, flags: [.ack, .psh], sequence: 1, acknowledgment: 100, payload: payload,
        checksum: .partial), from: "vm1")
    #expect(verdict == .forwarded(lab.port("internet")))
    #expect(sent.count == 20)
    var joined: [UInt8] = []
    for (index, item) in sent.enumerated() {
      #expect(item.frame.packetLength <= 1_040)
      #expect(item.frame.checksumsHold)
      #expect(item.frame.sequence == 1 + UInt32(joined.count))
      #expect(item.frame.flags.contains(.psh) == (index == sent.count - 1))
      #expect(item.frame.source == "203.0.113.4")
      joined += item.frame.payload
    }
    #expect(joined == payload)
    #expect(lab.path.counters.isBalanced)
  }
}
