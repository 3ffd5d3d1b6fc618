/// One Ethernet frame in memory that somebody else owns: a slot of a `PacketVector` or of a
/// `Transmission`. Valid until its owner is cleared.
public struct Frame: BitwiseCopyable {
  /// The first byte of the destination MAC.
  public var bytes: UnsafeMutableRawPointer
  @usableFromInline var storedLength: UInt32
  @usableFromInline var storedWireLength: UInt32
  /// Nanoseconds since 1970, UTC, of its arrival.
  public var timestamp: UInt64
  /// Of a batch, bytes of TCP payload in each of the segments that it is to be cut into, more than one (F7); 0 where the
  /// frame is one packet, or nobody has said. A batch's TCP checksum field holds the pseudo-header's sum.
  public var segmentSize: UInt16

  @inlinable
  public init(
    bytes: UnsafeMutableRawPointer, length: Int, wireLength: Int, timestamp: UInt64,
    segmentSize: UInt16 = 0
  ) {
    self.bytes = bytes
    storedLength = UInt32(length)
    storedWireLength = UInt32(wireLength)
    self.timestamp = timestamp
    self.segmentSize = segmentSize
  }

  /// Bytes in memory.
  @inlinable public var length: Int { Int(storedLength) }

  /// Bytes the frame had on the wire: more than `length` where a capture cut it short.
  @inlinable public var wireLength: Int { Int(storedWireLength) }

  @inlinable public var isTruncated: Bool { wireLength > length }

  @inlinable public var buffer: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: bytes, count: length)
  }
}
