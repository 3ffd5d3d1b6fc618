import Lookup
import Wire

/// What one network's gateway has learned (R3): shared by all who see it, changed prefix by prefix.
///
/// A full table has a million routes and few next hops, so the trie holds the number of a next hop and
/// a route is put together when it is asked for.
struct BGPTable {
  /// Set in the trie's value of a route that came from a daemon; the rest is the next hop's number.
  private static let liveBit: UInt32 = 1 << 31

  /// What is in force: live, or written where nothing live has the prefix.
  private(set) var table = DualTable()
  /// All written ones, shadowed or not.
  private(set) var written = DualTable()
  /// Every next hop seen so far, by number. A gateway has few neighbours: none is ever forgotten.
  private var nextHops: [IPAddress?] = []
  private var numbers: [IPAddress?: UInt32] = [:]

  var count: Int { table.count }

  @inline(__always)
  func longest(_ destination: IPAddress) -> LayerMatch? { table.longest(destination) }

  @inline(__always)
  func nextHop(_ value: UInt32) -> IPAddress? { nextHops[Int(value & ~Self.liveBit)] }

  func isLive(_ value: UInt32) -> Bool { value & Self.liveBit != 0 }

  mutating func announce(_ prefix: IPPrefix, nextHop: IPAddress?) {
    table.insert(prefix, number(nextHop) | Self.liveBit)
  }

  /// A prefix that nothing live has is left as it is.
  mutating func withdraw(_ prefix: IPPrefix) {
    guard let old = table.value(prefix), isLive(old) else { return }
    if let writtenValue = written.value(prefix) {
      table.insert(prefix, writtenValue)
    } else {
      table.remove(prefix)
    }
  }

  /// Replaces the written routes at the cost of what differs. Of equal prefixes the first stays.
  mutating func setWritten(_ routes: [BGPRoute]) {
    var wanted: [IPPrefix: UInt32] = [:]
    for route in routes where wanted[route.prefix] == nil {
      wanted[route.prefix] = number(route.nextHop)
    }
    var gone: [IPPrefix] = []
    written.forEachPrefix { prefix, _ in if wanted[prefix] == nil { gone.append(prefix) } }
    for prefix in gone {
      written.remove(prefix)
      if let value = table.value(prefix), !isLive(value) { table.remove(prefix) }
    }
    for (prefix, value) in wanted where written.value(prefix) != value {
      written.insert(prefix, value)
      if table.value(prefix).map(isLive) != true { table.insert(prefix, value) }
    }
  }

  func forEachLive(_ body: (IPPrefix, IPAddress?) -> Void) {
    table.forEachPrefix { prefix, value in if isLive(value) { body(prefix, nextHop(value)) } }
  }

  private mutating func number(_ nextHop: IPAddress?) -> UInt32 {
    if let number = numbers[nextHop] { return number }
    let number = UInt32(nextHops.count)
    nextHops.append(nextHop)
    numbers[nextHop] = number
    return number
  }
}
