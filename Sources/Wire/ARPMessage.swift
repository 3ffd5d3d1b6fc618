/// An ARP message for Ethernet and IPv4 (RFC 826), as a view:
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |       Hardware Type (1)       |     Protocol Type (0x0800)    |
/// |  HW Length 6  | Prot Length 4 |           Operation           |
/// |                Sender Hardware Address (6)                    |
/// |                Sender Protocol Address (4)                    |
/// |                Target Hardware Address (6)                    |
/// |                Target Protocol Address (4)                    |
/// ```
public struct ARPMessage {
  /// In bytes.
  public static let length = 28

  private let start: UnsafeRawPointer

  /// Nil unless the headers are ARP's and the message is for Ethernet and IPv4.
  public init?(_ bytes: UnsafeRawBufferPointer, _ headers: Headers) {
    guard headers.network == .arp, bytes.count >= headers.l3Offset + Self.length,
      let base = bytes.baseAddress
    else { return nil }
    start = base + headers.l3Offset
    guard start.load16(0) == 1, start.load16(2) == 0x0800, start.load16(4) == 0x0604 else {
      return nil
    }
  }

  /// 1 asks, 2 answers; others are of protocols that nobody uses.
  public var operation: UInt16 { start.load16(6) }

  /// Somebody asks who has `targetAddress`.
  public var isRequest: Bool { operation == 1 }

  /// Of who sent it.
  public var senderMAC: MACAddress {
    MACAddress(UInt64(start.load16(8)) << 32 | UInt64(start.load32(10)))
  }

  /// Zero in a probe for a duplicate (RFC 5227).
  public var senderAddress: IPv4Address { IPv4Address(start.load32(14)) }

  /// Of no meaning in a request.
  public var targetMAC: MACAddress {
    MACAddress(UInt64(start.load16(18)) << 32 | UInt64(start.load32(20)))
  }

  /// Whom a request asks for.
  public var targetAddress: IPv4Address { IPv4Address(start.load32(24)) }
}

/// Writes the reply to an ARP request, VLAN tags kept: `target` is at `mac`.
/// - Precondition: `memory` has room for the request's headers and 28 bytes more.
/// - Returns: its length in bytes.
public func writeARPReply(
  to request: UnsafeRawBufferPointer, _ headers: Headers, target: IPv4Address, mac: MACAddress,
  into memory: UnsafeMutableRawBufferPointer
) -> Int {
  let length = headers.l3Offset + ARPMessage.length
  memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: request[..<length]))
  let start = memory.baseAddress!
  let sender = MACAddress(sourceOf: request.baseAddress!)
  setMACs(start, destination: sender, source: mac)
  let message = start + headers.l3Offset
  message.store16(2, 6)
  // The asker's addresses become the target's.
  let asker = request.baseAddress! + headers.l3Offset
  (message + 18).copyMemory(from: asker + 8, byteCount: 10)
  message.storeMAC(mac, 8)
  message.store32(target.bits, 14)
  return length
}
