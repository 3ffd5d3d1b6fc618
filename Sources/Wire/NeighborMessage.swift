/// A neighbour solicitation or advertisement (RFC 4861 sections 4.3 and 4.4), as a view:
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |  Type 135/136 |    Code (0)   |           Checksum            |
/// |R|S|O|           Reserved (all of it, in a solicitation)       |
/// |                      Target Address (16)                      |
/// |   Options: Type, Length in 8 bytes, and what they say ...     |
/// ```
public struct NeighborMessage {
  /// Without options, in bytes.
  static let length = 24

  private let message: UnsafeRawBufferPointer

  /// Nil for anything else, for a message that a router may have forwarded (hop limit below 255), and for one whose
  /// options have no length (sections 7.1.1 and 7.1.2), or that a capture has cut.
  public init?(_ bytes: UnsafeRawBufferPointer, _ headers: Headers) {
    guard headers.network == .ipv6, headers.transport == 58, !headers.isFragment,
      headers.icmpType == 135 || headers.icmpType == 136, headers.icmpCode == 0,
      headers.hopLimit == 255, headers.l4Offset + Self.length <= headers.end,
      headers.end <= bytes.count
    else { return nil }
    message = UnsafeRawBufferPointer(rebasing: bytes[headers.l4Offset..<headers.end])
    var offset = Self.length
    while offset < message.count {
      guard offset + 8 <= message.count, message[offset + 1] > 0 else { return nil }
      offset += Int(message[offset + 1]) * 8
    }
    guard offset == message.count else { return nil }
  }

  /// Else it is an advertisement.
  public var isSolicitation: Bool { message[0] == 135 }

  /// Of an advertisement: the sender is a router.
  public var isRouter: Bool { !isSolicitation && message[4] & 0x80 != 0 }

  /// Of an advertisement: it answers a solicitation.
  public var isSolicited: Bool { !isSolicitation && message[4] & 0x40 != 0 }

  /// Of an advertisement: it replaces what the receiver knew.
  public var isOverride: Bool { !isSolicitation && message[4] & 0x20 != 0 }

  /// Whom the question or the answer is about.
  public var target: IPv6Address { IPv6Address(message.baseAddress!.load128(8)) }

  /// The Ethernet address in the option for it: the sender's own in a solicitation, the target's in an
  /// advertisement; nil where there is none.
  public var linkLayerAddress: MACAddress? {
    let wanted: UInt8 = isSolicitation ? 1 : 2
    var offset = Self.length
    while offset < message.count {
      if message[offset] == wanted, message[offset + 1] == 1 {
        let option = message.baseAddress! + offset
        return MACAddress(UInt64(option.load16(2)) << 32 | UInt64(option.load32(4)))
      }
      offset += Int(message[offset + 1]) * 8
    }
    return nil
  }
}

extension Headers {
  /// Whom a neighbour solicitation asks for; nil for anything else.
  public func neighborSolicitationTarget(_ bytes: UnsafeRawBufferPointer) -> IPv6Address? {
    guard let message = NeighborMessage(bytes, self), message.isSolicitation else { return nil }
    return message.target
  }
}
