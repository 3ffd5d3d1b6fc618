import Wire

/// What names one direction of a flow: where its packets come in, and their 5-tuple as it stands in them.
///
/// The port stands for the virtual network: a NIC belongs to one, a gateway port to one, and what comes
/// from the Internet carries addresses that are unique. So the same private address in two networks
/// gives two keys (F5), and a packet that an appliance sends on is another flow than the one that
/// reached the appliance, although both have the same 5-tuple.
struct FlowKey: Equatable {
  var source: UInt128
  var destination: UInt128
  var sourcePort: UInt16
  var destinationPort: UInt16
  var port: UInt16
  var transport: UInt8
  /// Bit 7: IPv6.
  var kind: UInt8

  init(
    port: PortID, source: UInt128, destination: UInt128, sourcePort: UInt16,
    destinationPort: UInt16, transport: UInt8, isIPv6: Bool
  ) {
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.port = port.index
    self.transport = transport
    kind = isIPv6 ? 0x80 : 0
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

  var isIPv6: Bool { kind & 0x80 != 0 }

  /// A multiply-and-fold hash over the 44 bytes, keyed against flooding of one bucket.
  func hash(seed: UInt64) -> UInt32 {
    @inline(__always) func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
      let (high, low) = a.multipliedFullWidth(by: b)
      return high ^ low
    }
    let rest =
      UInt64(sourcePort) | UInt64(destinationPort) << 16 | UInt64(port) << 32
      | UInt64(transport) << 48 | UInt64(kind) << 56
    var h = mix(
      UInt64(truncatingIfNeeded: source) ^ seed,
      UInt64(truncatingIfNeeded: destination) ^ 0x9e37_79b9_7f4a_7c15)
    if isIPv6 {
      h ^= mix(
        UInt64(truncatingIfNeeded: source >> 64) ^ 0xa076_1d64_78bd_642f,
        UInt64(truncatingIfNeeded: destination >> 64) ^ seed)
    }
    h = mix(h ^ rest, 0xe703_7ed1_a0b4_28db ^ seed)
    return UInt32(truncatingIfNeeded: h ^ h >> 32)
  }
}
