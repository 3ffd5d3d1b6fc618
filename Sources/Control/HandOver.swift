import CKernels
import Dataplane
import Synchronization

/// Frames on their way from one worker to another: a ring of bytes with one writer and one reader, without a lock
/// and without an allocation. Bounded: what finds no room stays with its writer.
///
/// A record is its head, room in front of the frame, and the frame, from one multiple of 64 bytes to another and never
/// across the end of the ring.
final class HandOver: Sendable {
  /// Bytes; a power of two. At 64 bytes a frame these are 16,384 of them, at 1,500 some 2,400: a few milliseconds of
  /// a full core's.
  static let size = 4 << 20

  /// What stands at the start of a record.
  fileprivate struct Head {
    /// Bytes of the frame; `filler` where there is none, and the next record is at the start of the ring.
    var length: UInt32
    var wireLength: UInt32
    /// `PlacedPort.number` of the port that it came in by.
    var port: UInt32
    var segmentSize: UInt16 = 0
    var timestamp: UInt64

    static let filler = UInt32.max
  }

  fileprivate static let line = 64
  /// From a record's start to its frame.
  fileprivate static let offset = line + PacketVector.headroom

  /// Bytes written, and bytes given back, since the start.
  fileprivate let written = Atomic<Int>(0)
  fileprivate let released = Atomic<Int>(0)
  private let address: UInt

  init() {
    precondition(MemoryLayout<Head>.size <= Self.line)
    guard let memory = spurline_map(Self.size) else { fatalError("out of memory") }
    address = UInt(bitPattern: memory)
  }

  deinit { spurline_unmap(memory, Self.size) }

  fileprivate var memory: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
  }

  /// Whether something has been written that is not yet given back.
  var isEmpty: Bool {
    written.load(ordering: .acquiring) == released.load(ordering: .relaxed)
  }

  /// Of a record with a frame of so many bytes.
  fileprivate static func recordSize(_ length: Int) -> Int {
    (offset + length + line - 1) & ~(line - 1)
  }
}

/// The end of a `HandOver` that its writer has.
struct HandOverWriter {
  private let ring: HandOver
  private let memory: UnsafeMutableRawPointer
  private var position = 0
  private var published = 0
  /// As last seen.
  private var released = 0

  init(_ ring: HandOver) {
    self.ring = ring
    memory = ring.memory
  }

  /// Copies a frame in; its reader sees it with the next `publish`. False, and nothing done, where there is no room.
  mutating func append(_ frame: Frame, port: UInt32) -> Bool {
    let size = HandOver.recordSize(frame.length)
    let toEnd = HandOver.size - position & (HandOver.size - 1)
    let skipped = size > toEnd ? toEnd : 0
    if position + skipped + size - released > HandOver.size {
      released = ring.released.load(ordering: .acquiring)
      guard position + skipped + size - released <= HandOver.size else { return false }
    }
    if skipped > 0 {
      head(HandOver.Head(length: HandOver.Head.filler, wireLength: 0, port: 0, timestamp: 0))
      position += skipped
    }
    head(
      HandOver.Head(
        length: UInt32(frame.length), wireLength: UInt32(frame.wireLength), port: port,
        segmentSize: frame.segmentSize, timestamp: frame.timestamp))
    (memory + position & (HandOver.size - 1) + HandOver.offset)
      .copyMemory(from: frame.bytes, byteCount: frame.length)
    position += size
    return true
  }

  private func head(_ head: HandOver.Head) {
    (memory + position & (HandOver.size - 1)).storeBytes(of: head, as: HandOver.Head.self)
  }

  /// Shows the reader what has been appended.
  /// - Returns: whether that was anything.
  mutating func publish() -> Bool {
    guard position != published else { return false }
    published = position
    ring.written.store(position, ordering: .releasing)
    return true
  }
}

/// The end of a `HandOver` that its reader has.
struct HandOverReader {
  private let ring: HandOver
  private let memory: UnsafeMutableRawPointer
  private var position = 0

  init(_ ring: HandOver) {
    self.ring = ring
    memory = ring.memory
  }

  var isEmpty: Bool { ring.isEmpty }

  /// Appends frames that came in by one port, in order, as many as the vector takes. They stand in the ring until
  /// `release`.
  /// - Returns: the port's number; nil where nothing waits.
  mutating func read(into vector: inout PacketVector) -> UInt32? {
    let end = ring.written.load(ordering: .acquiring)
    var port: UInt32?
    while position < end, !vector.isFull {
      let record = memory + position & (HandOver.size - 1)
      let head = record.load(as: HandOver.Head.self)
      if head.length == HandOver.Head.filler {
        position += HandOver.size - position & (HandOver.size - 1)
        continue
      }
      guard port == nil || port == head.port else { break }
      port = head.port
      _ = vector.append(
        Frame(
          bytes: record + HandOver.offset, length: Int(head.length),
          wireLength: Int(head.wireLength), timestamp: head.timestamp,
          segmentSize: head.segmentSize),
        headroom: PacketVector.headroom)
      position += HandOver.recordSize(Int(head.length))
    }
    return port
  }

  /// Gives the room of what was read back to the writer.
  func release() { ring.released.store(position, ordering: .releasing) }
}
