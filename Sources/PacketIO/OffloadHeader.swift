import CPacketIO
import Dataplane
import Wire

/// What stands before a TAP's frame, and before a batch that leaves by a packet socket (virtio 1.2 section 5.1.6, struct
/// virtio_net_hdr): where a checksum is still to be computed, and into what segments the frame is to be cut.
///
/// ```
///  0       1          2         4          6            8             10
/// | flags | gso_type | hdr_len | gso_size | csum_start | csum_offset | frame
/// ```
///
/// 16-bit fields are in the machine's byte order; offsets count from the frame's first byte.
struct OffloadHeader {
  /// Bytes.
  static let length = MemoryLayout<virtio_net_hdr>.size

  var fields = virtio_net_hdr()

  /// Of a frame that is one packet, its checksums complete.
  init() {}

  /// As it was read.
  init(_ fields: virtio_net_hdr) { self.fields = fields }

  /// Of a batch that the path has left whole: the kernel cuts it where it must, and computes checksums where it does.
  /// Nil for a frame that is no TCP packet.
  init?(batch frame: Frame) {
    guard
      let headers = try? Headers.parse(
        UnsafeRawBufferPointer(frame.buffer), wireLength: frame.wireLength),
      headers.transport == 6, !headers.isFragment
    else { return nil }
    fields.flags = UInt8(VIRTIO_NET_HDR_F_NEEDS_CSUM)
    fields.gso_type = Self.kind(headers)
    // RFC 3168 section 6.1.2: the congestion window was reduced before the first segment alone.
    if headers.tcpFlags.contains(.cwr) { fields.gso_type |= UInt8(VIRTIO_NET_HDR_GSO_ECN) }
    fields.hdr_len = UInt16(headers.payloadOffset)
    fields.gso_size = frame.segmentSize
    fields.csum_start = UInt16(headers.l4Offset)
    fields.csum_offset = Self.tcpChecksumOffset
  }

  /// Bytes from the TCP header's start.
  private static let tcpChecksumOffset: UInt16 = 16

  private static func kind(_ headers: Headers) -> UInt8 {
    UInt8(headers.network == .ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4)
  }

  /// Makes of a received frame what the packet path takes: one packet gets its checksum here, so that it is a plain one;
  /// a batch stays as it is.
  /// - Returns: the segment size of a batch, 0 for one packet; nil, and nothing done, where the header contradicts the
  ///   frame.
  func settle(_ frame: UnsafeMutableRawBufferPointer) -> UInt16? {
    guard Int(fields.hdr_len) <= frame.count else { return nil }
    let needsChecksum = fields.flags & UInt8(VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0
    let field = Int(fields.csum_start) + Int(fields.csum_offset)
    if needsChecksum {
      // Behind the Ethernet header, where a transport's header may begin.
      guard fields.csum_start >= 14, field + 2 <= frame.count else { return nil }
    }
    if fields.gso_type == UInt8(VIRTIO_NET_HDR_GSO_NONE) {
      if needsChecksum { complete(frame, at: field) }
      return 0
    }
    // Only TCP was asked for, and Linux leaves no batch with its checksums complete.
    guard needsChecksum, fields.gso_size > 0,
      let headers = try? Headers.parse(UnsafeRawBufferPointer(frame), wireLength: frame.count),
      headers.transport == 6, !headers.isFragment,
      fields.gso_type & ~UInt8(VIRTIO_NET_HDR_GSO_ECN) == Self.kind(headers),
      Int(fields.csum_start) == headers.l4Offset, fields.csum_offset == Self.tcpChecksumOffset,
      hasPartialChecksum(UnsafeRawBufferPointer(frame), headers)
    else { return nil }
    guard headers.trafficLength > Int(fields.gso_size) else {
      complete(frame, at: field)
      return 0
    }
    return fields.gso_size
  }

  /// The field holds the pseudo-header's sum: what is added to it is the rest, whatever the protocol.
  private func complete(_ frame: UnsafeMutableRawBufferPointer, at field: Int) {
    let sum = checksum(UnsafeRawBufferPointer(rebasing: frame[Int(fields.csum_start)...]))
    // Zero would mean none to UDP (RFC 768), and is the same number.
    frame.storeBytes(
      of: (sum == 0 ? 0xffff : sum).bigEndian, toByteOffset: field, as: UInt16.self)
  }
}
