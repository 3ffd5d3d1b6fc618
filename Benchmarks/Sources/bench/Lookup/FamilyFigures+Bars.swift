import Lookup

/// What our figures are compared with: medians of ratios paired by round, so that what disturbs a round
/// disturbs both.
extension FamilyFigures {
  private var isIPv4: Bool { family == Peers.Family.v4.name }

  private func vectorBar(_ stream: StreamKind) -> Double {
    switch (isIPv4, stream) {
    case (true, .random): 2
    case (true, .prefix): 1.15
    case (true, .zipf): 1
    case (false, .random): 1
    case (false, .prefix): 1.8
    case (false, .zipf): 1.15
    }
  }

  private static var mebibyte: Double { 1_048_576 }

  mutating func compare() {
    let best = VectorLookup<UInt32>.name(.best)
    let staged = VectorLookup<UInt32>.name(.staged)
    let isFIB = { (name: String) in name.hasPrefix("rte_fib") }
    for stream in streams {
      compare("vectors", stream, best, bar: vectorBar(stream), with: isFIB)
    }
    for stream in streams {
      compare("scalar vectors", stream, staged, bar: isIPv4 ? 1 : nil) {
        isFIB($0) && $0.contains("scalar")
      }
    }
    for stream in streams {
      compare("single", stream, SingleLookup<UInt32>.name, bar: stream == .random ? 1.5 : nil) {
        $0 == "rte_lpm single"
      }
    }
    setBars()
  }

  /// Compares ours with the fastest of some peers.
  private mutating func compare(
    _ what: String, _ stream: StreamKind, _ ours: String, bar: Double?,
    with isPeer: (String) -> Bool
  ) {
    let right = engines.filter { $0.wrong == nil }
    let peers = right.filter { !$0.isOurs && isPeer($0.name) }
    guard let own = right.first(where: { $0.name == ours })?.rates[stream.rawValue],
      let peer = peers.max(by: { $0.median(stream) < $1.median(stream) }),
      let rates = peer.rates[stream.rawValue]
    else { return }
    comparisons.append(
      Comparison(
        what: what, stream: stream, ours: ours, peer: peer.name,
        ratios: zip(own, rates).map { $0 / $1 }, bar: bar))
  }

  private mutating func setBars() {
    for comparison in comparisons {
      guard let bar = comparison.bar else { continue }
      let what = "\(comparison.what), \(comparison.stream), beside \(comparison.peer)"
      bars.append(Bar(what, comparison.ratios.median, "times", atLeast: bar))
    }
    guard let table = tables.first else { return }
    addMemoryBar("memory that lookups read", table.memory)
    if let memory = table.memoryAfterUpdates {
      addMemoryBar("memory that lookups read, after updates", memory)
    }
    bars.append(Bar("build", table.build.median, "s", atMost: 0.5))
    guard let updates = table.ownUpdates else { return }
    bars.append(
      Bar(
        "updates a second beside a reader", updates.fullSpeed.rates.median / 1000, "thousand",
        atLeast: OwnUpdateFigures.pace / 1000))
    bars.append(
      Bar("an update, p99, beside a reader", updates.fullSpeed.microseconds.p99, "us", atMost: 10))
    if let worst = updates.worst {
      let slowest = max(worst.insert.median, worst.remove.median)
      bars.append(Bar("the worst update, \(worst.prefix)", slowest, "ms", atMost: 5))
    }
    // What the writer has reached: on a busy machine it falls behind its pace.
    let pace = "a reader beside \(Int(updates.paced.rates.median / 1000)) k updates a second"
    bars.append(
      Bar(pace + ", to it alone", updates.pacedToAlone.median, "times", atLeast: 0.8))
    bars.append(
      Bar(
        pace + ", to it beside a clock", updates.pacedToBesideClock.median, "times", atLeast: 0.8))
  }

  private mutating func addMemoryBar(_ what: String, _ memory: TableMemory) {
    let size = Double(memory.readSide) / Self.mebibyte
    bars.append(Bar(what, size, "MiB", atMost: isIPv4 ? 8 : 3))
  }
}
