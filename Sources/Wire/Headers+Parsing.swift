extension Headers {
  /// EtherTypes (IEEE 802): what may follow the MAC addresses.
  private enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let arp: UInt16 = 0x0806
    static let ipv6: UInt16 = 0x86dd
    /// 802.1Q, 802.1ad, and the number that QinQ had before it had a standard.
    static func isTag(_ type: UInt16) -> Bool {
      type == 0x8100 || type == 0x88a8 || type == 0x9100
    }
  }

  /// More than two tags have no standard; four is what equipment passes on.
  private static let maximumTags = 4

  /// The longest frame that is read, in bytes: Ethernet header, tags, and the largest IPv6 packet that is no
  /// jumbogram. What is longer (a sender's "BIG TCP") has no length in its IP header.
  public static let maximumFrameLength = 14 + 4 * maximumTags + 40 + 65_535

  /// Reads an Ethernet frame's headers.
  /// - Parameter wireLength: bytes that the frame had on the wire; more than `bytes.count` in a capture
  ///   that cut it.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, wireLength: Int
  ) throws(ParseError) -> Headers {
    guard wireLength <= maximumFrameLength else { throw .frameTooLong }
    guard bytes.count >= 14, let start = bytes.baseAddress else {
      throw wireLength >= 14 ? .truncated : .frameTooShort
    }
    var typeOffset = 12
    var tags = 0
    var type = start.load16(typeOffset)
    while EtherType.isTag(type) {
      tags += 1
      typeOffset += 4
      guard bytes.count >= typeOffset + 2 else {
        throw wireLength >= typeOffset + 2 ? .truncated : .frameTooShort
      }
      guard tags <= maximumTags else { throw .unsupportedEtherType }
      type = start.load16(typeOffset)
    }
    var headers = Headers(network: .ipv4, etherType: type, l3Offset: typeOffset + 2)
    headers.vlanTags = tags
    switch type {
    case EtherType.ipv4:
      try headers.parseIPv4(bytes, wireLength)
      try headers.parseTransport(bytes)
    case EtherType.ipv6:
      headers.network = .ipv6
      try headers.parseIPv6(bytes, wireLength)
      try headers.parseTransport(bytes)
    case EtherType.arp:
      headers.network = .arp
      headers.end = headers.l3Offset + ARPMessage.length
      guard bytes.count >= headers.end else {
        throw wireLength >= headers.end ? .truncated : .malformedARP
      }
    default:
      throw .unsupportedEtherType
    }
    return headers
  }

  /// RFC 791 section 3.1:
  /// ```
  ///  0                   1                   2                   3
  ///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
  /// |Version|  IHL  |Type of Service|          Total Length         |
  /// |         Identification        |Flags|      Fragment Offset    |
  /// |  Time to Live |    Protocol   |         Header Checksum       |
  /// |                       Source Address                          |
  /// |                    Destination Address                        |
  /// |                    Options                    |    Padding    |
  /// ```
  private mutating func parseIPv4(
    _ bytes: UnsafeRawBufferPointer, _ wireLength: Int
  ) throws(ParseError) {
    guard bytes.count >= l3Offset + 20 else {
      throw wireLength >= l3Offset + 20 ? .truncated : .malformedIPv4
    }
    let header = bytes.baseAddress! + l3Offset
    let headerLength = Int(header.load8(0) & 0x0f) * 4
    let totalLength = Int(header.load16(2))
    guard header.load8(0) >> 4 == 4, headerLength >= 20, totalLength >= headerLength,
      l3Offset + totalLength <= wireLength
    else { throw .malformedIPv4 }
    guard bytes.count >= l3Offset + headerLength else { throw .truncated }
    if header.load16(10) == 0 {
      ipv4ChecksumMissing = true
    } else if checksum(UnsafeRawBufferPointer(start: header, count: headerLength)) != 0 {
      throw .badIPv4Checksum
    }
    end = l3Offset + totalLength
    l4Offset = l3Offset + headerLength
    hopLimit = header.load8(8)
    transport = header.load8(9)
    source = UInt128(header.load32(12))
    destination = UInt128(header.load32(16))
    let fragment = header.load16(6)
    dontFragment = fragment & 0x4000 != 0
    moreFragments = fragment & 0x2000 != 0
    fragmentOffset = Int(fragment & 0x1fff) * 8
    isFragment = moreFragments || fragmentOffset > 0
    fragmentID = UInt32(header.load16(4))
    // The last fragment may not reach beyond the largest packet (RFC 791): the ping of death.
    guard fragmentOffset + totalLength - headerLength <= 65_535 else { throw .malformedIPv4 }
    finalDestinationOffset = sourceRouteEnd(header, length: headerLength).map { l3Offset + $0 } ?? 0
  }

  /// Where the last address of an unfinished source route option stands (RFC 791 section 3.1).
  private func sourceRouteEnd(_ header: UnsafeRawPointer, length: Int) -> Int? {
    var offset = 20
    while offset < length, header.load8(offset) != 0 {
      if header.load8(offset) == 1 {
        offset += 1
        continue
      }
      guard offset + 1 < length else { return nil }
      let count = Int(header.load8(offset + 1))
      guard count >= 2, offset + count <= length else { return nil }
      // Loose and strict; the pointer is behind the option once the route has been followed.
      if header.load8(offset) == 131 || header.load8(offset) == 137, count >= 7,
        Int(header.load8(offset + 2)) <= count
      {
        return offset + count - 4
      }
      offset += count
    }
    return nil
  }

  /// RFC 8200 section 3:
  /// ```
  /// |Version| Traffic Class |           Flow Label                  |
  /// |         Payload Length        |  Next Header  |   Hop Limit   |
  /// |                         Source Address (16)                   |
  /// |                      Destination Address (16)                 |
  /// ```
  private mutating func parseIPv6(
    _ bytes: UnsafeRawBufferPointer, _ wireLength: Int
  ) throws(ParseError) {
    guard bytes.count >= l3Offset + 40 else {
      throw wireLength >= l3Offset + 40 ? .truncated : .malformedIPv6
    }
    let header = bytes.baseAddress! + l3Offset
    let payloadLength = Int(header.load16(4))
    guard header.load8(0) >> 4 == 6, l3Offset + 40 + payloadLength <= wireLength else {
      throw .malformedIPv6
    }
    end = l3Offset + 40 + payloadLength
    hopLimit = header.load8(7)
    source = header.load128(8)
    destination = header.load128(24)
    dontFragment = true

    var next = header.load8(6)
    var offset = l3Offset + 40
    var hasFragmentHeader = false
    // Each extension header is at least 8 bytes long, so the packet's end bounds the loop.
    while !isLaterFragment, let kind = ExtensionHeader(rawValue: next) {
      guard offset + 8 <= end else { throw .malformedIPv6 }
      guard offset + 8 <= bytes.count else { throw .truncated }
      let extensionHeader = bytes.baseAddress! + offset
      let length = kind.length(extensionHeader)
      guard length >= 8, offset + length <= end else { throw .malformedIPv6 }
      if kind == .routing,
        let last = ExtensionHeader.finalDestination(extensionHeader, length: length)
      {
        finalDestinationOffset = offset + last
      } else if kind == .fragment {
        // A second one could hide that the packet is a fragment.
        guard !hasFragmentHeader else { throw .malformedIPv6 }
        hasFragmentHeader = true
        let field = extensionHeader.load16(2)
        fragmentOffset = Int(field & 0xfff8)
        moreFragments = field & 1 != 0
        // An atomic fragment (RFC 6946) is a whole packet.
        isFragment = moreFragments || fragmentOffset > 0
        fragmentID = extensionHeader.load32(4)
      }
      next = extensionHeader.load8(0)
      offset += length
    }
    guard fragmentOffset + end - offset <= 65_535 else { throw .malformedIPv6 }
    transport = next
    l4Offset = offset
  }

  /// The packet's own length has been held against the frame's: what is missing here was cut by the capture.
  private mutating func parseTransport(_ bytes: UnsafeRawBufferPointer) throws(ParseError) {
    payloadOffset = l4Offset
    guard !isLaterFragment else { return }
    let available = end - l4Offset
    /// That many bytes of header are in the packet, and in the capture.
    func need(_ count: Int) throws(ParseError) {
      guard available >= count else { throw .malformedTransport }
      guard bytes.count >= l4Offset + count else { throw .truncated }
    }
    switch transport {
    case 6:
      try need(20)
      let header = bytes.baseAddress! + l4Offset
      let length = Int(header.load8(12) >> 4) * 4
      guard length >= 20 else { throw .malformedTransport }
      try need(length)
      sourcePort = header.load16(0)
      destinationPort = header.load16(2)
      tcpSequence = header.load32(4)
      tcpAcknowledgment = header.load32(8)
      tcpFlags = TCPFlags(rawValue: header.load8(13))
      payloadOffset = l4Offset + length
      if tcpFlags.contains(.syn) {
        tcpMaximumSegment = maximumSegment(
          UnsafeRawBufferPointer(start: header + 20, count: length - 20))
      }
    case 17, 136:
      try need(8)
      let header = bytes.baseAddress! + l4Offset
      sourcePort = header.load16(0)
      destinationPort = header.load16(2)
      if transport == 17 {
        // A first fragment's length is that of the whole datagram.
        let length = Int(header.load16(4))
        guard length >= 8, length <= available || isFragment else { throw .malformedTransport }
      }
      payloadOffset = l4Offset + 8
    case 33, 132:
      try need(12)
      let header = bytes.baseAddress! + l4Offset
      sourcePort = header.load16(0)
      destinationPort = header.load16(2)
      payloadOffset = l4Offset + 12
    case 1 where network == .ipv4, 58 where network == .ipv6:
      try need(8)
      let header = bytes.baseAddress! + l4Offset
      icmpType = header.load8(0)
      icmpCode = header.load8(1)
      if isEcho(icmpType) {
        sourcePort = header.load16(4)
        destinationPort = sourcePort
      }
      payloadOffset = l4Offset + 8
    default:
      break
    }
  }

  /// The maximum segment size among a SYN's options (RFC 9293 section 3.7.1).
  private func maximumSegment(_ options: UnsafeRawBufferPointer) -> UInt16? {
    var offset = 0
    while offset < options.count, options[offset] != 0 {
      if options[offset] == 1 {
        offset += 1
        continue
      }
      guard offset + 1 < options.count else { return nil }
      let length = Int(options[offset + 1])
      guard length >= 2, offset + length <= options.count else { return nil }
      if options[offset] == 2, length == 4 { return options.baseAddress!.load16(offset + 2) }
      offset += length
    }
    return nil
  }

  private func isEcho(_ type: UInt8) -> Bool {
    network == .ipv6 ? type == 128 || type == 129 : type == 0 || type == 8
  }
}
