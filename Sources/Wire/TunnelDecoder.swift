/// Reads what a `TunnelEncoder` writes, or anybody who keeps to the same RFCs: bytes in, a value or a named refusal
/// out. Which networks the identities belong to is for the caller to know.
public struct TunnelDecoder: Sendable, BitwiseCopyable {
  /// The inner packet of a service tunnel is IPv6, and becomes IPv4.
  public var isServiceTunnel: Bool
  /// Nil for a service tunnel without an outer header.
  public var format: OuterFormat?

  public init(isServiceTunnel: Bool, format: OuterFormat?) {
    self.isServiceTunnel = isServiceTunnel
    self.format = format
  }

  /// A frame's outer parts, offsets in bytes from its start.
  public struct Packet: BitwiseCopyable, Sendable {
    /// Of the frame as it came.
    public var outer: Headers
    /// Where the inner frame begins; 0 without an outer header.
    public var innerOffset: Int
    /// Of the inner frame, counted from its own start.
    public var inner: Headers
    /// Nil without an outer header.
    public var vni: UInt32?
    /// Nil unless it is a service tunnel's.
    public var prefixes: (source: OverlayPrefix, destination: OverlayPrefix)?
  }

  /// Reads a frame; nothing in it changes.
  /// - Parameter headers: of the same bytes.
  public func decode(
    _ bytes: UnsafeRawBufferPointer, _ headers: Headers
  ) throws(TunnelRefusal) -> Packet {
    var packet = Packet(outer: headers, innerOffset: 0, inner: headers)
    guard headers.network != .arp else { throw .notEncapsulated }
    if let format {
      packet.innerOffset = try format.innerOffset(bytes, headers)
      packet.vni = bytes.baseAddress!.load32(packet.innerOffset - 4) >> 8
      packet.inner = try parseInner(bytes, headers, at: packet.innerOffset)
    }
    let inner = packet.inner
    if inner.isTunnel(vxlanPort: format.flatMap(\.port) ?? OuterFormat.vxlanPort) { throw .nested }
    guard isServiceTunnel else { return packet }
    if format != nil, inner.network != .ipv6 { throw .malformed }
    try ServiceTunnel.checkReverse(bytes.baseAddress! + packet.innerOffset, inner)
    packet.prefixes = (OverlayPrefix(of: inner.source), OverlayPrefix(of: inner.destination))
    return packet
  }

  private func parseInner(
    _ bytes: UnsafeRawBufferPointer, _ outer: Headers, at offset: Int
  ) throws(TunnelRefusal) -> Headers {
    let inner: Headers
    do throws(ParseError) {
      inner = try Headers.parse(
        UnsafeRawBufferPointer(rebasing: bytes[offset..<min(bytes.count, outer.end)]),
        wireLength: outer.end - offset)
    } catch {
      throw error == .truncated ? .truncated : .malformed
    }
    // RFC 7348 section 6.1, RFC 7637 section 3.2: no tag inside.
    guard inner.vlanTags == 0 else { throw .malformed }
    // Congestion marked on the way can only be passed on to who speaks ECN (RFC 6040 section 4.2).
    let start = bytes.baseAddress!
    if inner.network != .arp, outer.typeOfService(start) & 3 == 3,
      inner.typeOfService(start + offset) & 3 == 0
    {
      throw .malformed
    }
    return inner
  }

  /// Takes the outer parts off where the frame stands: MAC addresses and tags of the outer Ethernet header,
  /// then the inner packet.
  /// - Returns: where the inner frame begins, its bytes there, and its bytes on the wire.
  /// - Precondition: `packet` was decoded from these bytes.
  public func decapsulate(
    _ bytes: UnsafeMutableRawPointer, length: Int, _ packet: Packet
  ) -> (offset: Int, length: Int, wireLength: Int) {
    let inner = packet.inner
    var congestion = format == nil ? 0 : packet.outer.typeOfService(bytes) & 3
    if congestion != 3 || inner.network == .arp { congestion = 0 }
    let frame = bytes + packet.innerOffset
    var network = packet.innerOffset + inner.l3Offset
    var etherType = inner.etherType
    if let prefixes = packet.prefixes {
      let there = UnsafeRawBufferPointer(start: frame, count: length - packet.innerOffset)
      ServiceTunnel(source: prefixes.source, destination: prefixes.destination).restore(
        frame, inner, trafficClass: inner.typeOfService(frame) | congestion,
        isPartial: hasPartialChecksum(there, inner))
      network = packet.innerOffset + inner.l4Offset - 20
      etherType = 0x0800
    } else if congestion != 0 {
      markCongestion(frame, inner)
    }
    let offset = network - packet.outer.l3Offset
    memoryMove(bytes + offset, bytes, packet.outer.l3Offset)
    bytes.store16(etherType, network - 2)
    let end = packet.outer.end
    return (offset, min(length, end) - offset, end - offset)
  }

  private func markCongestion(_ frame: UnsafeMutableRawPointer, _ inner: Headers) {
    let header = frame + inner.l3Offset
    let old = header.load16(0)
    let new = old | (inner.network == .ipv4 ? 3 : 0x30)
    header.store16(new, 0)
    guard inner.network == .ipv4, !inner.ipv4ChecksumMissing else { return }
    var delta = ChecksumDelta()
    delta.replace(old, with: new)
    header.store16(delta.applied(to: header.load16(10)), 10)
  }
}

extension OuterFormat {
  var port: UInt16? {
    if case .vxlan(let port) = self { port } else { nil }
  }

  /// Where the inner frame begins.
  fileprivate func innerOffset(
    _ bytes: UnsafeRawBufferPointer, _ headers: Headers
  ) throws(TunnelRefusal) -> Int {
    guard headers.network == .ipv4 else { throw .notEncapsulated }
    switch self {
    case .nvgre: guard headers.transport == 47 else { throw .notEncapsulated }
    case .vxlan(let port):
      guard headers.transport == 17 else { throw .notEncapsulated }
      guard headers.isLaterFragment || headers.destinationPort == port else {
        throw .notEncapsulated
      }
    }
    guard !headers.isFragment else { throw .fragmented }
    let offset = headers.l4Offset + tunnelLength
    guard offset <= headers.end else { throw .malformed }
    guard offset <= bytes.count else { throw .truncated }
    let tunnel = bytes.baseAddress! + headers.l4Offset
    switch self {
    case .nvgre:
      // A key, and neither checksum nor sequence number (RFC 7637 section 3.2).
      guard tunnel.load16(0) == 0x2000, tunnel.load16(2) == OuterFormat.transparentEthernet else {
        throw .malformed
      }
    case .vxlan:
      // A checksum that is there need not be looked at (RFC 7348 section 5); one that was left to an interface
      // would look wrong. Reserved bits are ignored.
      guard Int(tunnel.load16(4)) == headers.end - headers.l4Offset, tunnel.load8(8) & 0x08 != 0
      else { throw .malformed }
    }
    return offset
  }
}
