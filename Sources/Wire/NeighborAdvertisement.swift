/// Bytes of a neighbour advertisement with its link-layer address option, behind the IPv6 header.
private let advertisementLength = 32

/// Bytes to reserve for `writeNeighborAdvertisement`.
public func neighborAdvertisementLength(_ headers: Headers) -> Int {
  headers.l3Offset + 40 + advertisementLength
}

/// Writes the advertisement that answers a solicitation, VLAN tags kept: `target` is at `mac` (RFC 4861
/// section 7.2.4: router, solicited, override).
/// - Returns: its length in bytes.
public func writeNeighborAdvertisement(
  to solicitation: UnsafeRawBufferPointer, _ headers: Headers, target: IPv6Address,
  mac: MACAddress, into memory: UnsafeMutableRawBufferPointer
) -> Int {
  memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: solicitation[..<headers.l3Offset]))
  let start = memory.baseAddress!
  let header = start + headers.l3Offset
  header.store32(0x6000_0000, 0)
  header.store16(UInt16(advertisementLength), 4)
  header.store8(58, 6)
  header.store8(255, 7)
  header.store128(target.bits, 8)
  // A probe for a duplicate has no source: all nodes are told.
  let asker = headers.source
  let isProbe = asker == 0
  setMACs(
    start,
    destination: isProbe
      ? MACAddress(0x3333_0000_0001) : MACAddress(sourceOf: solicitation.baseAddress!),
    source: mac)
  header.store128(isProbe ? 0xff02 << 112 | 1 : asker, 24)
  let message = header + 40
  message.store32(0x8800_0000, 0)
  message.store32(isProbe ? 0xa000_0000 : 0xe000_0000, 4)
  message.store128(target.bits, 8)
  message.store16(0x0201, 24)
  message.storeMAC(mac, 26)
  finishICMPv6(header, length: advertisementLength)
  return neighborAdvertisementLength(headers)
}

/// Puts the checksum into an ICMPv6 message that stands right behind its IPv6 header.
func finishICMPv6(_ header: UnsafeMutableRawPointer, length: Int) {
  (header + 40).store16(0, 2)
  var sum = ChecksumSum()
  sum.add(UnsafeRawBufferPointer(start: header + 8, count: 32))
  sum.add(UInt32(length))
  sum.add(UInt16(58))
  sum.add(UnsafeRawBufferPointer(start: header + 40, count: length))
  (header + 40).store16(sum.checksum, 2)
}
