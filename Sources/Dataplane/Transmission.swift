import Model
import Wire

/// How a packet has left: what its reply is known by.
public struct Departure: BitwiseCopyable, Sendable {
  /// Of its frame, in the input vector.
  public let index: Int
  /// In host order, IPv4 in the low 32 bits.
  public let translatedSource: UInt128
}

/// Why a packet went where it went, for replay's lines.
public struct PacketDetail: Sendable {
  /// The route of its direction; nil for a packet that never came to a route.
  public var route: ResolvedRoute?
  /// Addresses as it leaves; nil for a packet that does not.
  public var translatedSource: IPAddress?
  public var translatedDestination: IPAddress?
  /// The rule of a security group that refused it; nil where none did.
  public var securityRule: SecurityGroups.RuleID?

  public init() {}
}

/// What one vector led to: the verdict of each of its frames, and the frames to send, in order, with
/// their ports. Frames point into the input vector (rewritten in place) or into memory of this value
/// (answers, resets, segments), and are valid until either is cleared.
public struct Transmission: ~Copyable {
  public struct Item: BitwiseCopyable {
    public var frame: Frame
    public var port: PortID
    private let causeIndex: Int16

    /// Index in the input vector of the frame that led to this one; nil for a reset of a switch.
    public var cause: Int? { causeIndex < 0 ? nil : Int(causeIndex) }

    @inline(__always)
    init(port: PortID, frame: Frame, cause: Int?) {
      self.frame = frame
      self.port = port
      // A vector has 256 frames.
      causeIndex = cause.map { Int16(truncatingIfNeeded: $0) } ?? -1
    }
  }

  /// One per frame of the input vector, in its order. Valid until the next change.
  public var verdicts: UnsafeBufferPointer<Verdict> { verdictPile.elements }
  /// What is to be sent, in order. Valid until the next change.
  public var items: UnsafeBufferPointer<Item> { itemPile.elements }
  /// In the order of the input vector, of each forwarded frame that its flow has had no departure like before, and perhaps
  /// of others; none where they are not asked for. Valid until the next change.
  public var departures: UnsafeBufferPointer<Departure> { departurePile.elements }
  /// Of each forwarded frame: for those who have forgotten what they were told.
  public var notesEveryDeparture = false
  /// One per frame of the input vector, in its order; none where they are not asked for. Valid until the next change.
  public private(set) var details: [PacketDetail] = []
  let record: Record

  /// What is written down of each packet besides its verdict: more for those who report more.
  public enum Record: Comparable, Sendable {
    case nothing
    case departures
    /// And departures.
    case details
  }
  private var verdictPile = Pile<Verdict>(capacity: PacketVector.capacity)
  private var departurePile = Pile<Departure>(capacity: PacketVector.capacity)
  private var itemPile = Pile<Item>(capacity: PacketVector.capacity * 2)

  private var chunks: [UnsafeMutableRawBufferPointer] = []
  private var chunk = 0
  private var used = 0

  /// Memory for frames that we make grows in pieces of this size and is kept: one full vector of frames of
  /// 64 KiB, each cut into segments, takes 19 of them.
  private static let chunkSize = 1 << 20

  /// - Parameter record: for those who report on packets, not for live traffic.
  public init(record: Record = .nothing) {
    self.record = record
    if record == .details { details.reserveCapacity(PacketVector.capacity) }
  }

  deinit {
    for chunk in chunks { chunk.deallocate() }
  }

  /// Forgets everything; the memory stays.
  public mutating func removeAll() {
    verdictPile.removeAll()
    itemPile.removeAll()
    departurePile.removeAll()
    if record == .details { details.removeAll(keepingCapacity: true) }
    chunk = 0
    used = 0
  }

  /// The next frame's end.
  mutating func append(_ verdict: Verdict) { verdictPile.append(verdict) }

  /// The next frame's end, and its detail where that is asked for.
  @inline(__always)
  mutating func append(_ verdict: Verdict, _ detail: @autoclosure () -> PacketDetail) {
    verdictPile.append(verdict)
    if record == .details { append(detail()) }
  }

  /// What is to be known of a frame whose verdict is in, where details are asked for.
  mutating func append(_ detail: PacketDetail) { details.append(detail) }

  @inline(__always)
  mutating func append(_ departure: Departure) { departurePile.append(departure) }

  @inline(__always)
  mutating func append(_ item: Item) { itemPile.append(item) }

  /// Room for the next so many frames, each forwarded as it is, until `take`.
  mutating func reserve(
    _ count: Int
  ) -> (verdicts: UnsafeMutablePointer<Verdict>, items: UnsafeMutablePointer<Item>) {
    (verdictPile.reserve(count), itemPile.reserve(count))
  }

  /// - Precondition: so many have been written where `reserve` said.
  mutating func take(_ written: Int) {
    verdictPile.take(written)
    itemPile.take(written)
  }

  /// Changes the items from `first` on, and takes out those for which `change` says no.
  mutating func changeItems(from first: Int, _ change: (inout Item, inout Self) -> Bool) {
    var kept = first
    for index in first..<itemPile.count {
      var item = itemPile.elements[index]
      guard change(&item, &self) else { continue }
      itemPile.replace(kept, with: item)
      kept += 1
    }
    itemPile.truncate(to: kept)
  }

  /// Room for a frame of ours, aligned to 64 bytes, and `PacketVector.headroom` before it, until the next
  /// `removeAll`.
  mutating func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer {
    let size = PacketVector.headroom + (count + 63) & ~63
    precondition(size <= Self.chunkSize)
    if chunk < chunks.count, used + size > Self.chunkSize {
      chunk += 1
      used = 0
    }
    if chunk == chunks.count {
      chunks.append(.allocate(byteCount: Self.chunkSize, alignment: 64))
    }
    defer { used += size }
    let start = used + PacketVector.headroom
    return UnsafeMutableRawBufferPointer(rebasing: chunks[chunk][start..<start + count])
  }
}
