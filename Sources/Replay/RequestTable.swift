import Dataplane
import Wire

/// What was forwarded of each conversation, of the newest conversations: a capture may hold more than memory.
///
/// | | |
/// |---|---|
/// | `entries` | one of 64 bytes for each conversation, in the order in which they first came; a ring once it is full |
/// | `places` | open addressing by hash: 1 + an entry's index, 0 where there is none; never more than half full |
struct RequestTable: ~Copyable {
  /// More than a flow table of the default size keeps, sixteen times over.
  static let limit = 1 << 20

  private struct Entry: BitwiseCopyable {
    var conversation: Conversation
    var egress: UInt16
    var hash: UInt32
    var translatedSource: UInt128
  }

  private let limit: Int
  private var entries: UnsafeMutablePointer<Entry>
  private var capacity: Int
  private(set) var count = 0
  /// Whether anything that was noted has given way to something else.
  private(set) var hasForgotten = false
  /// The entry that gives way to the next one, once `count` is the limit.
  private var oldest = 0
  private var places: UnsafeMutablePointer<UInt32>
  private var mask: Int

  /// - Parameter limit: a power of two.
  init(limit: Int = RequestTable.limit) {
    self.limit = limit
    // Memory that is not used costs nothing.
    capacity = min(limit, 1 << 15)
    entries = Self.allocate(capacity)
    mask = capacity * 2 - 1
    places = .allocate(capacity: mask + 1)
    places.initialize(repeating: 0, count: mask + 1)
  }

  deinit {
    entries.deallocate()
    places.deallocate()
  }

  func request(_ conversation: Conversation) -> ForwardedRequest? {
    let place = place(of: conversation, hash: conversation.hash)
    guard places[place] > 0 else { return nil }
    let entry = entries[Int(places[place]) - 1]
    return ForwardedRequest(
      egress: PortID(Int(entry.egress)),
      translatedSource: conversation.address(entry.translatedSource))
  }

  /// - Parameter translatedSource: of the conversation's IP version.
  mutating func note(_ conversation: Conversation, egress: PortID, translatedSource: UInt128) {
    let hash = conversation.hash
    let place = place(of: conversation, hash: hash)
    let known = places[place]
    if known > 0 {
      let entry = entries + (Int(known) &- 1)
      // Most say nothing new, and then no line of the cache is written.
      if entry.pointee.egress != egress.index || entry.pointee.translatedSource != translatedSource
      {
        entry.pointee.egress = egress.index
        entry.pointee.translatedSource = translatedSource
        hasForgotten = true
      }
      return
    }
    insert(
      Entry(
        conversation: conversation, egress: egress.index, hash: hash,
        translatedSource: translatedSource))
  }

  /// Where it is, or would be.
  @inline(__always)
  private func place(of conversation: Conversation, hash: UInt32) -> Int {
    var place = Int(hash) & mask
    while places[place] > 0 {
      let entry = entries + (Int(places[place]) &- 1)
      if entry.pointee.hash == hash, entry.pointee.conversation == conversation { return place }
      place = (place &+ 1) & mask
    }
    return place
  }

  private mutating func insert(_ entry: Entry) {
    var index = count
    if count == limit {
      index = oldest
      oldest = (oldest + 1) % limit
      remove(entries[index])
      hasForgotten = true
    } else {
      if count == capacity { grow() }
      count += 1
    }
    (entries + index).initialize(to: entry)
    places[place(of: entry.conversation, hash: entry.hash)] = UInt32(index + 1)
  }

  /// Takes an entry out of `places`; those behind it move up, so that no gap separates them from their own place.
  private func remove(_ entry: Entry) {
    var gap = place(of: entry.conversation, hash: entry.hash)
    var next = (gap + 1) & mask
    while places[next] > 0 {
      let home = Int(entries[Int(places[next]) - 1].hash) & mask
      if (next - home) & mask >= (next - gap) & mask {
        places[gap] = places[next]
        gap = next
      }
      next = (next + 1) & mask
    }
    places[gap] = 0
  }

  /// Each entry on a line of the cache.
  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Entry> {
    precondition(MemoryLayout<Entry>.stride == 64)
    return UnsafeMutableRawPointer.allocate(byteCount: count * 64, alignment: 64)
      .bindMemory(to: Entry.self, capacity: count)
  }

  private mutating func grow() {
    let larger = Self.allocate(capacity * 2)
    larger.initialize(from: entries, count: count)
    entries.deallocate()
    entries = larger
    capacity *= 2
    mask = capacity * 2 - 1
    places.deallocate()
    places = .allocate(capacity: mask + 1)
    places.initialize(repeating: 0, count: mask + 1)
    for index in 0..<count {
      let entry = entries + index
      places[place(of: entry.pointee.conversation, hash: entry.pointee.hash)] = UInt32(index + 1)
    }
  }
}
