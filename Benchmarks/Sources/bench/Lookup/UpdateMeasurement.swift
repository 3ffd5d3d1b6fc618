import Glibc
import Lookup

/// Updates under some circumstances.
struct UpdateFigures: Encodable {
  /// Updates a second, one for each round.
  var rates: [Double] = []
  var microseconds = Percentiles(ofNanoseconds: [])
  var refused = 0
  /// Millions of lookups a second of the thread that looks up meanwhile, one for each round.
  var readerRates: [Double] = []

  private var times: [UInt32] = []

  private enum CodingKeys: CodingKey { case rates, microseconds, refused, readerRates }

  mutating func add(_ times: UpdateTimes) {
    rates.append(times.rate)
    refused += times.refused
    self.times += times.nanoseconds
  }

  /// To be called after the last `add`.
  mutating func finish() {
    microseconds = Percentiles(ofNanoseconds: times)
    times = []
  }
}

/// Our table's updates, with and without a reader on another core.
struct OwnUpdateFigures: Encodable {
  /// Nobody looks up.
  var alone = UpdateFigures()
  /// One looks up as fast as it can, and the writer does the same.
  var fullSpeed = UpdateFigures()
  /// One looks up as fast as it can, and the writer keeps to `pace`.
  var paced = UpdateFigures()
  /// The reader's millions of lookups a second while the other core sleeps, one for each round.
  var readerAlone: [Double] = []
  /// And while the other core looks at the clock only: what it costs that two cores are busy.
  var readerBesideClock: [Double] = []
  /// Whether the reader had a core of its own.
  var readerCore: Int?
  var worst: WorstCase?

  /// Updates a second of the paced writer.
  static var pace: Double { 500_000 }

  /// By round, how fast the reader was beside the paced writer, as a part of how fast it was alone.
  var pacedToAlone: [Double] { zip(paced.readerRates, readerAlone).map { $0 / $1 } }
  /// The same as a part of how fast it was beside a core that is busy with something else: cores of one machine
  /// share what they have.
  var pacedToBesideClock: [Double] { zip(paced.readerRates, readerBesideClock).map { $0 / $1 } }
}

/// A peer's updates, nobody looking up.
struct PeerUpdateFigures: Encodable {
  var updates = UpdateFigures()
  var worst: WorstCase?
  /// What is wrong with its answers afterwards.
  var wrong: String?
}

/// Measures updates.
struct UpdateMeasurement<Key: BenchKey> {
  let routes: RouteList<Key>
  let rounds: Int
  let burst: Int

  /// Prefixes that one run withdraws and announces again, at most.
  private static var prefixes: Int { 1 << 18 }
  /// Of the paced writer: a third of a second.
  private static var pacedPrefixes: Int { 83_333 }
  /// Seconds that a run of updates may take.
  private static var longest: Double { 4 }
  /// Seconds that the reader is watched without a writer.
  private static var window: Double { 0.3 }

  func ours(_ table: ForwardingTable<Key>, reading stream: KeyStream<Key>, core: Int)
    -> OwnUpdateFigures
  {
    var figures = OwnUpdateFigures()
    var target = OwnUpdates(table: table)
    // Short prefixes are slow to update, and a table of few others must not take all day. With a real table
    // it is always the same number.
    let trial = UpdateTimes.measure(updates(4096, 0), to: &target)
    let prefixes = min(Self.prefixes, max(256, Int(trial.rate * Self.longest / 2)))
    for round in 0..<rounds {
      figures.alone.add(.measure(updates(prefixes, round), to: &target))
    }

    figures.readerCore = Affinity.cores.first { $0 != core }
    let reader = ReaderThread(
      table, keys: stream.keys.own, burst: burst, core: figures.readerCore)
    for round in 0..<rounds {
      let fast = updates(prefixes, rounds + round)
      let slow = updates(min(prefixes, Self.pacedPrefixes), 2 * rounds + round)
      figures.readerAlone.append(reader.rate { usleep(UInt32(Self.window * 1e6)) })
      figures.readerBesideClock.append(reader.rate { Self.watchClock() })
      figures.paced.readerRates.append(
        reader.rate {
          figures.paced.add(.measure(slow, to: &target, perSecond: OwnUpdateFigures.pace))
        })
      figures.fullSpeed.readerRates.append(
        reader.rate { figures.fullSpeed.add(.measure(fast, to: &target)) })
    }
    reader.stop()

    figures.alone.finish()
    figures.paced.finish()
    figures.fullSpeed.finish()
    figures.worst = worst(&target)
    return figures
  }

  /// A peer's, nobody looking up: they take none meanwhile. Some are slow, so that there are more and more
  /// updates until they have taken long enough.
  func peer(_ table: PeerTable) -> PeerUpdateFigures {
    var target = PeerUpdates<Key>(table)
    var figures = PeerUpdateFigures()
    var prefixes = 256
    while true {
      let times = UpdateTimes.measure(updates(prefixes, 0), to: &target)
      if times.seconds > Self.window || prefixes >= Self.prefixes {
        figures.updates.add(times)
        break
      }
      figures.updates.refused += times.refused
      prefixes *= 8
    }
    figures.updates.finish()
    figures.worst = worst(&target)
    return figures
  }

  private func updates(_ prefixes: Int, _ seed: Int) -> RouteUpdates<Key> {
    RouteUpdates(of: routes, prefixes: prefixes, seed: UInt64(3 + seed))
  }

  private static func watchClock() {
    let end = monotonicNanoseconds() + UInt64(window * 1e9)
    while monotonicNanoseconds() < end {}
  }
}
