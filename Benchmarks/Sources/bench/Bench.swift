import ArgumentParser

@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures parts of Spurline; prints medians of several runs, and asserts nothing.",
    subcommands: [LookupCommand.self, PipelineCommand.self])
}

/// The median of some runs' seconds, and their range: these machines are shared and noisy.
struct Timing {
  var median: Double
  var least: Double
  var most: Double

  static func measure(runs: Int, _ body: () -> Void) -> Timing {
    var seconds: [Double] = []
    for _ in 0..<runs {
      let clock = ContinuousClock()
      let elapsed = clock.measure(body)
      seconds.append(
        Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
    }
    seconds.sort()
    return Timing(median: seconds[runs / 2], least: seconds[0], most: seconds[runs - 1])
  }

  func line(_ name: String, count: Int, unit: String) -> String {
    let rate = { (seconds: Double) in
      let million = Double(count) / seconds / 1e6
      return "\((million * 100).rounded() / 100)"
    }
    return "\(name): \(rate(median)) M \(unit)/s (\(rate(most)) to \(rate(least)))"
  }
}

/// A small generator with a seed: every run measures the same.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
