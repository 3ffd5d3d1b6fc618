extension Headers {
  /// Where the transport's checksum stands in the frame, if it covers the IP addresses; nil for a
  /// protocol whose checksum does not, and for later fragments.
  var transportChecksumOffset: Int? {
    guard !isLaterFragment else { return nil }
    return switch transport {
    case 6: l4Offset + 16
    case 17, 33, 136: l4Offset + 6
    case 58 where network == .ipv6: l4Offset + 2
    default: nil
    }
  }

  /// Zero in this field means that there is no checksum (RFC 768), or is forbidden (RFC 3828): a computed zero
  /// is written as all ones, which is the same number.
  var writesZeroChecksumAsOnes: Bool { transport == 17 || transport == 136 }

  /// Bytes that the transport's checksum covers. UDP has a length of its own, and what an IP packet holds
  /// behind it is not the datagram's.
  /// - Precondition: the transport header is in the frame, and the packet is no fragment.
  fileprivate func checksummedLength(_ start: UnsafeRawPointer) -> Int {
    transport == 17 ? Int(start.load16(l4Offset + 4)) : end - l4Offset
  }

  /// The sum of the pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1), of the addresses as they stand in
  /// the frame now, not when it was parsed.
  fileprivate func pseudoHeaderSum(_ start: UnsafeRawPointer) -> ChecksumSum {
    var sum = ChecksumSum()
    let isIPv6 = network == .ipv6
    let source = l3Offset + (isIPv6 ? 8 : 12)
    let destination =
      finalDestinationOffset > 0 ? finalDestinationOffset : source + (isIPv6 ? 16 : 4)
    if isIPv6 {
      sum.add(start.load128(source))
      sum.add(start.load128(destination))
    } else {
      sum.add(start.load32(source))
      sum.add(start.load32(destination))
    }
    sum.add(UInt16(transport))
    sum.add(UInt32(checksummedLength(start)))
    return sum
  }
}

/// Whether the transport's checksum was left to the sender's interface, and no interface has computed it (F7):
/// TCP's and UDP's field then holds the pseudo-header's sum, SCTP's is zero.
///
/// Linux leaves no other. A right checksum looks like that once in 65,536 packets, and finishing it then
/// changes nothing.
public func hasPartialChecksum(_ bytes: UnsafeRawBufferPointer, _ headers: Headers) -> Bool {
  guard headers.network != .arp, !headers.isFragment, let start = bytes.baseAddress else {
    return false
  }
  switch headers.transport {
  case 6, 17:
    guard let offset = headers.transportChecksumOffset, offset + 2 <= bytes.count else {
      return false
    }
    let field = start.load16(offset)
    return field != 0 && field == headers.pseudoHeaderSum(start).folded
  case 132:
    return headers.l4Offset + 12 <= bytes.count && start.load32(headers.l4Offset + 8) == 0
  default:
    return false
  }
}

/// Whether the checksum of a whole packet of TCP or UDP is right, or was left to an interface (F7). False where the frame
/// does not hold the packet.
public func transportChecksumHolds(_ bytes: UnsafeRawBufferPointer, _ headers: Headers) -> Bool {
  guard headers.network != .arp, !headers.isFragment, headers.end <= bytes.count,
    let start = bytes.baseAddress, headers.transport == 6 || headers.transport == 17,
    let offset = headers.transportChecksumOffset
  else { return false }
  if headers.transport == 17, headers.network == .ipv4, start.load16(offset) == 0 { return true }
  if hasPartialChecksum(bytes, headers) { return true }
  var sum = headers.pseudoHeaderSum(start)
  sum.add(
    UnsafeRawBufferPointer(
      start: start + headers.l4Offset, count: headers.checksummedLength(start)))
  return sum.checksum == 0
}

/// Leaves a TCP checksum to whoever cuts the packet or takes it whole (F7): the field gets the pseudo-header's sum, of
/// the addresses as they stand in the frame now. The IPv4 header's is computed where it was missing.
/// - Precondition: the frame holds the whole packet, TCP and no fragment.
public func leaveChecksumPartial(_ bytes: UnsafeMutableRawBufferPointer, _ headers: Headers) {
  guard let start = bytes.baseAddress, let offset = headers.transportChecksumOffset else { return }
  if headers.ipv4ChecksumMissing { completeIPv4Checksum(start, headers) }
  start.store16(headers.pseudoHeaderSum(UnsafeRawPointer(start)).folded, offset)
}

/// Computes the IPv4 header's checksum and the one of TCP, UDP, SCTP or ICMPv6 over all bytes. A UDP checksum of
/// zero on IPv4 stays zero: it means none. Those of UDP-Lite and DCCP, which may cover a part only and which
/// nobody leaves to an interface, stay as they are.
/// - Returns: false where the transport's is not written because the capture does not hold the whole packet, it is
///   a fragment, or its protocol is another.
public func completeChecksums(_ bytes: UnsafeMutableRawBufferPointer, _ headers: Headers) -> Bool {
  guard let start = bytes.baseAddress, headers.network != .arp else { return false }
  if headers.network == .ipv4 { completeIPv4Checksum(start, headers) }
  guard headers.end <= bytes.count, !headers.isFragment else { return false }
  if headers.transport == 132 {
    completeSCTPChecksum(
      UnsafeMutableRawBufferPointer(rebasing: bytes[headers.l4Offset..<headers.end]))
    return true
  }
  guard let offset = headers.transportChecksumOffset else { return false }
  if headers.transport == 17, headers.network == .ipv4, start.load16(offset) == 0 { return true }
  if headers.transport == 136 || headers.transport == 33 { return true }
  start.store16(0, offset)
  let origin = UnsafeRawPointer(start)
  var sum = headers.pseudoHeaderSum(origin)
  sum.add(
    UnsafeRawBufferPointer(
      start: origin + headers.l4Offset, count: headers.checksummedLength(origin)))
  let checksum = sum.checksum
  start.store16(checksum == 0 && headers.writesZeroChecksumAsOnes ? 0xffff : checksum, offset)
  return true
}

private func completeIPv4Checksum(_ start: UnsafeMutableRawPointer, _ headers: Headers) {
  let header = start + headers.l3Offset
  header.store16(0, 10)
  let length = headers.l4Offset - headers.l3Offset
  header.store16(checksum(UnsafeRawBufferPointer(start: header, count: length)), 10)
}
