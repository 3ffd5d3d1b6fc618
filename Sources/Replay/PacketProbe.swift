import Dataplane
import Wire

/// The packet that `explain` asks about when it is given as words: the first one of a conversation, with right
/// checksums and a time to live of 64.
///
/// TCP: a SYN. UDP: a datagram without data. ICMP and ICMPv6: an echo request. Any other protocol: eight zero
/// bytes of payload.
public struct PacketProbe: Sendable, Equatable {
  public var tuple: FiveTuple

  /// - Throws: `ReplayError.badProbe` where no such packet exists.
  public init(_ tuple: FiveTuple) throws(ReplayError) {
    guard tuple.source.isIPv4 == tuple.destination.isIPv4 else {
      throw .badProbe(
        "\(tuple.source) and \(tuple.destination) are of different IP versions; no packet has both")
    }
    guard tuple.transport != .arp else {
      throw .badProbe("give ARP as --hex or --capture; it has no addresses and ports to build from")
    }
    if tuple.transport.hasPorts {
      guard tuple.destinationPort != nil else {
        throw .badProbe(
          "\(tuple.transport) needs a destination port, as in \(tuple.destination):443")
      }
    } else if tuple.sourcePort != nil || tuple.destinationPort != nil {
      throw .badProbe("\(tuple.transport) has no ports; leave them out")
    }
    if tuple.transport == .icmp && !tuple.source.isIPv4
      || tuple.transport == .icmpv6 && tuple.source.isIPv4
    {
      throw .badProbe("\(tuple.transport) is not the ICMP of \(tuple.source)'s IP version")
    }
    self.tuple = tuple
    // Any would do: the one that a client with the first ephemeral port of IANA's range has.
    if tuple.transport.hasPorts, tuple.sourcePort == nil { self.tuple.sourcePort = 49_152 }
  }

  /// The Ethernet frame, as it arrives at a port.
  public func frame(at port: PortRecord) -> [UInt8] {
    var frame = NetworkBytes()
    frame.add(port.macAddress)
    frame.add(port.peerMACAddress)
    let transport = transportBytes
    switch (tuple.source, tuple.destination) {
    case (.v4(let source), .v4(let destination)):
      frame.add(UInt16(0x0800))
      frame.add(UInt16(0x4500))
      frame.add(UInt16(20 + transport.count))
      // No identification, do not fragment.
      frame.add(UInt32(0x0000_4000))
      frame.add(UInt8(64))
      frame.add(number)
      frame.add(UInt16(0))
      frame.add(source.bits)
      frame.add(destination.bits)
    case (.v6(let source), .v6(let destination)):
      frame.add(UInt16(0x86dd))
      frame.add(UInt32(0x6000_0000))
      frame.add(UInt16(transport.count))
      frame.add(number)
      frame.add(UInt8(64))
      frame.add(source.bits)
      frame.add(destination.bits)
    default: break  // The initialiser has refused it.
    }
    var bytes = frame.bytes + transport
    bytes.withUnsafeMutableBytes(Self.complete)
    return bytes
  }

  private var number: UInt8 {
    if case .number(let number) = tuple.transport { number } else { 0 }
  }

  private var transportBytes: [UInt8] {
    var text = NetworkBytes()
    let ports = (tuple.sourcePort ?? 0, tuple.destinationPort ?? 0)
    switch number {
    case 6:
      text.add(ports.0)
      text.add(ports.1)
      text.add(UInt32(1))
      text.add(UInt32(0))
      // Five words of header, SYN, and the largest window without scaling.
      text.add(UInt16(0x5002))
      text.add(UInt16(0xffff))
      text.add(UInt32(0))
    case 17:
      text.add(ports.0)
      text.add(ports.1)
      text.add(UInt16(8))
      // Zero would mean that there is to be no checksum.
      text.add(UInt16(0xffff))
    case 1, 58:
      text.add(UInt16(number == 1 ? 0x0800 : 0x8000))
      text.add(UInt16(0))
      text.add(UInt32(0x0001_0001))
    case 33, 132, 136:
      text.add(ports.0)
      text.add(ports.1)
      text.add(UInt64(number == 33 ? 0x0300_0000_0000_0000 : 0))
    default:
      text.add(UInt64(0))
    }
    return text.bytes
  }

  private static func complete(_ bytes: UnsafeMutableRawBufferPointer) {
    guard
      let headers = try? Headers.parse(
        UnsafeRawBufferPointer(bytes), wireLength: bytes.count)
    else { return }
    _ = completeChecksums(bytes, headers)
    guard headers.network == .ipv4, headers.transport == 1 else { return }
    let message = UnsafeRawBufferPointer(rebasing: bytes[headers.l4Offset..<headers.end])
    let sum = checksum(message)
    bytes[headers.l4Offset + 2] = UInt8(sum >> 8)
    bytes[headers.l4Offset + 3] = UInt8(sum & 0xff)
  }
}

/// Bytes in network order, one field after the other.
struct NetworkBytes {
  var bytes: [UInt8] = []

  mutating func add(_ value: some FixedWidthInteger & UnsignedInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func add(_ address: MACAddress) {
    add(UInt16(truncatingIfNeeded: address.bits >> 32))
    add(UInt32(truncatingIfNeeded: address.bits))
  }
}
