/// A packet that asks for nothing but to be passed on, as most are: untagged, whole, neither fragment nor option nor
/// extension header; UDP, or TCP that neither begins nor ends a connection; hops left; an IPv4 header checksum
/// that is right, and a transport checksum that was not left to an interface.
///
/// Whatever it is not, `Headers.parse` reads; for a packet that it is, both say the same.
public struct PlainPacket: BitwiseCopyable, Sendable {
  /// In host order, IPv4 in the low 32 bits.
  public let source: UInt128
  /// Like `source`.
  public let destination: UInt128
  /// Source port in the upper half, destination port in the lower.
  public let ports: UInt32
  /// 6 or 17.
  public let transport: UInt8
  public let isIPv6: Bool
  /// The IP packet's length in bytes, header included.
  public let length: Int
  /// Of TCP: the sequence number behind the packet's last byte; else 0.
  public let endSequence: UInt32
  /// Of TCP; else 0.
  public let acknowledgment: UInt32

  /// Nil for any other packet.
  /// - Parameter length: bytes of the frame, all of which are there.
  @inlinable @inline(__always)
  public init?(_ frame: UnsafeRawPointer, length: Int) {
    guard length >= 14 else { return nil }
    let packet =
      switch frame.load16(12) {
      case 0x0800: PlainPacket(ipv4: frame, length: length)
      case 0x86dd: PlainPacket(ipv6: frame, length: length)
      default: nil as PlainPacket?
      }
    guard let packet else { return nil }
    self = packet
  }

  /// Of a frame whose EtherType is IPv4's.
  @inlinable @inline(__always)
  public init?(ipv4 frame: UnsafeRawPointer, length: Int) {
    guard let packet = PlainIPv4(frame, length: length) else { return nil }
    source = UInt128(packet.addresses >> 32)
    destination = UInt128(packet.addresses & 0xffff_ffff)
    ports = packet.ports
    transport = packet.transport
    isIPv6 = false
    self.length = packet.length
    endSequence = packet.endSequence
    acknowledgment = packet.acknowledgment
  }

  /// Of a frame whose EtherType is IPv6's.
  @inlinable @inline(__always)
  public init?(ipv6 frame: UnsafeRawPointer, length frameLength: Int) {
    guard frameLength >= 62 else { return nil }
    let total = 40 &+ Int(frame.load16(18))
    guard frame.load8(14) >> 4 == 6, frame.load8(21) > 1, total >= 48, 14 &+ total <= frameLength,
      let transport = PlainTransport(
        frame, l4Offset: 54, transport: frame.load8(20), available: total &- 40,
        addressSum: PlainTransport.words(frame, 22, 32))
    else { return nil }
    source = frame.load128(22)
    destination = frame.load128(38)
    ports = frame.load32(54)
    self.transport = frame.load8(20)
    isIPv6 = true
    length = total
    endSequence = transport.endSequence
    acknowledgment = transport.acknowledgment
  }

  /// Source and destination of a plain packet of IPv6.
  @inlinable @inline(__always)
  public static func ipv6Addresses(_ frame: UnsafeRawPointer) -> (UInt128, UInt128) {
    (frame.load128(22), frame.load128(38))
  }
}

/// A plain packet of IPv4, in as few numbers as hold it.
public struct PlainIPv4: BitwiseCopyable {
  /// Source and destination, in host order.
  public let addresses: UInt64
  /// Source port in the upper half, destination port in the lower.
  public let ports: UInt32
  /// 6 or 17.
  public let transport: UInt8
  /// The IP packet's length in bytes, header included.
  public let length: Int
  /// As `PlainPacket` has them.
  public let endSequence: UInt32
  public let acknowledgment: UInt32

