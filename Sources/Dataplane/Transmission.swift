import Model
import Wire

/// Why a packet went where it went, for replay's lines.
public struct PacketDetail: Sendable {
  /// The route of its direction; nil for a packet that never came to a route.
  public var route: ResolvedRoute?
  /// Addresses as it leaves; nil for a packet that does not.
  public var translatedSource: IPAddress?
  public var translatedDestination: IPAddress?

  public init() {}
}

/// What one vector led to: the verdict of each of its frames, and the frames to send, in order, with
/// their ports. Frames point into the input vector (rewritten in place) or into memory of this value
/// (answers, resets, segments), and are valid until either is cleared.
public struct Transmission: ~Copyable {
  public struct Item {
    public var port: PortID
    public var frame: Frame
    /// Index in the input vector of the frame that led to this one; nil for a reset of a switch.
    public var cause: Int?
  }

  /// One per frame of the input vector, in its order.
  public internal(set) var verdicts: [Verdict] = []
  /// One per frame of the input vector, in its order; none where they are not asked for.
  public internal(set) var details: [PacketDetail] = []
  private let recordsDetails: Bool
  public internal(set) var items: [Item] = []

  private var chunks: [UnsafeMutableRawBufferPointer] = []
  private var chunk = 0
  private var used = 0

  /// Memory for frames that we make grows in pieces of this size and is kept: one full vector of frames of
  /// 64 KiB, each cut into segments, takes 17 of them.
  private static let chunkSize = 1 << 20

  /// - Parameter recordsDetails: fills `details`: for those who report on packets, not for live traffic.
  public init(recordsDetails: Bool = false) {
    self.recordsDetails = recordsDetails
    verdicts.reserveCapacity(PacketVector.capacity)
    if recordsDetails { details.reserveCapacity(PacketVector.capacity) }
    items.reserveCapacity(PacketVector.capacity * 2)
  }

  deinit {
    for chunk in chunks { chunk.deallocate() }
  }

  /// Forgets everything; the memory stays.
  public mutating func removeAll() {
    verdicts.removeAll(keepingCapacity: true)
    details.removeAll(keepingCapacity: true)
    items.removeAll(keepingCapacity: true)
    chunk = 0
    used = 0
  }

  /// The next frame's end.
  @inline(__always)
  mutating func append(_ verdict: Verdict, _ detail: @autoclosure () -> PacketDetail) {
    verdicts.append(verdict)
    if recordsDetails { details.append(detail()) }
  }

  /// Room for a frame of ours, aligned to 64 bytes, until the next `removeAll`.
  mutating func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer {
    let size = (count + 63) & ~63
    precondition(size <= Self.chunkSize)
    if chunk < chunks.count, used + size > Self.chunkSize {
      chunk += 1
      used = 0
    }
    if chunk == chunks.count {
      chunks.append(.allocate(byteCount: Self.chunkSize, alignment: 64))
    }
    defer { used += size }
    return UnsafeMutableRawBufferPointer(rebasing: chunks[chunk][used..<used + count])
  }
}
