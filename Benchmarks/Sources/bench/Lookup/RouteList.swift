import Lookup

/// The routes of one family, each prefix once, with the next hops that all engines are given.
struct RouteList<Key: BenchKey> {
  typealias Element = PrefixTable<Key>.Element

  /// By address, the shorter before the longer.
  let sorted: [Element]
  /// In the order in which tables are built: none.
  let shuffled: [Element]

  init(_ elements: [Element]) {
    var sorted = elements.sorted { ($0.key, $0.length) < ($1.key, $1.length) }
    var kept = 0
    for index in sorted.indices {
      var element = sorted[index]
      if kept > 0, sorted[kept - 1].key == element.key, sorted[kept - 1].length == element.length {
        continue
      }
      element.value = Self.nextHop(element)
      sorted[kept] = element
      kept += 1
    }
    sorted.removeSubrange(kept...)
    self.sorted = sorted
    var generator = SplitMix(state: 1)
    shuffled = sorted.shuffled(using: &generator)
  }

  var count: Int { sorted.count }

  /// 1 to 254: 0 is what peers answer without a route.
  private static func nextHop(_ element: Element) -> UInt32 {
    let high = UInt64(truncatingIfNeeded: UInt128(element.key) >> 64)
    let low = UInt64(truncatingIfNeeded: element.key)
    var hash = SplitMix(state: low ^ high &* 0x9e37_79b9 ^ UInt64(element.length) << 56)
    return 1 + UInt32(hash.next() % 254)
  }

  /// Of the prefixes of this length, the one that holds most routes, and how many.
  func fullest(length: Int) -> (key: Key, routes: Int) {
    var best: (key: Key, routes: Int) = (0, 0)
    var current: (key: Key, routes: Int) = (0, 0)
    for route in sorted where route.length >= length {
      let key = route.key & ~Key.hostBits(length: length)
      current = key == current.key ? (key, current.routes + 1) : (key, 1)
      if current.routes > best.routes { best = current }
    }
    return best
  }
}