  /// Of a frame whose EtherType is IPv4's; nil where it is no plain packet.
  @inlinable @inline(__always)
  public init?(_ frame: UnsafeRawPointer, length frameLength: Int) {
    guard frameLength >= 42 else { return nil }
    // Few loads: version to fragment offset; time to live, protocol and checksum; addresses.
    let first = UInt64(littleEndian: frame.loadUnaligned(fromByteOffset: 14, as: UInt64.self))
    let second = UInt32(littleEndian: frame.loadUnaligned(fromByteOffset: 22, as: UInt32.self))
    let third = frame.loadUnaligned(fromByteOffset: 26, as: UInt64.self)
    let total = Int(UInt16(truncatingIfNeeded: first >> 16).byteSwapped)
    // Of a fragment's flags and offset all but "don't fragment" and the bit that is reserved.
    guard first & 0xff3f_0000_0000_00ff == 0x45, second & 0xff > 1, second >> 16 != 0,
      total >= 28, 14 &+ total <= frameLength
    else { return nil }
    let addressSum = PlainTransport.words(third)
    guard
      PlainTransport.isZero(
        PlainTransport.words(first.littleEndian) &+ UInt64(second.littleEndian) &+ addressSum)
    else { return nil }
    transport = UInt8(truncatingIfNeeded: second >> 8)
    guard
      let carried = PlainTransport(
        frame, l4Offset: 34, transport: transport, available: total &- 20, addressSum: addressSum)
    else { return nil }
    addresses = third.bigEndian
    ports = frame.load32(34)
    length = total
    endSequence = carried.endSequence
    acknowledgment = carried.acknowledgment
  }
}

/// What a plain packet says behind its IP header.
@usableFromInline
struct PlainTransport: BitwiseCopyable {
  @usableFromInline let endSequence: UInt32
  @usableFromInline let acknowledgment: UInt32

  /// - Parameters:
  ///   - available: bytes behind the IP header.
  ///   - addressSum: of the addresses' words as the machine loads them.
  @inlinable @inline(__always)
  init?(
    _ frame: UnsafeRawPointer, l4Offset: Int, transport: UInt8, available: Int, addressSum: UInt64
  ) {
    // As the machine loads them: one's-complement sums do not mind the byte order (RFC 1071 section 2).
    let field: UInt16
    let covered: UInt16
    switch transport {
    case 17:
      covered = frame.loadUnaligned(fromByteOffset: l4Offset &+ 4, as: UInt16.self)
      let length = Int(covered.bigEndian)
      guard length >= 8, length <= available else { return nil }
      endSequence = 0
      acknowledgment = 0
      field = frame.loadUnaligned(fromByteOffset: l4Offset &+ 6, as: UInt16.self)
    case 6:
      guard available >= 20 else { return nil }
      let headerLength = Int(frame.load8(l4Offset + 12) >> 4) &* 4
      // ACK, and none of SYN, RST and FIN.
      guard headerLength >= 20, headerLength <= available,
        frame.load8(l4Offset + 13) & 0b1_0111 == 0b1_0000
      else { return nil }
      endSequence =
        frame.load32(l4Offset + 4) &+ UInt32(truncatingIfNeeded: available &- headerLength)
      acknowledgment = frame.load32(l4Offset + 8)
      covered = UInt16(truncatingIfNeeded: available).bigEndian
      field = frame.loadUnaligned(fromByteOffset: l4Offset &+ 16, as: UInt16.self)
    default: return nil
    }
    // `hasPartialChecksum`: the field holds the pseudo-header's sum.
    let sum = addressSum &+ UInt64(UInt16(transport).bigEndian) &+ UInt64(covered)
    guard field == 0 || !Self.isZero(sum &+ UInt64(~field)) else { return nil }
  }

  /// The sum of 32-bit words as the machine loads them (RFC 1071 section 2).
  @inlinable @inline(__always)
  static func words(_ bytes: UnsafeRawPointer, _ offset: Int, _ count: Int) -> UInt64 {
    var sum: UInt64 = 0
    var at = offset
    while at < offset &+ count {
      sum &+= UInt64(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
      at &+= 4
    }
    return sum
  }

  /// Of two such words.
  @inlinable @inline(__always)
  static func words(_ both: UInt64) -> UInt64 { both >> 32 &+ both & 0xffff_ffff }

  /// Whether a sum that is not 0 comes to all ones, which is one's-complement arithmetic's other zero: whether
  /// 65,535 divides it, by multiplication with the inverse of that number modulo 2^64.
  @inlinable @inline(__always)
  static func isZero(_ sum: UInt64) -> Bool {
    sum &* 0xfffe_fffe_fffe_ffff <= UInt64.max / 0xffff
  }
}

/// What a flow does to its plain packets, worked out once.
public struct PlainRewrite: BitwiseCopyable, Sendable {
  /// In host order, IPv4 in the low 32 bits; the packet's own where they stay.
  public let source: UInt128
  /// Like `source`.
  public let destination: UInt128
  /// What is added to the complement of the IPv4 header's checksum, as the machine loads it: addresses, and one hop
  /// less (RFC 1624; in any byte order, RFC 1071).
  public let headerDelta: UInt16
  /// The same for the transport's checksum: addresses.
  public let transportDelta: UInt16

