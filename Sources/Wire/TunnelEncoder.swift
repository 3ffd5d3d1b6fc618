/// What a tunnel puts around its packets, worked out once: a service tunnel's prefixes, an outer header, or both.
///
/// ```
/// service-tunnel                 Ethernet | IPv6 | ...
/// service-tunnel inside NVGRE    Ethernet | IPv4 | GRE | Ethernet | IPv6 | ...
/// service-tunnel inside VXLAN    Ethernet | IPv4 | UDP | VXLAN | Ethernet | IPv6 | ...
/// vxlan                          Ethernet | IPv4 | UDP | VXLAN | Ethernet | the packet as it is
/// ```
/// VLAN tags stay in the outermost Ethernet header; a frame inside a tunnel has none.
public struct TunnelEncoder: Sendable {
  /// An IPv4 header, and what follows it before the inner frame.
  public struct Outer: Sendable {
    public var format: OuterFormat
    /// Ours on the underlay.
    public var local: IPv4Address
    /// The far end's; nil for the packet's own IPv4 destination, as in SONiC-DASH.
    public var remote: IPv4Address?
    /// 24 bits: VXLAN's network identifier, NVGRE's virtual subnet identifier.
    public var vni: UInt32
    /// Of the inner frames.
    public var sourceMAC: MACAddress
    public var destinationMAC: MACAddress

    public init(
      format: OuterFormat, local: IPv4Address, remote: IPv4Address?, vni: UInt32,
      sourceMAC: MACAddress, destinationMAC: MACAddress
    ) {
      self.format = format
      self.local = local
      self.remote = remote
      self.vni = vni & 0xff_ffff
      self.sourceMAC = sourceMAC
      self.destinationMAC = destinationMAC
    }
  }

  private let serviceTunnel: ServiceTunnel?
  public let outer: Outer?

  /// - Parameters:
  ///   - prefixes: of a service tunnel's source and destination; nil leaves the packet as it is.
  ///   - outer: nil for a service tunnel without one.
  public init(prefixes: (source: OverlayPrefix, destination: OverlayPrefix)?, outer: Outer?) {
    serviceTunnel = prefixes.map { ServiceTunnel(source: $0.source, destination: $0.destination) }
    self.outer = outer
  }

  /// A service tunnel's; nil where packets stay IPv4.
  public var prefixes: (source: OverlayPrefix, destination: OverlayPrefix)? {
    serviceTunnel.map { ($0.source, $0.destination) }
  }

  /// The most that any tunnel adds to a frame, in bytes.
  public static let maximumOverhead = 28 + OuterFormat.vxlan(port: 0).headerLength

  /// Bytes by which an IP packet becomes longer.
  public func overhead(isFragment: Bool) -> Int {
    (serviceTunnel == nil ? 0 : ServiceTunnel.growth(isFragment: isFragment))
      + (outer?.format.headerLength ?? 0)
  }

  /// Whether a packet can be carried.
  /// - Parameter isCut: it goes as fragments or segments of its own.
  public func check(
    _ frame: UnsafeRawBufferPointer, _ headers: Headers, asFragments isCut: Bool = false
  ) throws(TunnelRefusal) {
    guard !isTunnel(headers) else { throw .nested }
    if serviceTunnel != nil { try ServiceTunnel.check(frame, headers, isCut: isCut) }
    guard headers.packetLength + overhead(isFragment: headers.isFragment || isCut) <= 65_535 else {
      throw .tooLong
    }
  }

  private func isTunnel(_ headers: Headers) -> Bool {
    if case .vxlan(let port)? = outer?.format { return headers.isTunnel(vxlanPort: port) }
    return headers.isTunnel(vxlanPort: OuterFormat.vxlanPort)
  }

  /// Encapsulates where the packet stands; the frame then begins earlier, by the returned number of bytes.
  /// - Precondition: `check` passes, `maximumOverhead` bytes before the frame may be written, and the packet's
  ///   checksums are complete. An ARP message goes into an outer header alone.
  public func encapsulate(_ bytes: UnsafeMutableRawPointer, _ headers: Headers) -> Int {
    let isIP = headers.network != .arp
    let added = isIP ? overhead(isFragment: headers.isFragment) : outer?.format.headerLength ?? 0
    let link = LinkPart(start: bytes - added, length: headers.l3Offset)
    // What the outer header takes from the inner one goes before that is overwritten.
    let service = isIP ? headers.typeOfService(bytes) : 0
    memoryMove(link.start, bytes, link.length)
    if let serviceTunnel, isIP { serviceTunnel.translate(bytes, headers) }
    let inner: UInt16 = serviceTunnel == nil || !isIP ? headers.etherType : 0x86dd
    if let outer {
      link.etherType = 0x0800
      outer.write(
        link.end, inner: inner, service: service, headers,
        payload: headers.end - headers.l3Offset + added - 20)
    } else {
      link.etherType = inner
    }
    return added
  }
}

/// The Ethernet header with its tags, at the frame's new start.
private struct LinkPart {
  var start: UnsafeMutableRawPointer
  var length: Int

  var end: UnsafeMutableRawPointer { start + length }
  var etherType: UInt16 {
    get { start.load16(length - 2) }
    nonmutating set { start.store16(newValue, length - 2) }
  }
}

/// Overlapping or not.
@inline(__always)
func memoryMove(
  _ target: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ count: Int
) {
  target.copyMemory(from: source, byteCount: count)
}

extension Headers {
  /// Of the frame as it stands.
  func typeOfService(_ bytes: UnsafeRawPointer) -> UInt8 {
    network == .ipv4
      ? bytes.load8(l3Offset + 1) : UInt8(truncatingIfNeeded: bytes.load16(l3Offset) >> 4)
  }

  /// IP in IP (RFC 2003, RFC 2473), GRE (RFC 2784), VXLAN: a packet that carries another.
  func isTunnel(vxlanPort: UInt16) -> Bool {
    switch transport {
    case 4, 41, 47: network != .arp
    case 17: !isLaterFragment && destinationPort == vxlanPort
    default: false
    }
  }
}
