import Lookup

/// A route that comes, or goes.
struct RouteUpdate<Key: BenchKey> {
  var key: Key
  var length: Int
  /// 0: it goes.
  var value: UInt32
}

/// Withdrawals and announcements that leave the table as it was.
struct RouteUpdates<Key: BenchKey> {
  private(set) var updates: [RouteUpdate<Key>] = []

  /// So many prefixes, drawn from the routes, each withdrawn and later announced again, mixed at random; of few
  /// routes all, again and again.
  init(of routes: RouteList<Key>, prefixes: Int, seed: UInt64) {
    var generator = SplitMix(state: seed)
    let count = min(prefixes, routes.count)
    // The first of a shuffle that stops when there are enough.
    var order = Array(routes.sorted.indices)
    for index in 0..<count {
      order.swapAt(index, Int.random(in: index..<order.count, using: &generator))
    }
    var twice = order[..<count] + order[..<count]
    var isWithdrawn = [Bool](repeating: false, count: routes.count)
    while updates.count < 2 * prefixes {
      twice.shuffle(using: &generator)
      for index in twice {
        let route = routes.sorted[index]
        let value = isWithdrawn[index] ? route.value : 0
        isWithdrawn[index].toggle()
        updates.append(RouteUpdate(key: route.key, length: route.length, value: value))
      }
    }
  }

  init(_ updates: [RouteUpdate<Key>]) { self.updates = updates }

  var count: Int { updates.count }
}

/// What takes updates.
protocol UpdateTarget<Key> {
  associatedtype Key: BenchKey
  /// Makes updates ready to be applied.
  mutating func prepare(_ updates: RouteUpdates<Key>)
  /// Applies one of them; false when it is refused.
  func apply(_ update: RouteUpdate<Key>, at index: Int) -> Bool
}

struct OwnUpdates<Key: BenchKey>: UpdateTarget {
  let table: ForwardingTable<Key>

  func prepare(_ updates: RouteUpdates<Key>) {}

  @inline(__always)
  func apply(_ update: RouteUpdate<Key>, at index: Int) -> Bool {
    if update.value == 0 { return table.remove(update.key, length: update.length) != nil }
    table.insert(update.key, length: update.length, value: update.value)
    return true
  }
}

struct PeerUpdates<Key: BenchKey>: UpdateTarget {
  let table: PeerTable
  private var keys = Key.peerKeys([])

  init(_ table: PeerTable) { self.table = table }

  mutating func prepare(_ updates: RouteUpdates<Key>) {
    keys = Key.peerKeys(updates.updates.map(\.key))
  }

  @inline(__always)
  func apply(_ update: RouteUpdate<Key>, at index: Int) -> Bool {
    do {
      let length = UInt8(update.length)
      if update.value == 0 {
        try table.remove(keys, at: index, length: length)
      } else {
        try table.update(keys, at: index, length: length, value: update.value)
      }
      return true
    } catch {
      return false
    }
  }
}

/// How long updates took.
struct UpdateTimes {
  /// Of each one.
  var nanoseconds: [UInt32] = []
  var seconds = 0.0
  var refused = 0

  var rate: Double { Double(nanoseconds.count) / seconds }

  /// Applies the updates one after the other, or at a steady rate where that is slower.
  static func measure<Target: UpdateTarget>(
    _ updates: RouteUpdates<Target.Key>, to target: inout Target, perSecond: Double = .infinity
  ) -> UpdateTimes {
    target.prepare(updates)
    let target = target
    var nanoseconds = [UInt32](repeating: 0, count: updates.count)
    var times = UpdateTimes()
    let updates = updates.updates
    let begin = monotonicNanoseconds()
    var before = begin
    for index in updates.indices {
      let due = begin + UInt64(Double(index) / perSecond * 1e9)
      while before < due { before = monotonicNanoseconds() }
      if !target.apply(updates[index], at: index) { times.refused += 1 }
      // At full speed one look at the clock ends this one and begins the next.
      let now = monotonicNanoseconds()
      nanoseconds[index] = UInt32(clamping: now - before)
      before = now
    }
    times.seconds = Double(before - begin) / 1e9
    times.nanoseconds = nanoseconds
    return times
  }
}

/// How long most updates take, and the slowest, in microseconds.
struct Percentiles: Encodable {
  var p50 = 0.0
  var p90 = 0.0
  var p99 = 0.0
  var p999 = 0.0
  var max = 0.0

  init(ofNanoseconds times: [UInt32]) {
    guard !times.isEmpty else { return }
    let sorted = times.sorted()
    func value(_ part: Double) -> Double {
      Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]) / 1000
    }
    (p50, p90, p99, p999) = (value(0.5), value(0.9), value(0.99), value(0.999))
    max = value(1)
  }
}
