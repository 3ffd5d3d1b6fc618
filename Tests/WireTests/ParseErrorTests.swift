import Testing
import Wire

@Suite("Frames that contradict themselves are refused by name") struct ParseErrorTests {
  /// `Golden.plain` and the like with other bytes at an offset; `fixes` makes the header checksum right again.
  private func changed(
    _ frame: [UInt8], _ offset: Int, _ bytes: [UInt8], fixes: Bool = true
  ) -> [UInt8] {
    var frame = frame
    frame.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    guard fixes, frame[12...13] == [8, 0] else { return frame }
    let length = max(20, Int(frame[14] & 15) * 4)
    frame.replaceSubrange(24..<26, with: [0, 0])
    frame.replaceSubrange(24..<26, with: big16(slowChecksum(Array(frame[14..<14 + length]))))
    return frame
  }

  @Test("Ethernet: too short, too long, or neither ARP nor IP")
  func ethernet() {
    #expect(parseError([]) == .frameTooShort)
    #expect(parseError(Array(Golden.plain.prefix(13))) == .frameTooShort)
    #expect(parseError(Array(Golden.tagged.prefix(17))) == .frameTooShort)
    #expect(
      parseError(changed(Golden.plain, 12, [0x88, 0xcc], fixes: false)) == .unsupportedEtherType)
    // An IEEE 802.3 length, as spanning tree has it.
    #expect(parseError(changed(Golden.plain, 12, [0, 38], fixes: false)) == .unsupportedEtherType)
    #expect(
      parseError(Golden.plain, wireLength: Headers.maximumFrameLength + 1) == .frameTooLong)
    let tag: [UInt8] = [0x81, 0, 0, 1]
    func tagged(_ count: Int) -> [UInt8] {
      Array(Golden.plain[..<12]) + (0..<count).flatMap { _ in tag } + Golden.plain[12...]
    }
    #expect(parseError(tagged(4)) == nil)
    #expect(parseError(tagged(5)) == .unsupportedEtherType)
  }

  @Test("ARP: cut short")
  func arp() {
    #expect(parseError(Array(Golden.arpRequest.prefix(41))) == .malformedARP)
    #expect(parseError(Array(Golden.arpRequest.prefix(42))) == nil)
  }

  @Test("ARP: a message for another network is none to us")
  func otherARP() throws {
    for offset in [14, 16, 18, 19] {
      let frame = changed(Golden.arpRequest, offset, [9])
      let headers = try parse(frame)
      frame.withUnsafeBytes { #expect(ARPMessage($0, headers) == nil) }
    }
  }

  @Test("IPv4: version, lengths, checksum")
  func ipv4() {
    let plain = Golden.plain
    #expect(parseError(Array(plain.prefix(33))) == .malformedIPv4)
    #expect(parseError(changed(plain, 14, [0x65])) == .malformedIPv4, "version 6")
    #expect(parseError(changed(plain, 14, [0x44])) == .malformedIPv4, "16 bytes of header")
    #expect(parseError(changed(plain, 16, [0, 19])) == .malformedIPv4, "shorter than its header")
    #expect(parseError(changed(plain, 16, [0, 0])) == .malformedIPv4, "no length at all")
    #expect(parseError(changed(plain, 16, [0, 44])) == .malformedIPv4, "longer than the frame")
    #expect(parseError(changed(plain, 22, [63], fixes: false)) == .badIPv4Checksum)
    #expect(parseError(changed(plain, 24, [0, 0], fixes: false)) == nil, "left to the interface")
    // The ping of death: a last fragment beyond the largest packet.
    #expect(parseError(changed(Golden.laterFragment, 20, [0x1f, 0xff])) == .malformedIPv4)
  }

  @Test("IPv6: version, lengths, extension headers")
  func ipv6() {
    let frame = Golden.extensionHeaders
    #expect(parseError(Array(frame.prefix(53))) == .malformedIPv6)
    #expect(parseError(changed(frame, 14, [0x40])) == .malformedIPv6, "version 4")
    #expect(parseError(changed(frame, 18, [0, 49])) == .malformedIPv6, "longer than the frame")
    #expect(
      parseError(changed(frame, 18, [0, 7])) == .malformedIPv6, "ends in an extension header")
    #expect(parseError(changed(frame, 18, [0, 0])) == .malformedIPv6, "a jumbogram, or BIG TCP")
    #expect(parseError(changed(frame, 55, [6])) == .malformedIPv6, "a header beyond the packet")
    // A second fragment header could take back what the first one says.
    let fragments = TestFrame(
      source: frame[22..<38].map { $0 }, destination: frame[38..<54].map { $0 },
      extensions: [
        (44, [0, 0, 1, 0, 0, 0, 1]), (44, [0, 0, 0, 0, 0, 0, 1]),
      ], segment: .udp())
    #expect(parseError(fragments.bytes()) == .malformedIPv6)
    var large = TestFrame(
      source: fragments.source, destination: fragments.destination,
      extensions: [(44, [0, 0xff, 0xf8, 0, 0, 0, 1])], segment: .other(17, [1, 2, 3, 4, 5, 6, 7]))
    #expect(parseError(large.bytes()) == nil, "65,528 and 7 bytes are the largest packet")
    large.segment.bytes.append(8)
    #expect(parseError(large.bytes()) == .malformedIPv6, "the ping of death")
    let nothing = TestFrame(
      source: fragments.source, destination: fragments.destination, segment: .other(59, []))
    #expect(parseError(nothing.bytes()) == nil, "no next header is a packet, too")
  }

  @Test("Transport: headers that do not fit their packet")
  func transport() {
    let plain = Golden.plain
    #expect(parseError(changed(plain, 16, [0, 39])) == .malformedTransport, "19 bytes of TCP")
    #expect(parseError(changed(plain, 46, [0x40])) == .malformedTransport, "data offset 4")
    #expect(parseError(changed(plain, 46, [0x60])) == .malformedTransport, "offset 6, 23 bytes")
    // UDP: shorter than its header, zero, longer than the packet.
    for length in [7, 0, 10] {
      var frame = Golden.tagged
      frame.replaceSubrange(42..<44, with: big16(length))
      #expect(parseError(frame) == .malformedTransport, "UDP length \(length)")
    }
    // Seven bytes of ICMP.
    #expect(parseError(changed(Golden.echoRequest, 16, [0, 27])) == .malformedTransport)
    // A first fragment too small for its TCP header (RFC 1858).
    let tiny = TestFrame(
      source: [10, 0, 1, 4], destination: [20, 60, 0, 4],
      segment: .tcp(payload: [UInt8](repeating: 0, count: 40)), fragment: 0..<16)
    #expect(parseError(tiny.bytes()) == .malformedTransport)
  }

  @Test("Bytes behind the packet are Ethernet's padding")
  func padding() throws {
    let headers = try parse(Golden.plain + [UInt8](repeating: 0xff, count: 20))
    #expect(headers.end == Golden.plain.count && headers.trafficLength == 3)
  }

  @Test("A capture that cuts within the headers is truncated, not malformed")
  func truncated() {
    for frame in [
      Golden.plain, Golden.tagged, Golden.doubleTagged, Golden.options, Golden.extensionHeaders,
      Golden.error, Golden.arpRequest, Golden.solicitation,
    ] {
      var wasRead = false
      for count in 0...frame.count {
        let error = parseError(Array(frame.prefix(count)), wireLength: frame.count)
        #expect(error == nil || error == .truncated, "\(count) of \(pasteable(frame))")
        // Once there is enough, more does no harm.
        #expect(!wasRead || error == nil)
        if error == nil { wasRead = true }
      }
      #expect(wasRead)
    }
  }

  @Test("F7: what a capture cut cannot be completed")
  func incomplete() throws {
    var frame = Golden.plain
    frame.removeLast()
    let headers = try parse(frame, wireLength: Golden.plain.count)
    #expect(headers.end == Golden.plain.count)
    #expect(frame.withUnsafeMutableBytes { completeChecksums($0, headers) } == false)
    #expect(frame == Array(Golden.plain.dropLast()))
  }
}
