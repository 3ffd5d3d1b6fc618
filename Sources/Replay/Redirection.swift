import Dataplane
import Wire

/// Gives a captured reply the destination that it has where it arrives: the capture was taken behind a
/// translation, and the packet path is about to make that translation itself. Checksums follow; of an ICMP
/// error the quoted source, which is the same address, changes with it.
func redirect(_ frame: Frame, _ headers: Headers, to destination: IPAddress) {
  let bytes = UnsafeRawBufferPointer(frame.buffer)
  var isPartial = hasPartialChecksum(bytes, headers)
  // A checksum that was left to the interface is recognised by the addresses that it was begun with.
  if isPartial, !frame.isTruncated, completeChecksums(frame.buffer, headers) { isPartial = false }
  if let quoted = Headers.parseQuoted(bytes, headers), quoted.source == headers.destination {
    rewriteQuoted(frame.bytes, headers, quoted, source: destination.bits, destination: nil)
  }
  AddressRewrite(destination: destination.bits).apply(frame.bytes, headers, isPartial: isPartial)
}

/// The packet that an ICMP error is about, as it was sent; nil for anything else.
func quotedTuple(_ bytes: UnsafeRawBufferPointer, _ headers: Headers) -> FiveTuple? {
  guard let quoted = Headers.parseQuoted(bytes, headers) else { return nil }
  let transport = TransportProtocol.number(quoted.transport)
  return FiveTuple(
    transport: transport, source: headers.address(quoted.source),
    destination: headers.address(quoted.destination),
    sourcePort: transport.hasPorts ? quoted.sourcePort : nil,
    destinationPort: transport.hasPorts ? quoted.destinationPort : nil)
}
