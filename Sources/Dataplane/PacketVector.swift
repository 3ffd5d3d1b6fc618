import CKernels

/// Up to 256 frames, filled by a port's `receive`, and memory for those that have none of their own.
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

  @usableFromInline var used = 0
  @inlinable public var count: Int { used }
  /// Nil where all frames stay where they are.
  @usableFromInline let memory: UnsafeMutableRawPointer?
  @usableFromInline let frames: UnsafeMutablePointer<Frame>
  /// Bytes before every frame that may be written to, `headroom` at most.
  @usableFromInline var room = PacketVector.headroom

  /// - Parameter hasSlots: false for a vector that only takes frames that stay where they are.
  public init(hasSlots: Bool = true) {
    precondition(Self.stride > Self.frameCapacity + Self.headroom)
    memory = hasSlots ? spurline_map(Self.capacity * Self.stride) : nil
    guard memory != nil || !hasSlots else { fatalError("out of memory") }
    frames = .allocate(capacity: Self.capacity)
  }

  deinit {
    if let memory { spurline_unmap(memory, Self.capacity * Self.stride) }
    frames.deallocate()
  }

  private var nextSlot: UnsafeMutableRawPointer? {
    memory.map { $0 + used * Self.stride + Self.headroom }
  }

  public var isFull: Bool { count == Self.capacity }

  public mutating func removeAll() {
    used = 0
    room = Self.headroom
  }

  /// Copies a frame in. False, and nothing done, where the vector is full or has no slots, or the frame is larger than
  /// `frameCapacity`.
  public mutating func append(
    _ bytes: UnsafeRawBufferPointer, wireLength: Int, timestamp: UInt64, segmentSize: UInt16 = 0
  ) -> Bool {
    guard !isFull, bytes.count <= Self.frameCapacity, let slot = nextSlot else { return false }
    if let source = bytes.baseAddress { slot.copyMemory(from: source, byteCount: bytes.count) }
    frames[used] = Frame(
      bytes: slot, length: bytes.count, wireLength: max(wireLength, bytes.count),
      timestamp: timestamp, segmentSize: segmentSize)
    used += 1
    return true
  }

  /// The memory of the next frame, with `headroom` bytes before it: at least one byte more than a frame may have, so that
  /// one that is too long is seen. Nil where the vector is full or has no slots. What is written there is a frame after `commit`.
  public func reserve() -> UnsafeMutableRawBufferPointer? {
    guard !isFull, let slot = nextSlot else { return nil }
    return UnsafeMutableRawBufferPointer(start: slot, count: Self.stride - Self.headroom)
  }

  /// Takes what was written where `reserve` said as a whole frame. False, and nothing done, where it is larger than
  /// `frameCapacity`.
  /// - Precondition: the vector is not full, and has slots.
  public mutating func commit(length: Int, timestamp: UInt64, segmentSize: UInt16 = 0) -> Bool {
    guard !isFull, let slot = nextSlot else { preconditionFailure("commit without reserve") }
    guard length <= Self.frameCapacity else { return false }
    frames[used] = Frame(
      bytes: slot, length: length, wireLength: length,
      timestamp: timestamp, segmentSize: segmentSize)
    used += 1
    return true
  }

  /// Takes a frame that stays where it is, without a copy: it has to be writable, and to be there until the vector
  /// is emptied. False, and nothing done, where the vector is full.
  /// - Parameter headroom: bytes before it that may be written to.
  @inlinable
  public mutating func append(_ frame: Frame, headroom: Int = 0) -> Bool {
    guard used < Self.capacity else { return false }
    frames[used] = frame
    used += 1
    room = min(room, headroom)
    return true
  }

  /// Leaves out the frames that are not to be kept; the others stay in order, and in their memory.
  @inlinable
  public mutating func keep(where isKept: (Frame) -> Bool) {
    var kept = 0
    for index in 0..<used {
      let frame = frames[index]
      guard isKept(frame) else { continue }
      frames[kept] = frame
      kept += 1
    }
    used = kept
  }

  /// - Precondition: `index` is below `count`.
  @inlinable public subscript(index: Int) -> Frame {
    precondition(index < count)
    return frames[index]
  }
}
