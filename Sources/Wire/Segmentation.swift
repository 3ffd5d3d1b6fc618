/// TCP segmentation and IPv4 fragmentation in software, for frames that a sender left to its interface to
/// cut (F7), or that are above the MTU of the way out (F6).

extension Headers {
  /// Bytes of TCP payload in each segment of IP packets up to this length: 8 at least, which is Linux's floor, so that
  /// a tiny MTU does not make thousands of segments of one packet.
  public func tcpSegmentPayload(maximumPacketLength: Int) -> Int {
    max(8, maximumPacketLength - (payloadOffset - l3Offset))
  }

  /// Bytes of IP payload in each fragment: a multiple of 8.
  private func fragmentPayload(_ maximumPacketLength: Int) -> Int {
    max(8, (maximumPacketLength - (l4Offset - l3Offset)) & ~7)
  }

  fileprivate func segment(
    _ index: Int, _ maximumPacketLength: Int
  ) -> (offset: Int, count: Int) {
    let size = tcpSegmentPayload(maximumPacketLength: maximumPacketLength)
    return (index * size, min(size, trafficLength - index * size))
  }

  fileprivate func fragment(
    _ index: Int, _ maximumPacketLength: Int
  ) -> (offset: Int, count: Int) {
    let size = fragmentPayload(maximumPacketLength)
    return (index * size, min(size, end - l4Offset - index * size))
  }

  /// How many TCP segments of IP packets up to this length, in bytes, the payload makes.
  public func tcpSegmentCount(maximumPacketLength: Int) -> Int {
    let size = tcpSegmentPayload(maximumPacketLength: maximumPacketLength)
    return max(1, (trafficLength + size - 1) / size)
  }

  /// The longest frame that `writeTCPSegment` writes, in bytes.
  public func tcpSegmentFrameLength(maximumPacketLength: Int) -> Int {
    payloadOffset
      + min(tcpSegmentPayload(maximumPacketLength: maximumPacketLength), trafficLength)
  }

  /// The longest frame that `writeIPv4Fragment` writes, in bytes.
  public func ipv4FragmentFrameLength(maximumPacketLength: Int) -> Int {
    l4Offset + min(fragmentPayload(maximumPacketLength), end - l4Offset)
  }

  /// How many IPv4 fragments up to this length, in bytes, the packet makes.
  public func ipv4FragmentCount(maximumPacketLength: Int) -> Int {
    let size = fragmentPayload(maximumPacketLength)
    return max(1, (end - l4Offset + size - 1) / size)
  }
}

/// Writes one segment of a TCP packet: headers copied, lengths, sequence number and flags set, both checksums
/// computed. FIN and PSH are the last segment's, CWR is the first's (RFC 3168 section 6.1.2).
/// - Precondition: the frame holds the whole packet, which is no fragment; `memory` has room for
///   `tcpSegmentFrameLength` bytes.
/// - Returns: its length in bytes.
public func writeTCPSegment(
  _ index: Int, of frame: UnsafeRawBufferPointer, _ headers: Headers, maximumPacketLength: Int,
  into memory: UnsafeMutableRawBufferPointer
) -> Int {
  let (offset, count) = headers.segment(index, maximumPacketLength)
  precondition(memory.count >= headers.payloadOffset + count && frame.count >= headers.end)
  memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: frame[..<headers.payloadOffset]))
  let start = memory.baseAddress!
  if count > 0 {
    (start + headers.payloadOffset).copyMemory(
      from: frame.baseAddress! + headers.payloadOffset + offset, byteCount: count)
  }
  var cut = headers
  cut.end = headers.payloadOffset + count
  setPacketLength(start, cut)
  if headers.network == .ipv4 {
    let identification = UInt16(truncatingIfNeeded: headers.fragmentID) &+ UInt16(index)
    (start + headers.l3Offset).store16(identification, 4)
  }
  let segment = start + headers.l4Offset
  segment.store32(headers.tcpSequence &+ UInt32(offset), 4)
  var flags = headers.tcpFlags
  if offset + count < headers.trafficLength {
    // One by one: without the optimiser, a set of both is an array first.
    flags.remove(.fin)
    flags.remove(.psh)
  }
  if index > 0 { flags.remove(.cwr) }
  segment.store8(flags.rawValue, 13)
  _ = completeChecksums(UnsafeMutableRawBufferPointer(start: start, count: cut.end), cut)
  return cut.end
}

/// Writes one fragment of an IPv4 packet, which may be a fragment itself (RFC 791 section 3.2). Options that are
/// not to be copied become no-operations in later fragments.
/// - Precondition: the frame holds the whole packet, its checksums complete; `memory` has room for
///   `ipv4FragmentFrameLength` bytes.
/// - Returns: its length in bytes.
public func writeIPv4Fragment(
  _ index: Int, of frame: UnsafeRawBufferPointer, _ headers: Headers, maximumPacketLength: Int,
  into memory: UnsafeMutableRawBufferPointer
) -> Int {
  let (offset, count) = headers.fragment(index, maximumPacketLength)
  precondition(memory.count >= headers.l4Offset + count && frame.count >= headers.end)
  memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: frame[..<headers.l4Offset]))
  let start = memory.baseAddress!
  (start + headers.l4Offset).copyMemory(
    from: frame.baseAddress! + headers.l4Offset + offset, byteCount: count)
  var cut = headers
  cut.end = headers.l4Offset + count
  cut.isFragment = true
  setPacketLength(start, cut)
  let header = start + headers.l3Offset
  let more = headers.moreFragments || headers.l4Offset + offset + count < headers.end
  header.store16(
    UInt16((headers.fragmentOffset + offset) / 8) | (more ? 0x2000 : 0), 6)
  if index > 0 { blankUncopiedOptions(header, length: headers.l4Offset - headers.l3Offset) }
  _ = completeChecksums(UnsafeMutableRawBufferPointer(start: start, count: cut.end), cut)
  return cut.end
}

private func setPacketLength(_ start: UnsafeMutableRawPointer, _ headers: Headers) {
  let header = start + headers.l3Offset
  if headers.network == .ipv6 {
    header.store16(UInt16(headers.packetLength - 40), 4)
  } else {
    header.store16(UInt16(headers.packetLength), 2)
  }
}

/// An option whose type has the high bit clear belongs to the first fragment alone (RFC 791 section 3.1).
private func blankUncopiedOptions(_ header: UnsafeMutableRawPointer, length: Int) {
  var offset = 20
  while offset < length {
    let type = header.load8(offset)
    if type == 0 { return }
    if type == 1 {
      offset += 1
      continue
    }
    guard offset + 1 < length else { return }
    let count = Int(header.load8(offset + 1))
    guard count >= 2, offset + count <= length else { return }
    if type & 0x80 == 0 {
      for index in offset..<offset + count { header.store8(1, index) }
    }
    offset += count
  }
}
