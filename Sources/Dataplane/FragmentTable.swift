import Wire

/// What was decided on first fragments, for the later ones that carry no ports (F2).
///
/// Fixed in size: 1,024 sets of four. A new datagram takes the place of the oldest of its set; a later
/// fragment that finds nothing is dropped by name.
struct FragmentTable: ~Copyable {
  struct Key: Equatable {
    var source: UInt128
    var destination: UInt128
    var identification: UInt32
    var port: UInt16
    var transport: UInt8
  }

  enum Outcome {
    case forward(Action)
    case drop(DropReason)
  }

  private struct Entry {
    var key: Key
    var outcome: Outcome
    /// Of the first fragment; 0 for an empty entry.
    var time: UInt64
  }

  /// As long as a receiver keeps fragments: Linux's default.
  static let lifetime = 30 * FlowLimits.second
  private static let sets = 1_024
  private static let ways = 4

  private let entries: UnsafeMutablePointer<Entry>

  init() {
    entries = .allocate(capacity: Self.sets * Self.ways)
    entries.initialize(
      repeating: Entry(
        key: Key(source: 0, destination: 0, identification: 0, port: 0, transport: 0),
        outcome: .drop(.fragmentWithoutFirst), time: 0),
      count: Self.sets * Self.ways)
  }

  deinit { entries.deallocate() }

  mutating func note(_ key: Key, _ outcome: Outcome, now: UInt64) {
    let set = set(of: key)
    var place = set
    for index in 0..<Self.ways {
      if set[index].time != 0, set[index].key == key {
        place = set + index
        break
      }
      if set[index].time < place.pointee.time { place = set + index }
    }
    place.pointee = Entry(key: key, outcome: outcome, time: max(now, 1))
  }

  func outcome(of key: Key, now: UInt64) -> Outcome? {
    let set = set(of: key)
    for index in 0..<Self.ways where set[index].time != 0 && set[index].key == key {
      return now &- set[index].time <= Self.lifetime || now < set[index].time
        ? set[index].outcome : nil
    }
    return nil
  }

  private func set(of key: Key) -> UnsafeMutablePointer<Entry> {
    var h = UInt64(truncatingIfNeeded: key.source ^ key.source >> 64)
    h = (h ^ UInt64(key.identification)) &* 0x9e37_79b9_7f4a_7c15
    h ^= UInt64(truncatingIfNeeded: key.destination ^ key.destination >> 64)
    h = (h ^ UInt64(key.port) << 16 ^ UInt64(key.transport)) &* 0xe703_7ed1_a0b4_28db
    return entries + Int(h >> 54) * Self.ways
  }
}

extension FragmentTable.Key {
  init(_ headers: Headers, port: PortID) {
    self.init(
      source: headers.source, destination: headers.destination,
      identification: headers.fragmentID, port: port.index, transport: headers.transport)
  }
}
