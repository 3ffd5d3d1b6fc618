import TestSupport
import Testing
import Wire

@Suite("F6: what a router answers by itself") struct AnswerTests {
  private let gateway = MACAddress(0x1234_5678_9abc)

  @Test("F6: ARP")
  func arp() throws {
    let headers = try parse(Golden.arpRequest)
    let reply = Golden.arpRequest.withUnsafeBytes { request in
      written(headers.l3Offset + ARPMessage.length) {
        writeARPReply(
          to: request, headers, target: IPv4Address(10, 0, 1, 1), mac: gateway, into: $0)
      }
    }
    #expect(reply == Golden.arpReply)
  }

  @Test("F6: neighbour discovery; a probe for a duplicate is answered to all nodes")
  func neighbors() throws {
    let target = try #require(IPv6Address("fd00:1::1"))
    for (solicitation, advertisement) in [
      (Golden.solicitation, Golden.advertisement), (Golden.probe, Golden.probeAnswer),
    ] {
      let headers = try parse(solicitation)
      let answer = solicitation.withUnsafeBytes { bytes in
        written(neighborAdvertisementLength(headers)) {
          writeNeighborAdvertisement(to: bytes, headers, target: target, mac: gateway, into: $0)
        }
      }
      #expect(answer == advertisement)
    }
  }

