/// Engines that are measured in turn, so that what else this machine does meets all of them.
struct LookupRounds<Key: BenchKey> {
  let engines: [any LookupEngine<Key>]
  let streams: [KeyStream<Key>]

  /// Checks all answers, then measures the engines that gave the right ones.
  /// - Parameter excluded: What is known to be wrong with an engine, by name.
  func measure(rounds: Int, excluded: [String: String] = [:]) -> [EngineFigures] {
    var figures = engines.map { engine in
      EngineFigures(
        name: engine.name,
        wrong: excluded[engine.name] ?? streams.lazy.compactMap { engine.check($0) }.first)
    }
    for round in 0..<rounds {
      for stream in streams {
        // Each round begins with another one, so that none always follows the same.
        for turn in engines.indices {
          let index = (turn + round) % engines.count
          guard figures[index].wrong == nil else { continue }
          let engine = engines[index]
          engine.run(stream.warmUp)
          let seconds = secondsTaken { engine.run(stream.keys) }
          figures[index].rates[stream.kind.rawValue, default: []].append(
            Double(stream.keys.count) / seconds / 1e6)
        }
      }
    }
    return figures
  }
}

/// What was measured of an engine.
struct EngineFigures: Encodable {
  var name: String
  /// Why it is not compared.
  var wrong: String?
  /// Millions of lookups a second by stream, one for each round.
  var rates: [String: [Double]] = [:]

  init(name: String, wrong: String?) {
    self.name = name
    self.wrong = wrong
  }

  var isOurs: Bool { name.hasPrefix("Spurline") }

  func median(_ stream: StreamKind) -> Double { (rates[stream.rawValue] ?? []).median }
}
