/// Lowers the maximum segment size that a SYN announces, where it is higher: a tunnel's headers take room that
/// neither end knows of (F6). The checksum follows; a SYN without the option stays as it is, and stands for 536
/// bytes (RFC 9293 section 3.7.1).
/// - Parameter limit: in bytes of payload.
/// - Precondition: `headers` were parsed from these bytes, which hold the TCP header.
public func clampMaximumSegment(
  _ bytes: UnsafeMutableRawPointer, _ headers: Headers, to limit: Int
) {
  guard headers.transport == 6, headers.tcpFlags.contains(.syn),
    let announced = headers.tcpMaximumSegment, Int(announced) > limit
  else { return }
  let segment = bytes + headers.l4Offset
  let length = headers.payloadOffset - headers.l4Offset
  var offset = 20
  while offset + 4 <= length {
    let kind = segment.load8(offset)
    if kind == 2 { break }
    offset += kind == 1 ? 1 : max(2, Int(segment.load8(offset + 1)))
  }
  guard offset + 4 <= length else { return }
  // The value may stand at an odd offset: the words that hold it, one or two.
  let words = (offset + 2) & ~1
  let count = offset & 1 == 0 ? 1 : 2
  var delta = ChecksumDelta()
  for index in 0..<count { delta.replace(segment.load16(words + 2 * index), with: 0) }
  segment.store16(UInt16(clamping: limit), offset + 2)
  for index in 0..<count { delta.replace(0 as UInt16, with: segment.load16(words + 2 * index)) }
  segment.store16(delta.applied(to: segment.load16(16)), 16)
}
