/// IPv6 extension headers that a packet is read through (RFC 8200 section 4, RFC 4302):
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |  Next Header  |  Hdr Ext Len  |                               |
/// ```
enum ExtensionHeader: UInt8 {
  case hopByHop = 0
  case routing = 43
  case fragment = 44
  case authentication = 51
  case destinationOptions = 60

  /// In bytes, the first 8 included; the authentication header counts in words of its own.
  /// - Precondition: 8 bytes are there.
  func length(_ header: UnsafeRawPointer) -> Int {
    switch self {
    case .hopByHop, .routing, .destinationOptions: (Int(header.load8(1)) + 1) * 8
    case .authentication: (Int(header.load8(1)) + 2) * 4
    case .fragment: 8
    }
  }

  /// Where in a routing header the address of the packet's last destination stands, while the packet is on its
  /// way to an earlier one; nil where the destination in the IPv6 header is the last.
  /// - Precondition: 8 bytes are there.
  static func finalDestination(_ header: UnsafeRawPointer, length: Int) -> Int? {
    guard header.load8(3) > 0, length >= 24 else { return nil }
    return switch header.load8(2) {
    // RFC 2460 section 4.4, RFC 6275 section 6.4: in the order of the way.
    case 0, 2: 8 + ((length - 8) / 16 - 1) * 16
    // RFC 8754 section 2: in reverse order.
    case 4: 8
    default: nil
    }
  }
}
