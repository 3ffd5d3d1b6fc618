/// The ICMP errors that a router sends by itself.
public enum ICMPError: Sendable, Equatable {
  /// The hop limit ran out on the way.
  case timeExceeded
  /// IPv6's packet too big; `mtu` is the longest IP packet that fits, in bytes.
  case fragmentationNeeded(mtu: Int)
  /// The code is that of the packet's own IP version.
  case destinationUnreachable(code: UInt8)

  /// RFC 792, RFC 1191; RFC 4443 sections 3.1 to 3.3.
  fileprivate func head(isIPv6: Bool) -> (type: UInt8, code: UInt8, rest: UInt32) {
    switch self {
    case .timeExceeded: isIPv6 ? (3, 0, 0) : (11, 0, 0)
    // IPv4 has 16 bits for it, behind 16 that are unused.
    case .fragmentationNeeded(let mtu):
      isIPv6 ? (2, 0, UInt32(clamping: mtu)) : (3, 4, UInt32(UInt16(clamping: mtu)))
    case .destinationUnreachable(let code): (isIPv6 ? 1 : 3, code, 0)
    }
  }
}

/// The most that an error quotes: all of it fits 576 bytes (RFC 1812 section 4.3.2.3), or the least MTU of
/// IPv6 (RFC 4443 section 2.4).
private func quotable(_ bytes: UnsafeRawBufferPointer, _ headers: Headers) -> Int {
  let limit = headers.network == .ipv6 ? 1_280 - 48 : 576 - 28
  return min(limit, min(headers.end, bytes.count) - headers.l3Offset)
}

/// Whether a packet may be answered with an ICMP error: never another error, a redirect, a later fragment, or what
/// has no single sender or went to a group (RFC 1122 section 3.2.2, RFC 4443 section 2.4).
public func mayAnswerWithICMPError(_ headers: Headers) -> Bool {
  guard !headers.isLaterFragment, !headers.isICMPError else { return false }
  switch headers.network {
  case .arp:
    return false
  case .ipv4:
    let source = UInt32(truncatingIfNeeded: headers.source)
    // This network, loopback, groups, and the reserved numbers up to the broadcast address.
    return source >> 24 != 0 && source >> 24 != 127 && source >> 28 < 0xe
      && headers.destination >> 28 < 0xe
  case .ipv6:
    // Messages below 128 are errors, known or not; 137 is the redirect.
    if headers.transport == 58, headers.icmpType < 128 || headers.icmpType == 137 { return false }
    return headers.source > 1 && headers.source >> 120 != 0xff && headers.destination >> 120 != 0xff
  }
}

/// Bytes to reserve for `writeICMPError`.
public func icmpErrorLength(_ bytes: UnsafeRawBufferPointer, _ headers: Headers) -> Int {
  headers.l3Offset + (headers.network == .ipv6 ? 48 : 28) + quotable(bytes, headers)
}

/// Writes an ICMP error about a packet, from `source` to the packet's sender, MACs swapped, VLAN tags kept.
/// - Returns: its length in bytes.
public func writeICMPError(
  _ error: ICMPError, about bytes: UnsafeRawBufferPointer, _ headers: Headers,
  from source: IPAddress, into memory: UnsafeMutableRawBufferPointer
) -> Int {
  let isIPv6 = headers.network == .ipv6
  let quoted = quotable(bytes, headers)
  memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<headers.l3Offset]))
  let start = memory.baseAddress!
  swapMACs(start, bytes.baseAddress!)
  let header = start + headers.l3Offset
  writeIPHeader(
    header, isIPv6: isIPv6, payload: 8 + quoted, transport: isIPv6 ? 58 : 1,
    source: source.bits, destination: headers.source)
  let message = header + (isIPv6 ? 40 : 20)
  let head = error.head(isIPv6: isIPv6)
  message.store8(head.type, 0)
  message.store8(head.code, 1)
  message.store16(0, 2)
  message.store32(head.rest, 4)
  (message + 8).copyMemory(from: bytes.baseAddress! + headers.l3Offset, byteCount: quoted)
  if isIPv6 {
    finishICMPv6(header, length: 8 + quoted)
  } else {
    message.store16(checksum(UnsafeRawBufferPointer(start: message, count: 8 + quoted)), 2)
  }
  return icmpErrorLength(bytes, headers)
}

/// Turns an echo request into its reply: the frame's own bytes, addresses and MACs swapped.
/// - Precondition: the whole packet is in `memory`, as large as `headers.end`.
/// - Returns: its length in bytes.
public func writeEchoReply(
  to request: UnsafeRawBufferPointer, _ headers: Headers,
  into memory: UnsafeMutableRawBufferPointer
) -> Int {
  memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: request[..<headers.end]))
  let start = memory.baseAddress!
  swapMACs(start, request.baseAddress!)
  let isIPv6 = headers.network == .ipv6
  let header = start + headers.l3Offset
  // The sum of both addresses stays the same, only type and hop limit change.
  header.storeAddress(headers.destination, isIPv6 ? 8 : 12, isIPv6: isIPv6)
  header.storeAddress(headers.source, isIPv6 ? 24 : 16, isIPv6: isIPv6)
  header.store8(64, isIPv6 ? 7 : 8)
  let message = start + headers.l4Offset
  let old = message.load16(0)
  message.store8(isIPv6 ? 129 : 0, 0)
  var delta = ChecksumDelta()
  delta.replace(old, with: message.load16(0))
  var sum = delta.applied(to: message.load16(2))
  // The difference cannot tell +0 from -0 (RFC 1624 section 3), and IPv4's ICMP has no pseudo-header to keep
  // the sum from being zero: a reply that is zero all over has a checksum of all ones.
  if !isIPv6, sum == 0, (4..<headers.end - headers.l4Offset).allSatisfy({ message.load8($0) == 0 })
  {
    sum = 0xffff
  }
  message.store16(sum, 2)
  if !isIPv6 {
    header.store16(0, 10)
    let length = headers.l4Offset - headers.l3Offset
    header.store16(checksum(UnsafeRawBufferPointer(start: header, count: length)), 10)
  }
  return headers.end
}

/// A fresh IP header without options, hop limit 64.
func writeIPHeader(
  _ header: UnsafeMutableRawPointer, isIPv6: Bool, payload: Int, transport: UInt8,
  source: UInt128, destination: UInt128
) {
  if isIPv6 {
    header.store32(0x6000_0000, 0)
    header.store16(UInt16(payload), 4)
    header.store8(transport, 6)
    header.store8(64, 7)
    header.store128(source, 8)
    header.store128(destination, 24)
    return
  }
  header.store16(0x4500, 0)
  header.store16(UInt16(20 + payload), 2)
  // Never fragmented, so any identification will do (RFC 6864).
  header.store32(0x0000_4000, 4)
  header.store8(64, 8)
  header.store8(transport, 9)
  header.store16(0, 10)
  header.store32(UInt32(truncatingIfNeeded: source), 12)
  header.store32(UInt32(truncatingIfNeeded: destination), 16)
  header.store16(checksum(UnsafeRawBufferPointer(start: header, count: 20)), 10)
}

private func swapMACs(_ start: UnsafeMutableRawPointer, _ original: UnsafeRawPointer) {
  setMACs(
    start, destination: MACAddress(sourceOf: original), source: MACAddress(destinationOf: original))
}
