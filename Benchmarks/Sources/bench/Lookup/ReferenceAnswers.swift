import Lookup

/// The answers that every engine has to give, found in a way that no engine has: the routes as a line of
/// intervals, each with one answer, searched by halving.
struct ReferenceAnswers<Key: BenchKey> {
  /// First addresses; each interval ends where the next begins.
  private var starts: [Key] = [0]
  /// 0 where there is no route.
  private var values: [UInt32] = [0]

  init(_ routes: RouteList<Key>) {
    // The prefixes that hold the address reached, the longest last.
    var open: [(last: Key, value: UInt32)] = []
    for route in routes.sorted {
      while let prefix = open.last, prefix.last < route.key { close(prefix.last, &open) }
      begin(route.key, route.value)
      open.append((route.key | Key.hostBits(length: route.length), route.value))
    }
    while let prefix = open.last, prefix.last < .max { close(prefix.last, &open) }
  }

  private mutating func close(_ last: Key, _ open: inout [(last: Key, value: UInt32)]) {
    open.removeLast()
    begin(last + 1, open.last?.value ?? 0)
  }

  private mutating func begin(_ start: Key, _ value: UInt32) {
    if starts.last == start {
      values[values.count - 1] = value
    } else {
      starts.append(start)
      values.append(value)
    }
  }

  /// 0 without a route.
  func answer(_ key: Key) -> UInt32 {
    var (low, high) = (0, starts.count)
    // The last start that is not behind the key is in low..<high.
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= key { low = middle } else { high = middle }
    }
    return values[low]
  }
}
