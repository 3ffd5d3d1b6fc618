/// TCP's control bits (RFC 9293 section 3.1).
public struct TCPFlags: OptionSet, Hashable, BitwiseCopyable, Sendable {
  /// The byte behind the data offset.
  public let rawValue: UInt8

  /// From the byte behind the data offset.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The sender has no more data.
  public static let fin = TCPFlags(rawValue: 1)
  /// Sequence numbers are synchronised: a connection begins.
  public static let syn = TCPFlags(rawValue: 2)
  /// The connection is reset.
  public static let rst = TCPFlags(rawValue: 4)
  /// The receiver shall not wait for more.
  public static let psh = TCPFlags(rawValue: 8)
  /// The acknowledgment number counts.
  public static let ack = TCPFlags(rawValue: 16)
  /// The urgent pointer counts.
  public static let urg = TCPFlags(rawValue: 32)
  /// Congestion was experienced (RFC 3168).
  public static let ece = TCPFlags(rawValue: 64)
  /// The congestion window was reduced (RFC 3168).
  public static let cwr = TCPFlags(rawValue: 128)
}

/// What one frame's headers say: plain numbers in host order, offsets in bytes from the frame's start.
public struct Headers: BitwiseCopyable, Sendable {
  /// What the EtherType says.
  public enum Network: UInt8, BitwiseCopyable, Sendable {
    case ipv4
    case ipv6
    case arp
  }

  /// Which of the protocols follows.
  public var network: Network
  /// 802.1Q and 802.1ad tags between the MAC addresses and the EtherType.
  public var vlanTags = 0
  /// The innermost one.
  public var etherType: UInt16
  /// The IP header, or the ARP message.
  public var l3Offset: Int
  /// The transport header; of a later fragment, its data.
  public var l4Offset = 0
  /// What is behind the transport header.
  public var payloadOffset = 0
  /// Behind the last byte of the IP packet by its own length; beyond the bytes of a capture that was cut.
  public var end = 0
  /// IPv4 addresses in the low 32 bits.
  public var source: UInt128 = 0
  /// Like `source`.
  public var destination: UInt128 = 0
  /// The protocol behind all IPv6 extension headers.
  public var transport: UInt8 = 0
  /// Of TCP, UDP, SCTP, DCCP and UDP-Lite; both the identifier of an echo; else 0.
  public var sourcePort: UInt16 = 0
  /// Like `sourcePort`.
  public var destinationPort: UInt16 = 0
  /// IPv4's time to live.
  public var hopLimit: UInt8 = 0
  /// Of TCP; else none.
  public var tcpFlags: TCPFlags = []
  /// Of TCP; else 0.
  public var tcpSequence: UInt32 = 0
  /// Of TCP, whether or not the flag says that it counts; else 0.
  public var tcpAcknowledgment: UInt32 = 0
  /// The largest segment that the sender of a SYN accepts, in bytes of payload; nil where it does not say.
  public var tcpMaximumSegment: UInt16?
  /// Of the IP version's own ICMP; else 0.
  public var icmpType: UInt8 = 0
  /// Of the IP version's own ICMP; else 0.
  public var icmpCode: UInt8 = 0
  /// It is not the whole packet.
  public var isFragment = false
  /// In bytes.
  public var fragmentOffset = 0
  /// It is not the last fragment.
  public var moreFragments = false
  /// IPv4's identification, 16 bits, of any packet; that of IPv6's fragment header; else 0.
  public var fragmentID: UInt32 = 0
  /// IPv6 always: routers do not fragment (RFC 8200 section 5).
  public var dontFragment = false
  /// The IPv4 header checksum is zero: left to the interface.
  public var ipv4ChecksumMissing = false
  /// Where the address stands that the transport's checksum covers instead of `destination`: the end of a
  /// source route that the packet has not reached; else 0.
  var finalDestinationOffset = 0

  @usableFromInline
  init(network: Network, etherType: UInt16, l3Offset: Int) {
    self.network = network
    self.etherType = etherType
    self.l3Offset = l3Offset
  }

  /// Of ARP, 0.0.0.0: the message has them.
  public var sourceAddress: IPAddress { address(source) }
  /// Like `sourceAddress`.
  public var destinationAddress: IPAddress { address(destination) }

  /// Bits of this packet's IP version as an address.
  public func address(_ bits: UInt128) -> IPAddress {
    IPAddress(bits: bits, isIPv6: network == .ipv6)
  }

  /// The fragment that has the transport header.
  public var isFirstFragment: Bool { isFragment && fragmentOffset == 0 }
  /// A fragment without a transport header.
  public var isLaterFragment: Bool { fragmentOffset > 0 }

  /// The IP packet's length in bytes, header included.
  @inlinable public var packetLength: Int { end - l3Offset }

  /// Bytes behind the transport header.
  @inlinable public var trafficLength: Int { max(0, end - payloadOffset) }

  /// A SYN that begins a connection.
  public var isSYN: Bool { tcpFlags.contains(.syn) && !tcpFlags.contains(.ack) }

  /// The ICMP of its own IP version.
  public var isICMP: Bool { transport == (network == .ipv6 ? 58 : 1) }

  /// A ping.
  public var isEchoRequest: Bool {
    isICMP && !isLaterFragment && icmpType == (network == .ipv6 ? 128 : 8)
  }

  /// A message that quotes the packet it is about (RFC 792; RFC 4443 section 2.1).
  public var isICMPError: Bool {
    guard isICMP, !isLaterFragment else { return false }
    return network == .ipv6 ? (1...4).contains(icmpType) : [3, 4, 5, 11, 12].contains(icmpType)
  }
}

/// Why a frame cannot be read.
public enum ParseError: Error, Sendable {
  case frameTooShort
  case frameTooLong
  case unsupportedEtherType
  case malformedARP
  case malformedIPv4
  case badIPv4Checksum
  case malformedIPv6
  case malformedTransport
  /// The capture holds fewer bytes than the headers need; the frame itself was longer.
  case truncated
}

extension Headers {
  /// What `parse` says of a plain packet (`PlainPacket`) as far as an encapsulation asks.
  /// - Parameters:
  ///   - ports: source port in the upper half, destination port in the lower.
  ///   - length: of the IP packet, in bytes.
  public init(
    plain isIPv6: Bool, source: UInt128, destination: UInt128, transport: UInt8, ports: UInt32,
    length: Int
  ) {
    self.init(
      network: isIPv6 ? .ipv6 : .ipv4, etherType: isIPv6 ? 0x86dd : 0x0800, l3Offset: 14)
    self.source = source
    self.destination = destination
    self.transport = transport
    sourcePort = UInt16(truncatingIfNeeded: ports >> 16)
    destinationPort = UInt16(truncatingIfNeeded: ports)
    l4Offset = isIPv6 ? 54 : 34
    payloadOffset = l4Offset
    end = 14 + length
  }
}
