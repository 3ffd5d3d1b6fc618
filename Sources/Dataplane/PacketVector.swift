/// Up to 256 frames and the memory that they live in, filled by a port's `receive`.
public struct PacketVector: ~Copyable {
  /// Large enough that the cost of a stage's call vanishes, small enough that 256 headers stay in the
  /// first-level cache.
  public static let capacity = 256

  /// The largest frame: 64 KiB of IP (RFC 791) behind an Ethernet header with tags, as a veth hands over
  /// when segmentation is left to the interface.
  public static let frameCapacity = 65_536 + 64

  /// Room before each frame, for a header that is put in front of it.
  public static let headroom = 128

  /// One slot. An odd multiple of 64 bytes: slots 64 KiB apart would all fall on the same cache sets.
  static let stride = 1_031 * 64

  public private(set) var count = 0
  @usableFromInline let memory: UnsafeMutableRawPointer
  @usableFromInline let frames: UnsafeMutablePointer<Frame>

  public init() {
    precondition(Self.stride >= Self.frameCapacity + Self.headroom)
    memory = .allocate(byteCount: Self.capacity * Self.stride, alignment: 64)
    frames = .allocate(capacity: Self.capacity)
  }

  deinit {
    memory.deallocate()
    frames.deallocate()
  }

  public var isFull: Bool { count == Self.capacity }

  public mutating func removeAll() { count = 0 }

  /// Copies a frame in. False, and nothing done, where the vector is full or the frame is larger than
  /// `frameCapacity`.
  public mutating func append(
    _ bytes: UnsafeRawBufferPointer, wireLength: Int, timestamp: UInt64
  ) -> Bool {
    guard !isFull, bytes.count <= Self.frameCapacity else { return false }
    let slot = memory + count * Self.stride + Self.headroom
    if let source = bytes.baseAddress { slot.copyMemory(from: source, byteCount: bytes.count) }
    frames[count] = Frame(
      bytes: slot, length: bytes.count, wireLength: max(wireLength, bytes.count),
      timestamp: timestamp)
    count += 1
    return true
  }

  /// - Precondition: `index` is below `count`.
  @inlinable public subscript(index: Int) -> Frame {
    precondition(index < count)
    return frames[index]
  }
}
