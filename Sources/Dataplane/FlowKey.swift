import Model
import Wire

/// What names one direction of a flow: where its packets come in, and their 5-tuple as it stands in them.
///
/// The port stands for the virtual network: a NIC belongs to one, a gateway port to one, and what comes
/// from the Internet carries addresses that are unique. So the same private address in two networks
/// gives two keys (F5); what comes from the backbone inside a tunnel comes in by a port of its subnet's
/// (Tunnels.swift). And a packet that an appliance sends on is another flow than the one that reached the appliance,
/// although both have the same 5-tuple.
struct FlowKey: Hashable {
  var source: UInt128
  var destination: UInt128
  /// All but the addresses, compared and hashed as one number: IP version, transport, the port that it
  /// came in by, source port, destination port.
  private(set) var rest: UInt64

  /// No packet's: its protocol is none.
  static var none: FlowKey {
    FlowKey(port: PortID(0), source: 0, destination: 0, ports: 0, transport: 0, isIPv6: false)
  }

  init(
    port: PortID, source: UInt128, destination: UInt128, sourcePort: UInt16,
    destinationPort: UInt16, transport: UInt8, isIPv6: Bool
  ) {
    self.init(
      port: port, source: source, destination: destination,
      ports: UInt32(sourcePort) << 16 | UInt32(destinationPort), transport: transport,
      isIPv6: isIPv6)
  }

  @inline(__always)
  init(source: UInt128, destination: UInt128, rest: UInt64) {
    self.source = source
    self.destination = destination
    self.rest = rest
  }

  @inline(__always)
  private init(
    port: PortID, source: UInt128, destination: UInt128, ports: UInt32, transport: UInt8,
    isIPv6: Bool
  ) {
    self.source = source
    self.destination = destination
    rest = Self.rest(ports: ports, port: port, transport: transport, isIPv6: isIPv6)
  }

  @inline(__always)
  static func rest(ports: UInt32, port: PortID, transport: UInt8, isIPv6: Bool) -> UInt64 {
    UInt64(ports) | UInt64(port.index) << 32 | UInt64(transport) << 48 | (isIPv6 ? ipv6 : 0)
  }

  @inline(__always)
  init(_ packet: PlainPacket, port: PortID) {
    self.init(
      port: port, source: packet.source, destination: packet.destination, ports: packet.ports,
      transport: packet.transport, isIPv6: packet.isIPv6)
  }

  init(_ headers: Headers, port: PortID) {
    self.init(
      port: port, source: headers.source, destination: headers.destination,
      sourcePort: headers.sourcePort, destinationPort: headers.destinationPort,
      transport: headers.transport, isIPv6: headers.network == .ipv6)
  }

  /// The way back of the flow that an ICMP error's quoted packet belongs to: that packet left by the port at
  /// which the error comes in.
  init(answering quoted: QuotedPacket, _ headers: Headers, port: PortID) {
    self.init(
      port: port, source: quoted.destination, destination: quoted.source,
      sourcePort: quoted.destinationPort, destinationPort: quoted.sourcePort,
      transport: quoted.transport, isIPv6: headers.network == .ipv6)
  }

  private static let ipv6: UInt64 = 1 << 63

  var sourcePort: UInt16 { UInt16(truncatingIfNeeded: rest >> 16) }
  var destinationPort: UInt16 { UInt16(truncatingIfNeeded: rest) }
  var port: UInt16 {
    get { UInt16(truncatingIfNeeded: rest >> 32) }
    set { rest = rest & ~(0xffff << 32) | UInt64(newValue) << 32 }
  }
  var ingress: PortID { PortID(Int(port)) }
  var transport: UInt8 { Self.transport(ofRest: rest) }
  var isIPv6: Bool { Self.isIPv6(rest: rest) }

  @inline(__always)
  static func transport(ofRest rest: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: rest >> 48) }

  @inline(__always)
  static func isIPv6(rest: UInt64) -> Bool { rest & ipv6 != 0 }

  /// A multiply-and-fold hash over all of it, keyed against flooding of one bucket.
  @inline(__always)
  func hash(seed: UInt64) -> UInt32 {
    let addresses =
      UInt64(truncatingIfNeeded: source) << 32 ^ UInt64(truncatingIfNeeded: destination)
    var h = Self.mix(addresses ^ seed, rest ^ 0x9e37_79b9_7f4a_7c15)
    if isIPv6 {
      h ^= Self.mix(
        UInt64(truncatingIfNeeded: source) ^ 0xe703_7ed1_a0b4_28db,
        UInt64(truncatingIfNeeded: destination) ^ seed)
      h ^= Self.mix(
        UInt64(truncatingIfNeeded: source >> 64) ^ 0xa076_1d64_78bd_642f,
        UInt64(truncatingIfNeeded: destination >> 64) ^ ~seed)
    }
    return UInt32(truncatingIfNeeded: h ^ h >> 32)
  }

  /// The same for IPv4, with both addresses in one number.
  @inline(__always)
  static func hash(addresses: UInt64, rest: UInt64, seed: UInt64) -> UInt32 {
    let h = mix(addresses ^ seed, rest ^ 0x9e37_79b9_7f4a_7c15)
    return UInt32(truncatingIfNeeded: h ^ h >> 32)
  }

  @inline(__always)
  private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (high, low) = a.multipliedFullWidth(by: b)
    return high ^ low
  }
}
