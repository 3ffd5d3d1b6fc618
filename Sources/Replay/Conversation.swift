import Wire

/// A five-tuple in plain bytes: what a replay compares and hashes for each packet.
struct Conversation: Equatable, BitwiseCopyable {
  var source: UInt128
  var destination: UInt128
  /// 0 where there are none.
  var sourcePort: UInt16
  var destinationPort: UInt16
  /// The protocol's number; 0 of ARP.
  var transport: UInt8
  private var flags: UInt8

  private static let isIPv6: UInt8 = 1
  private static let hasPorts: UInt8 = 2
  private static let isARP: UInt8 = 4

  var hasPorts: Bool { flags & Self.hasPorts != 0 }
  var isARP: Bool { flags & Self.isARP != 0 }

  /// Stands where there is none.
  static let none = Conversation(
    source: 0, destination: 0, sourcePort: 0, destinationPort: 0, transport: 0, flags: 0)

  private init(
    source: UInt128, destination: UInt128, sourcePort: UInt16, destinationPort: UInt16,
    transport: UInt8, flags: UInt8
  ) {
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.transport = transport
    self.flags = flags
  }

  /// As `FiveTuple` of the packet's headers.
  @inline(__always)
  init(_ packet: PlainPacket) {
    source = packet.source
    destination = packet.destination
    sourcePort = UInt16(truncatingIfNeeded: packet.ports >> 16)
    destinationPort = UInt16(truncatingIfNeeded: packet.ports)
    transport = packet.transport
    flags = Self.hasPorts | (packet.isIPv6 ? Self.isIPv6 : 0)
  }

  /// Nil where one port is known and the other is not, or the addresses are of different versions: no packet has
  /// that.
  init?(_ tuple: FiveTuple) {
    guard (tuple.sourcePort == nil) == (tuple.destinationPort == nil),
      tuple.source.isIPv4 == tuple.destination.isIPv4
    else { return nil }
    source = tuple.source.bits
    destination = tuple.destination.bits
    sourcePort = tuple.sourcePort ?? 0
    destinationPort = tuple.destinationPort ?? 0
    flags =
      (tuple.source.isIPv4 ? 0 : Self.isIPv6) | (tuple.sourcePort == nil ? 0 : Self.hasPorts)
    switch tuple.transport {
    case .number(let number): transport = number
    case .arp:
      transport = 0
      flags |= Self.isARP
    }
  }

  var tuple: FiveTuple {
    FiveTuple(
      transport: isARP ? .arp : .number(transport), source: address(source),
      destination: address(destination), sourcePort: hasPorts ? sourcePort : nil,
      destinationPort: hasPorts ? destinationPort : nil)
  }

  /// Of this conversation's IP version.
  @inline(__always)
  func address(_ bits: UInt128) -> IPAddress {
    IPAddress(bits: bits, isIPv6: flags & Self.isIPv6 != 0)
  }

  var reversed: Conversation {
    var reversed = self
    swap(&reversed.source, &reversed.destination)
    swap(&reversed.sourcePort, &reversed.destinationPort)
    return reversed
  }

  /// Two wide multiplications over all fields.
  @inline(__always)
  var hash: UInt32 {
    let ports = UInt64(sourcePort) << 16 | UInt64(destinationPort)
    let kind = UInt64(transport) << 8 | UInt64(flags)
    let first = (Self.folded(source) ^ 0x9e37_79b9_7f4a_7c15)
      .multipliedFullWidth(by: Self.folded(destination) ^ 0xbf58_476d_1ce4_e5b9)
    let second = (first.high ^ first.low ^ (kind << 32 | ports))
      .multipliedFullWidth(by: 0x94d0_49bb_1331_11eb)
    return UInt32(truncatingIfNeeded: (second.high ^ second.low) >> 16)
  }

  @inline(__always)
  private static func folded(_ bits: UInt128) -> UInt64 {
    let high = UInt64(truncatingIfNeeded: bits >> 64)
    return UInt64(truncatingIfNeeded: bits) ^ (high << 29 | high >> 35)
  }
}
