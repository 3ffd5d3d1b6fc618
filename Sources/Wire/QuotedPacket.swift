/// The packet that an ICMP error is about, as far as the error quotes it (RFC 792, RFC 4443).
public struct QuotedPacket: BitwiseCopyable, Sendable {
  /// Its IP header, in bytes from the frame's start.
  public var l3Offset: Int
  /// Its transport header, of which 8 bytes at least are quoted.
  public var l4Offset: Int
  /// Behind the last quoted byte; the packet itself may have been longer.
  public var end: Int
  /// In host order, IPv4 in the low 32 bits.
  public var source: UInt128
  /// Like `source`.
  public var destination: UInt128
  /// The protocol behind all IPv6 extension headers.
  public var transport: UInt8
  /// As in `Headers`: both the identifier of an echo; 0 where the protocol has none.
  public var sourcePort: UInt16
  /// Like `sourcePort`.
  public var destinationPort: UInt16
  /// Where the quoted transport checksum stands, if the quotation reaches that far.
  var checksumOffset: Int?
}

extension Headers {
  /// Reads the quotation of an ICMP error. Nil where it is too short to name a flow: 8 bytes behind the IP
  /// header are the least that must be quoted, a later fragment has no ports.
  public static func parseQuoted(
    _ bytes: UnsafeRawBufferPointer, _ headers: Headers
  ) -> QuotedPacket? {
    guard headers.isICMPError, let start = bytes.baseAddress else { return nil }
    let offset = headers.payloadOffset
    let end = min(headers.end, bytes.count)
    let isIPv6 = headers.network == .ipv6
    guard offset + (isIPv6 ? 40 : 20) <= end else { return nil }
    let header = start + offset
    var quoted: QuotedPacket
    if isIPv6 {
      guard header.load8(0) >> 4 == 6 else { return nil }
      quoted = QuotedPacket(
        l3Offset: offset, l4Offset: offset + 40, end: end, source: header.load128(8),
        destination: header.load128(24), transport: header.load8(6), sourcePort: 0,
        destinationPort: 0)
      while let kind = ExtensionHeader(rawValue: quoted.transport) {
        guard quoted.l4Offset + 8 <= end else { return nil }
        let extensionHeader = start + quoted.l4Offset
        if kind == .fragment, extensionHeader.load16(2) & 0xfff8 != 0 { return nil }
        quoted.transport = extensionHeader.load8(0)
        quoted.l4Offset += kind.length(extensionHeader)
      }
    } else {
      let length = Int(header.load8(0) & 0x0f) * 4
      guard header.load8(0) >> 4 == 4, length >= 20, header.load16(6) & 0x1fff == 0 else {
        return nil
      }
      quoted = QuotedPacket(
        l3Offset: offset, l4Offset: offset + length, end: end,
        source: UInt128(header.load32(12)), destination: UInt128(header.load32(16)),
        transport: header.load8(9), sourcePort: 0, destinationPort: 0)
    }
    guard quoted.l4Offset + 8 <= end else { return nil }
    let transport = start + quoted.l4Offset
    switch quoted.transport {
    case 6, 17, 33, 132, 136:
      quoted.sourcePort = transport.load16(0)
      quoted.destinationPort = transport.load16(2)
    case 1 where !isIPv6, 58 where isIPv6:
      let type = transport.load8(0)
      guard isIPv6 ? type == 128 || type == 129 : type == 0 || type == 8 else { return nil }
      quoted.sourcePort = transport.load16(4)
      quoted.destinationPort = quoted.sourcePort
    default: break
    }
    let checksumOffset: Int? =
      switch quoted.transport {
      case 6: quoted.l4Offset + 16
      case 17, 33, 136: quoted.l4Offset + 6
      case 58 where isIPv6: quoted.l4Offset + 2
      default: nil
      }
    if let checksumOffset, checksumOffset + 2 <= end { quoted.checksumOffset = checksumOffset }
    return quoted
  }

  /// The path MTU of a fragmentation needed (RFC 1191) or packet too big (RFC 8201); nil for other errors, and
  /// where the router did not say.
  public func pathMTU(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard isICMPError, l4Offset + 8 <= bytes.count, let start = bytes.baseAddress else {
      return nil
    }
    if network == .ipv6 {
      guard icmpType == 2 else { return nil }
      return max(1_280, Int(start.load32(l4Offset + 4)))
    }
    guard icmpType == 3, icmpCode == 4 else { return nil }
    let limit = Int(start.load16(l4Offset + 6))
    // Nobody on today's Internet has less; a forged error shall not shrink a flow to nothing (the floor
    // that Linux has, `net.ipv4.route.min_pmtu`).
    return limit == 0 ? nil : max(552, limit)
  }
}

/// Translates the packet inside an ICMP error: its addresses, its IPv4 and transport checksums, and with all
/// of these changes the error's own checksum (F2).
/// - Precondition: `quoted` was read from these bytes.
public func rewriteQuoted(
  _ bytes: UnsafeMutableRawPointer, _ headers: Headers, _ quoted: QuotedPacket, source: UInt128?,
  destination: UInt128?
) {
  let isIPv6 = headers.network == .ipv6
  let header = bytes + quoted.l3Offset
  var addresses = ChecksumDelta()
  var outer = ChecksumDelta()
  if let source {
    addresses.replace(quoted.source, with: source)
    outer.replace(quoted.source, with: source)
    header.storeAddress(source, isIPv6 ? 8 : 12, isIPv6: isIPv6)
  }
  if let destination {
    addresses.replace(quoted.destination, with: destination)
    outer.replace(quoted.destination, with: destination)
    header.storeAddress(destination, isIPv6 ? 24 : 16, isIPv6: isIPv6)
  }
  func follow(_ offset: Int, zeroMeansNone: Bool) {
    let old = bytes.load16(offset)
    if zeroMeansNone, old == 0 { return }
    var new = addresses.applied(to: old)
    if zeroMeansNone, new == 0 { new = 0xffff }
    bytes.store16(new, offset)
    // Within the ICMP message a quoted field may stand at an odd offset only if the IP header did, which its
    // length in words of four bytes rules out.
    outer.replace(old, with: new)
  }
  if !isIPv6 { follow(quoted.l3Offset + 10, zeroMeansNone: false) }
  if let offset = quoted.checksumOffset {
    follow(offset, zeroMeansNone: quoted.transport == 17 || quoted.transport == 136)
  }
  let field = headers.l4Offset + 2
  bytes.store16(outer.applied(to: bytes.load16(field)), field)
}
