/// The 4-to-6 service tunnel of SONiC-DASH: an IPv4 packet becomes an IPv6 packet whose addresses are 96 bits that
/// name a network and the IPv4 address behind them (I1); and back.
///
/// | IPv4 | IPv6 |
/// |---|---|
/// | type of service | traffic class |
/// | time to live | hop limit |
/// | protocol | next header; ICMP 1 is ICMPv6 58 |
/// | fragment offset, more fragments, identification | fragment header (RFC 8200 section 4.5), for fragments alone |
/// | options | refused |
/// | transport checksum | by the difference of the pseudo-headers, which is that of the two prefixes |
///
/// Of ICMP an echo and its reply are translated (RFC 7915 section 4.2), when they are whole; the rest is refused.
/// A UDP datagram without a checksum gets one. What does not come back: identification and a cleared "don't
/// fragment" of a packet that is no fragment (it has identification 0 and DF set then, RFC 6864), DF on
/// fragments, that UDP had no checksum, and padding.
struct ServiceTunnel: BitwiseCopyable, Sendable {
  let source: OverlayPrefix
  let destination: OverlayPrefix
  /// Both prefixes, folded, in host order.
  private let prefixes: UInt16

  init(source: OverlayPrefix, destination: OverlayPrefix) {
    self.source = source
    self.destination = destination
    var sum = ChecksumSum()
    sum.add(source.bits)
    sum.add(destination.bits)
    prefixes = sum.folded
  }

  /// How many bytes longer the IPv6 headers are.
  static func growth(isFragment: Bool) -> Int { isFragment ? 28 : 20 }

  /// Whether the packet can be carried.
  /// - Parameter isCut: it goes as fragments, whether or not it is one.
  static func check(
    _ frame: UnsafeRawBufferPointer, _ headers: Headers, isCut: Bool
  ) throws(TunnelRefusal) {
    guard headers.network == .ipv4 else { throw .protocolNotCarried }
    guard headers.l4Offset == headers.l3Offset + 20 else { throw .options }
    let isFragment = isCut || headers.isFragment
    switch headers.transport {
    case 1:
      guard !isFragment, headers.icmpType == 8 || headers.icmpType == 0 else {
        throw .icmpNotCarried
      }
    case 17 where !headers.isLaterFragment:
      guard frame.baseAddress!.load16(headers.l4Offset + 6) == 0 else { return }
      guard !isFragment else { throw .checksumMissing }
      guard headers.end <= frame.count else { throw .truncated }
    // IGMP, and what IPv6 reads as its own: extension headers, ICMPv6, "no next header", mobility, HIP, shim6.
    case 0, 2, 43, 44, 51, 58, 59, 60, 135, 139, 140: throw .protocolNotCarried
    default: break
    }
  }

  /// Overwrites the IPv4 header, and the bytes before it that the IPv6 headers need.
  /// - Parameter bytes: the packet's frame, with room before its IP header.
  /// - Precondition: `check` passes; the checksums of the packet are complete.
  func translate(_ bytes: UnsafeMutableRawPointer, _ headers: Headers) {
    let packet = UnsafeRawPointer(bytes + headers.l3Offset)
    let (service, hops) = (packet.load8(1), packet.load8(8))
    let transport = headers.transport
    updateTransport(bytes, headers)
    var header = bytes + (headers.l4Offset - 40)
    var next = transport == 1 ? 58 : transport
    var payload = headers.packetLength - 20
    if headers.isFragment {
      // It stands directly before the fragment's data.
      let fragment = bytes + (headers.l4Offset - 8)
      fragment.store16(UInt16(next) << 8, 0)
      fragment.store16(UInt16(headers.fragmentOffset) | (headers.moreFragments ? 1 : 0), 2)
      fragment.store32(headers.fragmentID, 4)
      header -= 8
      payload += 8
      next = 44
    }
    header.store32(0x6000_0000 | UInt32(service) << 20, 0)
    header.store16(UInt16(truncatingIfNeeded: payload), 4)
    header.store8(next, 6)
    header.store8(hops, 7)
    header.store128(source.address(of: headers.source), 8)
    header.store128(destination.address(of: headers.destination), 24)
  }

  private func updateTransport(_ bytes: UnsafeMutableRawPointer, _ headers: Headers) {
    if headers.transport == 1 {
      return translateEcho(bytes, headers, from: headers.network)
    }
    guard let offset = headers.transportChecksumOffset else { return }
    let old = bytes.load16(offset)
    if headers.transport == 17, old == 0 { return makeUDPChecksum(bytes, headers) }
    var sum = ChecksumSum()
    sum.add(prefixes)
    sum.add(~old)
    let new = sum.checksum
    bytes.store16(new == 0 && headers.writesZeroChecksumAsOnes ? 0xffff : new, offset)
  }