  /// Of packets that carry `oldSource` and `oldDestination`.
  public init(
    source: UInt128, destination: UInt128, from oldSource: UInt128,
    and oldDestination: UInt128
  ) {
    self.source = source
    self.destination = destination
    var delta = ChecksumSum()
    if source != oldSource {
      delta.add(~oldSource)
      delta.add(source)
    }
    if destination != oldDestination {
      delta.add(~oldDestination)
      delta.add(destination)
    }
    transportDelta = delta.folded.bigEndian
    // One less in the high byte of a word: what that makes does not depend on the word.
    delta.add(~0x0100 as UInt16)
    headerDelta = delta.folded.bigEndian
  }

  /// New addresses, one hop less, checksums: as `AddressRewrite` and `decrementHopLimit` do it. Of IPv4, with the parts
  /// that a flow keeps.
  /// - Parameter addresses: source and destination, in host order.
  /// - Precondition: the packet's addresses are those that the parts were made for.
  @inlinable @inline(__always)
  public static func apply(
    _ frame: UnsafeMutableRawPointer, addresses: UInt64, headerDelta: UInt16,
    transportDelta: UInt16, transport: UInt8
  ) {
    // Time to live, protocol and checksum; there is a hop left.
    let old = UInt32(littleEndian: frame.loadUnaligned(fromByteOffset: 22, as: UInt32.self))
    let sum = (~old >> 16) &+ UInt32(headerDelta.littleEndian)
    let new = ~(sum &+ sum >> 16) << 16 | ((old & 0xffff) &- 1)
    frame.storeBytes(of: new.littleEndian, toByteOffset: 22, as: UInt32.self)
    frame.storeBytes(of: addresses.bigEndian, toByteOffset: 26, as: UInt64.self)
    apply(transportDelta, to: frame, l4Offset: 34, transport: transport)
  }

  /// The same for IPv6.
  @inlinable @inline(__always)
  public static func apply(
    _ frame: UnsafeMutableRawPointer, source: UInt128, destination: UInt128,
    transportDelta: UInt16, transport: UInt8
  ) {
    frame.store8(frame.load8(21) &- 1, 21)
    frame.store128(source, 22)
    frame.store128(destination, 38)
    apply(transportDelta, to: frame, l4Offset: 54, transport: transport)
  }

  @inlinable @inline(__always)
  static func apply(
    _ transportDelta: UInt16, to frame: UnsafeMutableRawPointer, l4Offset: Int, transport: UInt8
  ) {
    if transport == 6 {
      add(transportDelta, to: frame + (l4Offset &+ 16), zero: 0)
    } else {
      // No checksum stays no checksum, and a computed zero is written as ones (RFC 768).
      let field = frame + (l4Offset &+ 6)
      guard field.loadUnaligned(as: UInt16.self) != 0 else { return }
      add(transportDelta, to: field, zero: 0xffff)
    }
  }

  /// - Parameter zero: how a checksum that comes to zero is written.
  @inlinable @inline(__always)
  static func add(_ delta: UInt16, to field: UnsafeMutableRawPointer, zero: UInt16) {
    let sum = UInt32(~field.loadUnaligned(as: UInt16.self)) &+ UInt32(delta)
    let new = ~UInt16(truncatingIfNeeded: sum &+ sum >> 16)
    field.storeBytes(of: new == 0 ? zero : new, as: UInt16.self)
  }
}