  @Test("F6: pings")
  func echo() throws {
    #expect(try reply(to: Golden.echoRequest) == Golden.echoReply)
    #expect(try reply(to: Golden.echoRequestIPv6) == Golden.echoReplyIPv6)
    // Ethernet's padding is not the packet's.
    #expect(
      try reply(to: Golden.echoRequest + [UInt8](repeating: 7, count: 14)) == Golden.echoReply)
  }

  @Test("F6: any ping comes back with what it brought, in its VLAN")
  func echoes() throws {
    var generator = SeededGenerator(seed: 792)
    for _ in 0..<500 {
      var frame = TestFrame.random(&generator)
      frame.fragment = nil
      frame.padding = []
      frame.finalDestination = nil
      frame.extensions.removeAll { $0.number == 43 }
      let payload = generator.payload()
      frame.segment = .echo(isIPv6: frame.isIPv6, payload)
      let request = frame.bytes()
      swap(&frame.source, &frame.destination)
      swap(&frame.sourceMAC, &frame.destinationMAC)
      frame.hopLimit = 64
      frame.segment = .echo(isIPv6: frame.isIPv6, isReply: true, payload)
      expectSame(try reply(to: request), frame.bytes(), from: request)
    }
  }

  private func reply(to request: [UInt8]) throws -> [UInt8] {
    let headers = try parse(request)
    return request.withUnsafeBytes { bytes in
      written(headers.end) { writeEchoReply(to: bytes, headers, into: $0) }
    }
  }

  @Test("F6: time exceeded, from the gateway's address")
  func timeExceeded() throws {
    #expect(
      try error(.timeExceeded, about: Golden.lastHop, from: "10.0.1.1") == Golden.timeExceeded)
  }

  @Test("F6: any error quotes as much as it may, in the VLAN that the packet came from")
  func errors() throws {
    var generator = SeededGenerator(seed: 1812)
    for _ in 0..<500 {
      let frame = TestFrame.random(&generator)
      guard (frame.fragment?.lowerBound ?? 0) == 0 else { continue }
      let bytes = frame.bytes()
      let gateway: [UInt8] = [10] + [UInt8](repeating: 0, count: frame.source.count - 2) + [1]
      let packet = Array(bytes[frame.l3Offset..<frame.end])
      let choices: [(ICMPError, v4: (UInt8, UInt8, UInt32), v6: (UInt8, UInt8, UInt32))] = [
        (.timeExceeded, (11, 0, 0), (3, 0, 0)),
        (.fragmentationNeeded(mtu: 1_400), (3, 4, 1_400), (2, 0, 1_400)),
        // A link may take more than IPv4's field can say.
        (.fragmentationNeeded(mtu: 70_000), (3, 4, 65_535), (2, 0, 70_000)),
        (.destinationUnreachable(code: 1), (3, 1, 0), (1, 1, 0)),
      ]
      let (kind, v4, v6) = choices.randomElement(using: &generator)!
      let (type, code, rest) = frame.isIPv6 ? v6 : v4
      var expected = TestFrame(
        source: gateway, destination: frame.source,
        segment: .icmp(
          isIPv6: frame.isIPv6, type: type, code: code, rest: rest,
          Array(packet.prefix(frame.isIPv6 ? 1_280 - 48 : 576 - 28))))
      expected.tags = frame.tags
      expected.sourceMAC = frame.destinationMAC
      expected.destinationMAC = frame.sourceMAC
      expected.identification = 0
      expected.dontFragment = true
      let address =
        frame.isIPv6
        ? IPAddress.v6(IPv6Address(number(gateway)))
        : .v4(IPv4Address(UInt32(number(gateway))))
      let answer = try error(kind, about: bytes, from: address.description)
      expectSame(answer, expected.bytes(), from: bytes)
      #expect(answer.count - frame.l3Offset <= (frame.isIPv6 ? 1_280 : 576))
    }
  }

  private func error(
    _ error: ICMPError, about frame: [UInt8], from source: String
  ) throws -> [UInt8] {
    let headers = try parse(frame)
    let address = try #require(IPAddress(source))
    return frame.withUnsafeBytes { bytes in
      written(icmpErrorLength(bytes, headers)) {
        writeICMPError(error, about: bytes, headers, from: address, into: $0)
      }
    }
  }

  @Test(
    "F6: no error about an error, a later fragment, or what has no single sender",
    arguments: [
      ("10.0.1.4", "20.60.0.4", true), ("10.0.1.4", "224.0.0.1", false),
      ("10.0.1.4", "255.255.255.255", false), ("0.0.0.0", "20.60.0.4", false),
      ("127.0.0.1", "20.60.0.4", false), ("224.0.0.1", "20.60.0.4", false),
      ("255.255.255.255", "20.60.0.4", false), ("fd00:1::4", "2001:db8::1", true),
      ("::", "2001:db8::1", false), ("::1", "2001:db8::1", false),
      ("ff02::1", "2001:db8::1", false),
      ("fd00:1::4", "ff02::1", false),
    ])
  func mayAnswer(source: String, destination: String, expected: Bool) throws {
    let addresses = try [source, destination].map { text in
      let address = try #require(IPAddress(text))
      return (0..<address.width / 8).reversed().map {
        UInt8(truncatingIfNeeded: address.bits >> UInt128($0 * 8))
      }
    }
    let frame = TestFrame(source: addresses[0], destination: addresses[1], segment: .udp())
    #expect(mayAnswerWithICMPError(try parse(frame.bytes())) == expected)
  }

  @Test("F6: which messages may be answered")
  func mayAnswerMessages() throws {
    for (frame, expected) in [
      (Golden.echoRequest, true), (Golden.echoRequestIPv6, true), (Golden.firstFragment, true),
      (Golden.laterFragment, false), (Golden.error, false), (Golden.errorIPv6, false),
      (Golden.arpRequest, false),
    ] {
      #expect(mayAnswerWithICMPError(try parse(frame)) == expected, "\(pasteable(frame))")
    }
    // An unknown error, and a redirect.
    for type in [UInt8(100), 137] {
      let frame = TestFrame(
        source: [UInt8](repeating: 0x20, count: 16),
        destination: [UInt8](repeating: 0x21, count: 16),
        segment: .icmp(isIPv6: true, type: type))
      #expect(!mayAnswerWithICMPError(try parse(frame.bytes())))
    }
  }

  @Test("F3: a reset in the name of one side")
  func reset() throws {
    let sides = (UInt128(0x143c_0004), UInt128(0x0a00_0104))
    var reset = TCPSegment(
      isIPv6: false, source: sides.0, destination: sides.1, sourcePort: 443,
      destinationPort: 49_152, sequence: 0x5566_7788, acknowledgment: 0x1122_3347,
      sourceMAC: gateway, destinationMAC: MACAddress(0x0200_0a00_0104),
      vlanTags: [UInt32(bigEndian: 0x8100_0064)])
    #expect(bytes(of: reset) == Golden.reset)
    reset.isIPv6 = true
    reset.source = 0x2001_0db8 << 96 | 1
    reset.destination = 0xfd00_0001 << 96 | 4
    reset.vlanTags = []
    #expect(bytes(of: reset) == Golden.resetIPv6)
  }

  private func bytes(of reset: TCPSegment) -> [UInt8] {
    written(reset.length) {
      reset.write(into: $0)
      return reset.length
    }
  }
}