  private func makeUDPChecksum(_ bytes: UnsafeMutableRawPointer, _ headers: Headers) {
    let datagram = UnsafeRawBufferPointer(
      start: bytes + headers.l4Offset, count: Int(bytes.load16(headers.l4Offset + 4)))
    var sum = ChecksumSum()
    sum.add(prefixes)
    sum.add(headers.source)
    sum.add(headers.destination)
    sum.add(17 as UInt16)
    sum.add(UInt16(truncatingIfNeeded: datagram.count))
    sum.add(datagram)
    bytes.store16(sum.checksum == 0 ? 0xffff : sum.checksum, headers.l4Offset + 6)
  }

  /// Echo and reply: the type, and the pseudo-header that only ICMPv6's checksum covers.
  private func translateEcho(
    _ bytes: UnsafeMutableRawPointer, _ headers: Headers, from network: Headers.Network
  ) {
    let message = bytes + headers.l4Offset
    let isRequest = headers.icmpType == (network == .ipv4 ? 8 : 128)
    let old = message.load16(0)
    message.store8(
      network == .ipv4 ? (isRequest ? 128 : 129) : (isRequest ? 8 : 0), 0)
    var pseudo = ChecksumSum()
    pseudo.add(prefixes)
    pseudo.add(UInt32(truncatingIfNeeded: headers.source))
    pseudo.add(UInt32(truncatingIfNeeded: headers.destination))
    pseudo.add(UInt32(headers.end - headers.l4Offset))
    pseudo.add(58 as UInt16)
    var sum = ChecksumSum()
    sum.add(~message.load16(2))
    sum.add(~old)
    sum.add(message.load16(0))
    sum.add(network == .ipv4 ? pseudo.folded : ~pseudo.folded)
    message.store16(sum.checksum, 2)
  }
}

/// Back to IPv4.
extension ServiceTunnel {
  /// Whether an IPv6 packet is one that a service tunnel makes.
  static func checkReverse(
    _ bytes: UnsafeRawPointer, _ headers: Headers
  ) throws(TunnelRefusal) {
    guard headers.network == .ipv6 else { throw .notEncapsulated }
    let length = headers.l4Offset - headers.l3Offset
    guard length == 40 || length == 48 && bytes.load8(headers.l3Offset + 6) == 44 else {
      throw .options
    }
    guard headers.end - headers.l4Offset + 20 <= 65_535 else { throw .tooLong }
    switch headers.transport {
    case 58:
      guard !headers.isFragment, headers.icmpType == 128 || headers.icmpType == 129 else {
        throw .icmpNotCarried
      }
    case 1, 2, 59, 135, 139, 140: throw .protocolNotCarried
    default: break
    }
  }

  /// Writes an IPv4 header directly before the transport header.
  /// - Precondition: `checkReverse` passes; the prefixes are those of the packet.
  /// - Parameter isPartial: the transport's checksum was left to an interface (`hasPartialChecksum`), and stays so.
  func restore(
    _ bytes: UnsafeMutableRawPointer, _ headers: Headers, trafficClass: UInt8, isPartial: Bool
  ) {
    let hasFragmentHeader = headers.l4Offset - headers.l3Offset == 48
    if headers.transport == 58 {
      translateEcho(bytes, headers, from: .ipv6)
    } else if let offset = headers.transportChecksumOffset,
      // None, as a tunnel may have it over IPv6 (RFC 6935), is none in IPv4.
      headers.transport != 17 || bytes.load16(offset) != 0
    {
      let old = bytes.load16(offset)
      var sum = ChecksumSum()
      sum.add(~prefixes)
      sum.add(isPartial ? old : ~old)
      let new = isPartial ? sum.folded : sum.checksum
      bytes.store16(new == 0 && headers.writesZeroChecksumAsOnes ? 0xffff : new, offset)
    }
    let header = bytes + (headers.l4Offset - 20)
    header.store8(0x45, 0)
    header.store8(trafficClass, 1)
    header.store16(UInt16(truncatingIfNeeded: headers.end - headers.l4Offset + 20), 2)
    header.store16(hasFragmentHeader ? UInt16(truncatingIfNeeded: headers.fragmentID) : 0, 4)
    header.store16(
      hasFragmentHeader
        ? UInt16(headers.fragmentOffset / 8) | (headers.moreFragments ? 0x2000 : 0) : 0x4000, 6)
    header.store8(headers.hopLimit, 8)
    header.store8(headers.transport == 58 ? 1 : headers.transport, 9)
    header.store16(0, 10)
    header.store32(UInt32(truncatingIfNeeded: headers.source), 12)
    header.store32(UInt32(truncatingIfNeeded: headers.destination), 16)
    header.store16(checksum(UnsafeRawBufferPointer(start: header, count: 20)), 10)
  }
}
