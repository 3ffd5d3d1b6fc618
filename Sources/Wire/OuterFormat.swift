/// What stands between the outer IPv4 header and the inner frame.
public enum OuterFormat: BitwiseCopyable, Sendable, Equatable {
  /// RFC 7637 section 3.2, over GRE with a key (RFC 2890):
  /// ```
  /// |0|0|1|0|    Reserved 0   |Ver 0|     Protocol 0x6558           |
  /// |         Virtual subnet identifier             |   Flow 0      |
  /// ```
  /// The flow is 0, "not used", so that a Linux gretap device with the key VSID * 256 can read it.
  case nvgre
  /// RFC 7348 section 5, over UDP:
  /// ```
  /// |          Source port          |       Destination port        |
  /// |            Length             |         Checksum 0            |
  /// |R|R|R|R|I|R|R|R|            Reserved                           |
  /// |         VXLAN network identifier              |   Reserved    |
  /// ```
  case vxlan(port: UInt16)

  /// IANA's, and Linux's with `dstport 4789`.
  public static let vxlanPort: UInt16 = 4_789

  /// In bytes, from the outer IPv4 header to the end of the inner Ethernet header.
  public var headerLength: Int { 20 + tunnelLength + 14 }

  /// In bytes, between both IP and Ethernet.
  var tunnelLength: Int {
    switch self {
    case .nvgre: 8
    case .vxlan: 16
    }
  }

  /// Protocol type "transparent Ethernet bridging".
  static let transparentEthernet: UInt16 = 0x6558
}

extension TunnelEncoder.Outer {
  /// Writes all of it.
  /// - Parameters:
  ///   - start: where the outer IPv4 header begins.
  ///   - inner: the EtherType of what follows.
  ///   - service: the inner packet's type of service, which the outer header has too: DSCP in the uniform model
  ///     (RFC 2983), ECN in normal mode (RFC 6040 section 4.1).
  ///   - payload: bytes behind the outer IPv4 header.
  func write(
    _ start: UnsafeMutableRawPointer, inner: UInt16, service: UInt8, _ headers: Headers,
    payload: Int
  ) {
    start.store8(0x45, 0)
    start.store8(service, 1)
    start.store16(UInt16(truncatingIfNeeded: 20 + payload), 2)
    // "Don't fragment", so any identification will do (RFC 6864).
    start.store32(0x0000_4000, 4)
    start.store8(64, 8)
    start.store16(0, 10)
    start.store32(local.bits, 12)
    start.store32(remote?.bits ?? UInt32(truncatingIfNeeded: headers.destination), 16)
    let tunnel = start + 20
    switch format {
    case .nvgre:
      start.store8(47, 9)
      tunnel.store16(0x2000, 0)
      tunnel.store16(OuterFormat.transparentEthernet, 2)
      tunnel.store32(vni << 8, 4)
    case .vxlan(let port):
      start.store8(17, 9)
      tunnel.store16(headers.entropyPort, 0)
      tunnel.store16(port, 2)
      tunnel.store16(UInt16(truncatingIfNeeded: payload), 4)
      tunnel.store16(0, 6)
      tunnel.store32(0x0800_0000, 8)
      tunnel.store32(vni << 8, 12)
    }
    start.store16(checksum(UnsafeRawBufferPointer(start: start, count: 20)), 10)
    let ethernet = tunnel + format.tunnelLength
    setMACs(ethernet, destination: destinationMAC, source: sourceMAC)
    ethernet.store16(inner, 12)
  }
}

extension Headers {
  /// A UDP source port that is the same for a flow's packets, fragments with them, and differs among flows: in the
  /// range that RFC 7348 section 5 recommends, 49,152 to 65,535.
  fileprivate var entropyPort: UInt16 {
    let isWhole = !isFragment
    var h = UInt64(truncatingIfNeeded: source ^ source >> 64)
    h = (h ^ UInt64(transport) << 32) &* 0x9e37_79b9_7f4a_7c15
    h ^= UInt64(truncatingIfNeeded: destination ^ destination >> 64)
    h = (h ^ h >> 29) &* 0xe703_7ed1_a0b4_28db
    if isWhole { h ^= UInt64(sourcePort) << 16 | UInt64(destinationPort) }
    h = (h ^ h >> 32) &* 0xa076_1d64_78bd_642f
    return 49_152 | UInt16(truncatingIfNeeded: h >> 50)
  }
}
