import Model
import Wire

/// What was found out about first fragments, for the later ones that carry no ports (F2).
///
/// Fixed in size: 1,024 sets of four. A new datagram takes the place of the oldest of its set.
struct FragmentTable<Outcome>: ~Copyable {
  private struct Entry {
    var key: FragmentKey
    var outcome: Outcome?
    /// Of the first fragment; 0 for an empty entry.
    var time: UInt64
  }

  private let entries: UnsafeMutablePointer<Entry>

  init() {
    entries = .allocate(capacity: FragmentKey.sets * FragmentKey.ways)
    entries.initialize(
      repeating: Entry(
        key: FragmentKey(source: 0, destination: 0, identification: 0, port: 0, transport: 0),
        outcome: nil, time: 0),
      count: FragmentKey.sets * FragmentKey.ways)
  }

  deinit {
    entries.deinitialize(count: FragmentKey.sets * FragmentKey.ways)
    entries.deallocate()
  }

  mutating func note(_ key: FragmentKey, _ outcome: Outcome, now: UInt64) {
    let set = entries + key.place
    var place = set
    for index in 0..<FragmentKey.ways {
      if set[index].time != 0, set[index].key == key {
        place = set + index
        break
      }
      if set[index].time < place.pointee.time { place = set + index }
    }
    place.pointee = Entry(key: key, outcome: outcome, time: max(now, 1))
  }

  func outcome(of key: FragmentKey, now: UInt64) -> Outcome? {
    let set = entries + key.place
    for index in 0..<FragmentKey.ways where set[index].time != 0 && set[index].key == key {
      return now &- set[index].time <= FragmentKey.lifetime || now < set[index].time
        ? set[index].outcome : nil
    }
    return nil
  }
}

/// What the fragments of one datagram have in common (RFC 791 section 3.2), and the port that they came in by.
struct FragmentKey: Equatable {
  var source: UInt128
  var destination: UInt128
  var identification: UInt32
  var port: UInt16
  var transport: UInt8

  /// As long as a receiver keeps fragments: Linux's default.
  static let lifetime = 30 * FlowLimits.second
  fileprivate static let sets = 1_024
  fileprivate static let ways = 4

  init(
    source: UInt128, destination: UInt128, identification: UInt32, port: UInt16, transport: UInt8
  ) {
    self.source = source
    self.destination = destination
    self.identification = identification
    self.port = port
    self.transport = transport
  }

  init(_ headers: Headers, port: PortID) {
    self.init(
      source: headers.source, destination: headers.destination,
      identification: headers.fragmentID, port: port.index, transport: headers.transport)
  }

  /// The first entry of its set.
  fileprivate var place: Int {
    var h = UInt64(truncatingIfNeeded: source ^ source >> 64)
    h = (h ^ UInt64(identification)) &* 0x9e37_79b9_7f4a_7c15
    h ^= UInt64(truncatingIfNeeded: destination ^ destination >> 64)
    h = (h ^ UInt64(port) << 16 ^ UInt64(transport)) &* 0xe703_7ed1_a0b4_28db
    return Int(h >> 54) * Self.ways
  }
}

/// What was decided on a first fragment.
enum FragmentOutcome {
  case forward(Action)
  case drop(DropReason)
}
