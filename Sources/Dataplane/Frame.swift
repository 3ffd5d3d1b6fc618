/// One Ethernet frame in memory that somebody else owns: a slot of a `PacketVector` or of a
/// `Transmission`. Valid until its owner is cleared.
public struct Frame {
  /// The first byte of the destination MAC.
  public var bytes: UnsafeMutableRawPointer
  /// Bytes in memory.
  public var length: Int
  /// Bytes the frame had on the wire: more than `length` where a capture cut it short.
  public var wireLength: Int
  /// Nanoseconds since 1970, UTC, of its arrival.
  public var timestamp: UInt64

  @inlinable
  public init(bytes: UnsafeMutableRawPointer, length: Int, wireLength: Int, timestamp: UInt64) {
    self.bytes = bytes
    self.length = length
    self.wireLength = wireLength
    self.timestamp = timestamp
  }

  @inlinable public var isTruncated: Bool { wireLength > length }

  @inlinable public var buffer: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: bytes, count: length)
  }
}
