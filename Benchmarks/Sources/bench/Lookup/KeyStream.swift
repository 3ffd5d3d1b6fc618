import Lookup

/// How destinations are drawn.
enum StreamKind: String, Encodable, CaseIterable {
  /// Uniformly among all addresses. Of IPv6 addresses hardly any would have a route.
  case random
  /// Uniformly among the table's prefixes, with random bits behind the prefix.
  case prefix
  /// From 64 Ki destinations drawn like `prefix`, the one of rank n with a probability that goes with 1/n.
  case zipf

  static func all(of family: Peers.Family) -> [StreamKind] {
    family == .v4 ? [.random, .prefix, .zipf] : [.prefix, .zipf]
  }
}

/// Addresses in the forms of all engines.
struct Keys<Key: BenchKey> {
  let own: [Key]
  let peers: PeerKeys

  var count: Int { own.count }

  init(_ keys: [Key]) {
    own = keys
    peers = Key.peerKeys(keys)
  }
}

/// Destinations to look up, and the right answers.
struct KeyStream<Key: BenchKey> {
  let kind: StreamKind
  let keys: Keys<Key>
  /// The first of them, looked up before the clock starts.
  let warmUp: Keys<Key>
  /// 0 where there is no route.
  let expected: [UInt32]

  private static var zipfDestinations: Int { 1 << 16 }

  init(
    _ kind: StreamKind, _ routes: RouteList<Key>, _ answers: ReferenceAnswers<Key>,
    _ settings: LookupSettings
  ) {
    let count = settings.lookups
    var generator = SplitMix(state: 2)
    let keys: [Key]
    switch kind {
    case .random: keys = (0..<count).map { _ in Key.random(&generator) }
    case .prefix: keys = Self.inside(routes, count, &generator)
    case .zipf:
      let destinations = Self.inside(routes, Self.zipfDestinations, &generator)
      keys = Self.zipf(destinations, count, &generator)
    }
    self.kind = kind
    self.keys = Keys(keys)
    warmUp = Keys(Array(keys.prefix(settings.warmUp)))
    expected = keys.map { answers.answer($0) }
  }

  private static func inside(
    _ routes: RouteList<Key>, _ count: Int, _ generator: inout SplitMix
  ) -> [Key] {
    (0..<count).map { _ in
      let route = routes.sorted[Int.random(in: 0..<routes.count, using: &generator)]
      return route.key | Key.random(&generator) & Key.hostBits(length: route.length)
    }
  }

  private static func zipf(
    _ destinations: [Key], _ count: Int, _ generator: inout SplitMix
  ) -> [Key] {
    // Up to which number each destination is drawn.
    var ends: [Double] = []
    var sum = 0.0
    for rank in 1...destinations.count {
      sum += 1 / Double(rank)
      ends.append(sum)
    }
    return (0..<count).map { _ in
      let drawn = Double.random(in: 0..<sum, using: &generator)
      var (low, high) = (0, ends.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if ends[middle] > drawn { high = middle } else { low = middle + 1 }
      }
      return destinations[low]
    }
  }
}
