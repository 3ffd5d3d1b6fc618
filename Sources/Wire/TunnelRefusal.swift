/// Why a packet cannot enter a tunnel, or what came from the backbone is none of a tunnel's.
public enum TunnelRefusal: Error, Sendable, Equatable, CaseIterable {
  // What came.
  /// Neither the outer header nor the IP version that the link's packets have.
  case notEncapsulated
  /// Outer header, tunnel header or inner headers contradict themselves, each other or the frame.
  case malformed
  /// The capture holds too little of it.
  case truncated
  /// The outer packet is a fragment, which no tunnel endpoint makes (RFC 7348 section 4.3).
  case fragmented
  /// A tunnel inside a tunnel. In either direction.
  case nested
  // What cannot be carried, in either direction.
  /// IPv4 options, or IPv6 extension headers other than the fragment's.
  case options
  /// A protocol number that the other IP version reads as something else.
  case protocolNotCarried
  /// ICMP other than a whole echo message.
  case icmpNotCarried
  /// A fragmented UDP datagram without a checksum: IPv6 requires one, and it covers the other fragments.
  case checksumMissing
  /// The outer packet would be longer than 65,535 bytes.
  case tooLong
}
