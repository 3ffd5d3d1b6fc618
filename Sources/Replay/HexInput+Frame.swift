import Dataplane
import Wire

extension HexInput {
  /// The Ethernet frame of bytes that are one, or that are a bare IP packet, which gets a header in front.
  ///
  /// A frame shows by its EtherType: bytes that begin with a right IP version and whose IP length is
  /// exactly their number are a packet, unless they can be read as a frame.
  /// - Parameters:
  ///   - isRawIP: nil to be told by the bytes.
  ///   - port: whose MAC addresses the header gets; zeros without one.
  /// - Throws: `ReplayError.badHex` for what is said to be an IP packet and is none.
  public static func frame(
    _ bytes: [UInt8], isRawIP: Bool?, at port: PortRecord?
  ) throws(ReplayError) -> [UInt8] {
    let version = (bytes.first ?? 0) >> 4
    guard isRawIP ?? looksLikePacket(bytes) else { return bytes }
    guard version == 4 || version == 6 else {
      throw .badHex("an IP packet begins with 4 or 6, this begins with \(version)")
    }
    var header = NetworkBytes()
    header.add(port?.macAddress ?? .zero)
    header.add(port?.peerMACAddress ?? .zero)
    header.add(version == 4 ? 0x0800 : 0x86dd as UInt16)
    return header.bytes + bytes
  }

  private static func looksLikePacket(_ bytes: [UInt8]) -> Bool {
    let isFrame = bytes.withUnsafeBytes {
      (try? Headers.parse($0, wireLength: $0.count)) != nil
    }
    guard !isFrame, bytes.count >= 20 else { return false }
    let field = { (offset: Int) in Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) }
    switch bytes[0] >> 4 {
    case 4: return bytes[0] & 0xf >= 5 && field(2) == bytes.count
    case 6: return bytes.count >= 40 && field(4) + 40 == bytes.count
    default: return false
    }
  }
}
