/// What stands before the network header in a capture that is not Ethernet, for the link types where
/// that is simple (<https://www.tcpdump.org/linktypes.html>).
enum LinkHeader: Equatable {
  case ethernet
  /// `length` bytes that say no more than an Ethernet type and perhaps a source address.
  case replaceable(length: Int, etherType: UInt16, source: [UInt8] = [])
  /// The packet ends within it.
  case cutShort(needed: Int)
  case unsupported

  init(linkType: Int32, packet: UnsafeRawBufferPointer) {
    self =
      switch linkType {
      case 1: .ethernet
      // LINKTYPE_RAW is 101; libpcap's DLT_RAW is 12, and 14 on OpenBSD.
      case 12, 14, 101:
        .replaceable(
          length: 0,
          etherType: packet.first.map { $0 >> 4 } == 6 ? EtherType.ipv6 : EtherType.ipv4)
      case 228: .replaceable(length: 0, etherType: EtherType.ipv4)
      case 229: .replaceable(length: 0, etherType: EtherType.ipv6)
      case 0, 108: .init(family: packet)
      case 113: .init(linuxCooked: packet)
      case 276: .init(linuxCooked2: packet)
      case 104: .init(ciscoHDLC: packet)
      case 9: .init(ppp: packet)
      case 50: .init(pppOverHDLC: packet)
      // PPPoE's session header follows, with a type of its own.
      case 51: .replaceable(length: 0, etherType: EtherType.pppoeSession)
      default: .unsupported
      }
  }

  /// LINKTYPE_NULL has the address family in the byte order of the machine that captured,
  /// LINKTYPE_LOOP in network order. Families are below 256, so that the order shows.
  private init(family packet: UnsafeRawBufferPointer) {
    guard packet.count >= 4 else {
      self = .cutShort(needed: 4)
      return
    }
    let network = packet.loadUnaligned(as: UInt32.self).bigEndian
    switch network < 0x1_0000 ? network : network.byteSwapped {
    case 2: self = .replaceable(length: 4, etherType: EtherType.ipv4)
    // AF_INET6 of Linux, the BSDs and macOS.
    case 10, 24, 28, 30: self = .replaceable(length: 4, etherType: EtherType.ipv6)
    default: self = .unsupported
    }
  }

  /// ```
  ///  0       2         4         6               14         16
  /// | type  | ARPHRD_ | length  | address (8)   | protocol |
  /// ```
  private init(linuxCooked packet: UnsafeRawBufferPointer) {
    guard packet.count >= 16 else {
      self = .cutShort(needed: 16)
      return
    }
    self.init(
      cooked: packet, length: 16, hardware: packet.network16(2),
      addressLength: Int(packet.network16(4)),
      addressOffset: 6, protocolType: packet.network16(14))
  }

  /// ```
  ///  0          2          4           8         10     11       12            20
  /// | protocol | reserved | interface | ARPHRD_ | type | length | address (8) |
  /// ```
  private init(linuxCooked2 packet: UnsafeRawBufferPointer) {
    guard packet.count >= 20 else {
      self = .cutShort(needed: 20)
      return
    }
    self.init(
      cooked: packet, length: 20, hardware: packet.network16(8), addressLength: Int(packet[11]),
      addressOffset: 12, protocolType: packet.network16(0))
  }

  private init(
    cooked packet: UnsafeRawBufferPointer, length: Int, hardware: UInt16, addressLength: Int,
    addressOffset: Int, protocolType: UInt16
  ) {
    // ARPHRD_NETLINK: the protocol is a netlink family.
    guard hardware != 824 else {
      self = .unsupported
      return
    }
    self = .replaceable(
      length: length, etherType: protocolType,
      source: addressLength == 6 ? Array(packet[addressOffset..<addressOffset + 6]) : [])
  }

  /// Address, control, Ethernet type. RFC 1547, 4.3.1.
  private init(ciscoHDLC packet: UnsafeRawBufferPointer) {
    self =
      packet.count < 4
      ? .cutShort(needed: 4) : .replaceable(length: 4, etherType: packet.network16(2))
  }

  /// RFC 1661: a protocol number, of one byte where it is odd; RFC 1662: `ff 03` may stand before it.
  private init(ppp packet: UnsafeRawBufferPointer) {
    let offset = packet.count >= 2 && packet[0] == 0xff && packet[1] == 0x03 ? 2 : 0
    guard packet.count >= offset + 2 else {
      self = .cutShort(needed: offset + 2)
      return
    }
    let isCompressed = packet[offset] & 1 == 1
    let number = isCompressed ? UInt16(packet[offset]) : packet.network16(offset)
    let length = offset + (isCompressed ? 1 : 2)
    self =
      switch number {
      case 0x0021: .replaceable(length: length, etherType: EtherType.ipv4)
      case 0x0057: .replaceable(length: length, etherType: EtherType.ipv6)
      default: .replaceable(length: offset, etherType: EtherType.ppp)
      }
  }

  /// PPP in HDLC-like framing, or Cisco's HDLC (address 0x0f or 0x8f).
  private init(pppOverHDLC packet: UnsafeRawBufferPointer) {
    if let address = packet.first, address == 0x0f || address == 0x8f {
      self.init(ciscoHDLC: packet)
    } else {
      self.init(ppp: packet)
    }
  }

  private enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let ipv6: UInt16 = 0x86dd
    static let ppp: UInt16 = 0x880b
    static let pppoeSession: UInt16 = 0x8864
  }
}

extension UnsafeRawBufferPointer {
  /// Two bytes in network order. Precondition: they are there.
  fileprivate func network16(_ offset: Int) -> UInt16 {
    UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }
}
